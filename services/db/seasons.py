"""What assessors locked in a season, in bulk, for the report on how far scores can be trusted."""

from dataclasses import dataclass
from decimal import Decimal

from services.db.query import Query


@dataclass(frozen=True, slots=True)
class Locked:
    id: int
    case_id: int
    base_id: int
    base_name: str
    assessor_id: int
    name_cipher: bytes
    rubric_id: str
    rubric_version: str
    kind: str
    final_total: Decimal
    simulated: bool


@dataclass(frozen=True, slots=True)
class Entry:
    sheet_id: int
    item_id: str
    measure: str | None  # JSON
    not_applicable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Measured:
    case_id: int
    item_id: str
    measure: str  # JSON


@dataclass(frozen=True, slots=True)
class Year:
    year: int


sheets = Query("seasons", "sheets", Locked)
entries = Query("seasons", "entries", Entry)
recorded = Query("seasons", "recorded", Measured)
self_scores = Query("seasons", "self_scores", Measured)
years = Query("seasons", "years", Year)
