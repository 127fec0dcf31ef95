"""Training bases: who they are and where, before and apart from any accreditation."""

from dataclasses import dataclass
from datetime import date

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Base:
    id: int
    name: str
    credit_code: str
    kind: str
    county: str
    county_name: str
    address: str
    contact_name_cipher: bytes | None
    contact_phone_cipher: bytes | None
    operating_since: date | None
    trades: list[str]
    capacity_per_year: int
    accessible: str  # JSON
    simulated: bool
    version: int


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    name: str
    county: str
    county_name: str
    kind: str
    simulated: bool
    accreditation: str | None  # state of the live accreditation; None without one
    plaque_number: str | None
    valid_to: date | None
    total: int  # rows of the whole list


@dataclass(frozen=True, slots=True)
class Manager:
    user_id: int


next_id = Command("bases", "next_id")
add = Command("bases", "add")
by_id = Query("bases", "by_id", Base)
of_ids = Query("bases", "of_ids", Base)
change = Command("bases", "change")
listed = Query("bases", "listed", Listed)
managers = Query("bases", "managers", Manager)
