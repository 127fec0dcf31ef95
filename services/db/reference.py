"""Reference data: divisions, targets, occupations, the calendar, rubrics and lawful moves."""

from dataclasses import dataclass
from datetime import date

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Division:
    code: str  # GB/T 2260, six digits
    name: str
    level: str
    tile_row: int | None
    tile_col: int | None
    counts_toward_coverage: bool


@dataclass(frozen=True, slots=True)
class County:
    code: str
    name: str
    city: str  # "" for 济源市, which has no city above it
    city_name: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    day: date
    working: bool


set_digest = Command("reference", "set_digest")
set_count = Command("reference", "set_count")
add_set = Command("reference", "add_set")
upsert_division = Command("reference", "upsert_division")
add_ancestor = Command("reference", "add_ancestor")
add_predecessor = Command("reference", "add_predecessor")
upsert_target = Command("reference", "upsert_target")
upsert_code = Command("reference", "upsert_code")
add_alias = Command("reference", "add_alias")
upsert_trade = Command("reference", "upsert_trade")
add_rubric = Command("reference", "add_rubric")
add_move = Command("reference", "add_move")
add_calendar_day = Command("reference", "add_calendar_day")
calendar = Query("reference", "calendar", CalendarDay)
divisions = Query("reference", "divisions", Division)
counties = Query("reference", "division_parents", County)
