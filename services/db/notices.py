"""Public notices with their objections, and the accreditation that comes of them."""

from dataclasses import dataclass
from datetime import date, datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Notice:
    """What anybody may read."""

    id: int
    case_id: int
    base_name: str
    county: str
    county_name: str
    kind: str
    starts_on: date
    ends_on: date
    published_at: datetime
    simulated: bool
    open_objections: int
    over: bool


@dataclass(frozen=True, slots=True)
class Dates:
    id: int
    case_id: int
    starts_on: date
    ends_on: date
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Objection:
    id: int
    notice_id: int
    objector_cipher: bytes | None
    text: str
    evidence: str
    at: datetime
    answered_at: datetime | None
    upheld: bool | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    id: int
    answered_at: datetime
    upheld: bool
    answer: str


@dataclass(frozen=True, slots=True)
class Accreditation:
    id: int
    base_id: int
    county: str
    case_id: int
    level: str
    state: str
    plaque_number: str
    valid_from: date
    valid_to: date
    ended_at: datetime | None
    outcome: str | None


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
    detail: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    id: int
    base_id: int
    state: str
    valid_to: date
    since: datetime  # when it came into its present state
    renewal_open: bool


@dataclass(frozen=True, slots=True)
class Gap:
    id: int
    opened_at: datetime
    cause: str


publish = Command("notices", "publish")
listed = Query("notices", "listed", Notice)
by_id = Query("notices", "by_id", Notice)
of_case = Query("notices", "of_case", Dates)
add_objection = Command("notices", "add_objection")
seal_objector = Command("notices", "seal_objector")
objections = Query("notices", "objections", Objection)
answers = Query("notices", "answers", Answer)
answer = Command("notices", "answer")
open_objections = Command("notices", "open_objections")
take_county = Command("notices", "take_county")
plaques_in = Command("notices", "plaques_in")
accredit = Command("notices", "accredit")
accreditation = Query("notices", "accreditation", Accreditation)
lock_accreditation = Query("notices", "lock_accreditation", Accreditation)
set_accreditation = Command("notices", "set_accreditation")
extend_term = Command("notices", "extend_term")
accreditation_log = Command("notices", "accreditation_log")
accreditation_history = Query("notices", "accreditation_history", Step)
active_in = Command("notices", "active_in")
counts = Command("notices", "counts")
open_gap = Command("notices", "open_gap")
close_gap = Command("notices", "close_gap")
open_gap_of = Query("notices", "open_gap_of", Gap)
timed_out = Query("notices", "timed_out", TimedOut)
