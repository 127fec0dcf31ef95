"""Cases: a procedure that opens and closes, with its log, clocks, members, documents and draws."""

from dataclasses import dataclass
from datetime import date, datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class RubricKey:
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Case:
    id: int
    base_id: int
    base_name: str
    county: str
    county_name: str
    kind: str
    decided_by: str
    state: str
    outcome: str | None
    rubric_id: str
    rubric_version: str
    lifecycle_version: str
    opened_at: datetime
    closed_at: datetime | None
    simulated: bool
    version: int


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    base_id: int
    base_name: str
    county: str
    county_name: str
    kind: str
    state: str
    outcome: str | None
    opened_at: datetime
    simulated: bool
    due_on: date | None
    total: int


@dataclass(frozen=True, slots=True)
class Step:
    id: int
    at: datetime
    actor: int | None
    actor_role: str
    source: str
    event: str
    target: str
    reason: str
    detail: str  # JSON


@dataclass(frozen=True, slots=True)
class Clock:
    id: int
    case_id: int | None
    accreditation_id: int | None
    event: str
    started_on: date
    n: int
    unit: str
    due_on: date  # the last day in time
    fires: bool
    calendar_known: bool


@dataclass(frozen=True, slots=True)
class CaseId:
    id: int


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    part: str
    since: datetime
    until: datetime | None
    reason: str
    name_cipher: bytes
    simulated: bool


@dataclass(frozen=True, slots=True)
class Holder:
    id: int
    name_cipher: bytes
    simulated: bool


@dataclass(frozen=True, slots=True)
class Document:
    id: int
    case_id: int
    kind: str
    item_id: str | None
    title: str
    media_type: str
    size_bytes: int
    sha256: str
    uploaded_by: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class SelfScore:
    item_id: str
    measure: str  # JSON
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    id: int
    state: str
    what: str
    by_user: int
    at: datetime
    clear: bool
    note: str
    name_cipher: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    id: int
    item_id: str | None
    severity: str
    text: str
    due_on: date | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Draw:
    id: int
    number: int
    commitment: str
    committed_at: datetime
    seed_cipher: bytes
    seed: str | None
    pool: str | None  # JSON
    pool_hash: str | None
    picked: list[int] | None
    excluded: str | None  # JSON
    drawn_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Assessor:
    user_id: int
    county: str
    fields: list[str]


@dataclass(frozen=True, slots=True)
class Tie:
    user_id: int
    kind: str
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Above:
    ancestor: str


rubric_in_force = Query("cases", "rubric_in_force", RubricKey)
rubric_body = Command("cases", "rubric_body")
lifecycle_in_force = Command("cases", "lifecycle_in_force")
open_ = Command("cases", "open")
by_id = Query("cases", "by_id", Case)
lock = Query("cases", "lock", Case)
set_state = Command("cases", "set_state")
log = Command("cases", "log")
history = Query("cases", "history", Step)
of_base = Query("cases", "of_base", Case)
listed = Query("cases", "listed", Listed)
start_clock = Command("cases", "start_clock")
stop_clocks = Command("cases", "stop_clocks")
stop_accreditation_clocks = Command("cases", "stop_accreditation_clocks")
clocks = Query("cases", "clocks", Clock)
rung = Query("cases", "rung", Clock)
waiting_for_system = Query("cases", "waiting_for_system", CaseId)
add_member = Command("cases", "add_member")
end_member = Command("cases", "end_member")
members = Query("cases", "members", Member)
holders = Query("cases", "holders", Holder)
add_document = Command("cases", "add_document")
documents = Query("cases", "documents", Document)
document = Query("cases", "document", Document)
set_self_score = Command("cases", "set_self_score")
self_scores = Query("cases", "self_scores", SelfScore)
add_check = Command("cases", "add_check")
checks = Query("cases", "checks", Check)
add_finding = Command("cases", "add_finding")
close_findings = Command("cases", "close_findings")
findings = Query("cases", "findings", Finding)
commit_draw = Command("cases", "commit_draw")
reveal_draw = Command("cases", "reveal_draw")
draws = Query("cases", "draws", Draw)
assessors = Query("cases", "assessors", Assessor)
ties = Query("cases", "ties", Tie)
declare_tie = Command("cases", "declare_tie")
above = Query("cases", "above", Above)
has_city = Command("cases", "has_city")
