"""Counties with and without a base, the register, targets against results."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.db.query import Query


@dataclass(frozen=True, slots=True)
class CountyRow:
    code: str
    name: str
    city: str
    active: int
    shaky: int  # suspended, or with a notice or an appeal running
    lapses_on: date | None
    demonstration: bool


@dataclass(frozen=True, slots=True)
class DemonstrationRow:
    id: int
    name: str
    county: str
    state: str
    score: Decimal
    bonus: Decimal


@dataclass(frozen=True, slots=True)
class Gap:
    county: str
    name: str
    opened_at: datetime
    cause: str
    plan: str
    plan_due_on: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the public register."""

    plaque_number: str
    name: str
    county: str
    state: str
    level: str
    valid_from: date
    valid_to: date
    trades: list[str]
    simulated: bool
    total: int


@dataclass(frozen=True, slots=True)
class Site:
    """A base that holds or applies; score and grade are of its latest result, None before any."""

    id: int
    name: str
    county: str
    county_name: str
    unit: str | None  # the reporting unit whose target it serves
    capacity_per_year: int
    simulated: bool
    existing: bool
    score: Decimal | None
    grade: str | None
    demonstrates: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    unit: str
    name: str
    trained_persons: int


@dataclass(frozen=True, slots=True)
class Target:
    unit: str
    name: str
    trained_persons: int
    new_certificate_holders: int
    new_high_skill_holders: int
    trained: int
    certificates: int
    high_skill: int


@dataclass(frozen=True, slots=True)
class Clock:
    due_on: date
    event: str
    unit: str
    fires: bool
    calendar_known: bool
    case_id: int
    state: str
    name: str


@dataclass(frozen=True, slots=True)
class OrderToCheck:
    id: int
    number: str
    title: str
    seats: int
    employer: str
    county: str


@dataclass(frozen=True, slots=True)
class Figures:
    counties: int
    covered: int
    accredited: int
    demonstration: int
    orders: int
    seats: int


counties = Query("coverage", "counties", CountyRow)
demonstration = Query("coverage", "demonstration", DemonstrationRow)
gaps = Query("coverage", "gaps", Gap)
register = Query("coverage", "register", Entry)
plaque = Query("coverage", "plaque", Entry)
targets = Query("coverage", "targets", Target)
clocks = Query("coverage", "clocks", Clock)
orders_to_check = Query("coverage", "orders_to_check", OrderToCheck)
figures = Query("coverage", "figures", Figures)
sites = Query("coverage", "sites", Site)
plan_targets = Query("coverage", "plan_targets", Wanted)
