"""Employers' orders: the post, its demands, accommodations and skills, and what happened to it."""

from dataclasses import dataclass
from datetime import date, datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Employer:
    id: int
    name: str
    credit_code: str
    county: str
    address: str
    verified: bool


@dataclass(frozen=True, slots=True)
class OrderRow:
    id: int
    number: str
    employer_id: int
    employer: str
    verified: bool
    county: str
    county_name: str
    title: str
    trade: str
    occupation_code: str
    seats: int
    taken: int
    min_headcount: int
    work_type: str
    address: str
    wage_min: int  # yuan per `wage_basis`
    wage_max: int
    wage_basis: str
    contract_months: int
    insurance: list[str]
    dorm: str
    shift: str
    education_min: int | None
    education_reason: str
    trains: str  # JSON: {dimension: levels that the class raises}
    class_starts: date | None
    class_ends: date | None
    starts_on: date
    deadline: date
    state: str
    simulated: bool
    version: int


@dataclass(frozen=True, slots=True)
class WholeRow(OrderRow):
    """With JSON lists of services.actions.market's Demanded, Provided and Skilled."""

    demands: str
    accommodations: str
    skills: str


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    number: str
    title: str
    employer: str
    county_name: str
    seats: int
    taken: int
    state: str
    wage_min: int
    wage_max: int
    wage_basis: str
    deadline: date
    simulated: bool
    total: int


@dataclass(frozen=True, slots=True)
class Moved:
    at: datetime
    event: str
    target: str
    reason: str


next_id = Command("orders", "next_id")
employers = Query("orders", "employers", Employer)
unverified = Query("orders", "unverified", Employer)
add = Command("orders", "add")
change = Command("orders", "change")
set_state = Command("orders", "set_state")
log = Command("orders", "log")
history = Query("orders", "history", Moved)
clear_demands = Command("orders", "clear_demands")
clear_accommodations = Command("orders", "clear_accommodations")
clear_skills = Command("orders", "clear_skills")
add_demand = Command("orders", "add_demand")
add_accommodation = Command("orders", "add_accommodation")
add_skill = Command("orders", "add_skill")
by_id = Query("orders", "by_id", OrderRow)
some = Query("orders", "some", OrderRow)
whole = Query("orders", "whole", WholeRow)
listed = Query("orders", "listed", Listed)
minimum_wage = Command("orders", "minimum_wage")
