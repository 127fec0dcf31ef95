"""What the matcher's own role reads, and the runs it writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.db import Conn
from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class PlaceRow:
    code: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class SealedRow:
    pseudonym: int
    county: str
    sealed: bytes
    available_from: date
    may_work_from: date
    waiting_since: date


@dataclass(frozen=True, slots=True)
class PostRow:
    id: int
    county: str
    occupation_code: str
    trade: str
    free: int  # seats not taken
    min_headcount: int
    work_type: str
    wage_min: int
    wage_basis: str
    contract_months: int
    insurance: list[str]
    dorm: str
    shift: str
    education_min: int | None
    education_reason: str
    trains: str
    class_starts: date | None
    starts_on: date
    deadline: date


@dataclass(frozen=True, slots=True)
class DemandOf:
    order_id: int
    dimension: str
    level: int
    essential: bool
    reason: str


@dataclass(frozen=True, slots=True)
class AccommodationOf:
    order_id: int
    accommodation: str
    stance: str


@dataclass(frozen=True, slots=True)
class SkillOf:
    order_id: int
    code: str
    level: int
    required: bool
    taught: bool


@dataclass(frozen=True, slots=True)
class RunRow:
    id: int
    started_at: datetime
    people: int
    orders: int
    seats: int
    filled: int
    value: int  # millionths
    bound: int  # millionths
    gap: Decimal
    passes: int
    seconds: Decimal
    bins: str  # JSON: {bin: pairs}
    scorecard: str
    confirmed_at: datetime | None
    simulated: bool


@dataclass(frozen=True, slots=True)
class ProposedRow:
    order_id: int
    number: str
    title: str
    seats: int
    taken: int
    proposed: int
    now: int
    accommodation: int
    training: int


places = Query("market", "places", PlaceRow)
profiles = Query("market", "profiles", SealedRow)
bucket = Query("market", "bucket", SealedRow)
chosen = Query("market", "chosen", SealedRow)
orders = Query("market", "orders", PostRow)
demands = Query("market", "demands", DemandOf)
accommodations = Query("market", "accommodations", AccommodationOf)
skills = Query("market", "skills", SkillOf)
add_run = Command("market", "add_run")
runs = Query("market", "runs", RunRow)
run = Query("market", "run", RunRow)
by_order = Query("market", "by_order", ProposedRow)
confirm_run = Command("market", "confirm_run")
newer_run = Command("market", "newer_run")
setting = Command("market", "setting")


add_allotment = Command("market", "add_allotment")
_BLOCK = 10_000  # rows an INSERT


async def copy_allotment(conn: Conn, rows: Sequence[tuple[object, ...]]) -> None:
    """Stores who is proposed for which seat: (run, pseudonym, order, bin, u, p, v, accommodations).

    COPY is not to be had under row-level security: one INSERT from arrays, a block at a time.
    """
    for start in range(0, len(rows), _BLOCK):
        columns = [list(column) for column in zip(*rows[start : start + _BLOCK], strict=True)]
        columns[-1] = [",".join(keys) for keys in columns[-1]]
        await add_allotment.run(conn, *columns)
