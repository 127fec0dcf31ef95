"""Employers: their facts, who acts for them, what the county looked at."""

from dataclasses import dataclass
from datetime import date, datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class EmployerRow:
    id: int
    name: str
    credit_code: str
    county: str
    county_name: str
    address: str
    staff: int | None
    staff_counted: int | None
    contact_name_cipher: bytes | None
    contact_phone_cipher: bytes | None
    verified_at: datetime | None
    simulated: bool
    version: int


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    name: str
    county_name: str
    verified_at: datetime | None
    simulated: bool
    total: int


@dataclass(frozen=True, slots=True)
class Check:
    at: datetime
    what: str
    clear: bool
    note: str


@dataclass(frozen=True, slots=True)
class Member:
    grant_id: int
    user_id: int
    name_cipher: bytes
    phone_cipher: bytes | None
    valid_from: date


@dataclass(frozen=True, slots=True)
class MemberUser:
    user_id: int


@dataclass(frozen=True, slots=True)
class Counted:
    staff: int
    same_address: int
    same_phone: int
    seats: int
    home_seats: int
    contract_months: list[int]


next_id = Command("employers", "next_id")
add = Command("employers", "add")
by_id = Query("employers", "by_id", EmployerRow)
listed = Query("employers", "listed", Listed)
verify = Command("employers", "verify")
suspend = Command("employers", "suspend")
add_check = Command("employers", "add_check")
checks = Query("employers", "checks", Check)
members = Query("employers", "members", Member)
member = Query("employers", "member", MemberUser)
signs = Query("employers", "signs", Counted)
