"""Job-seekers and their sealed profiles. Category and grade are not read here."""

from dataclasses import dataclass
from datetime import date

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: int
    pseudonym: int
    county: str
    name_cipher: bytes
    recommendations: bool
    simulated: bool
    version: int


@dataclass(frozen=True, slots=True)
class ProfileRow:
    pseudonym: int
    county: str
    sealed: bytes
    available_from: date
    may_work_from: date
    waiting_since: date
    active: bool


@dataclass(frozen=True, slots=True)
class ListedPerson:
    id: int
    name_cipher: bytes
    county_name: str
    simulated: bool
    total: int


by_id = Query("people", "by_id", PersonRow)
all_of = Query("people", "all_of", PersonRow)
set_recommendations = Command("people", "set_recommendations")
profile = Query("people", "profile", ProfileRow)
lock_profile = Query("people", "lock_profile", ProfileRow)
set_profile = Command("people", "set_profile")
set_active = Command("people", "set_active")
listed = Query("people", "listed", ListedPerson)
