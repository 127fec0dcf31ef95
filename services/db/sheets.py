"""Score sheets, what was agreed, and the variables that the system's own records give."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Sheet:
    id: int
    case_id: int
    assessor_id: int
    round: int
    locked_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Own:
    id: int
    case_id: int
    base_name: str
    county_name: str
    state: str
    round: int
    locked_at: datetime | None
    scored: int


@dataclass(frozen=True, slots=True)
class Entry:
    item_id: str
    measure: str | None  # JSON
    not_applicable: bool
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Flag:
    veto_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Final:
    item_id: str
    measure: str | None  # JSON
    not_applicable: bool
    origin: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    case_id: int
    stage: str
    total: Decimal
    grade: str
    minima_met: bool
    vetoes: list[str]
    sections: str  # JSON
    settled_at: datetime


add = Command("sheets", "add")
by_id = Query("sheets", "by_id", Sheet)
lock_row = Query("sheets", "lock_row", Sheet)
of_case = Query("sheets", "of_case", Sheet)
of_user = Query("sheets", "of_user", Own)
all_locked = Command("sheets", "all_locked")
touch = Command("sheets", "touch")
lock = Command("sheets", "lock")
retire = Command("sheets", "retire")
set_entry = Command("sheets", "set_entry")
entries = Query("sheets", "entries", Entry)
set_flag = Command("sheets", "set_flag")
drop_flag = Command("sheets", "drop_flag")
flags = Query("sheets", "flags", Flag)
set_final = Command("sheets", "set_final")
finals = Query("sheets", "finals", Final)
set_result = Command("sheets", "set_result")
result = Query("sheets", "result", Result)
from_records = Command("sheets", "from_records")
