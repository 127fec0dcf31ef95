"""Job-seekers and their sealed profiles. Category and grade are not read here."""

from dataclasses import dataclass
from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class Details:
    name_cipher: bytes
    identity_cipher: bytes | None
    identity_index: bytes | None
    phone_cipher: bytes | None
    registered_by: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Same:
    person_id: int
    county: str
    name_cipher: bytes
    phone_index: bytes | None
    found_by: str  # identity or certificate


@dataclass(frozen=True, slots=True)
class AccountPhone:
    phone_cipher: bytes | None
    phone_index: bytes | None


@dataclass(frozen=True, slots=True)
class RatingRow:
    id: int
    source: str
    basis: str
    rated_on: date
    levels_cipher: bytes


@dataclass(frozen=True, slots=True)
class SkillRow:
    id: int
    occupation: str
    kind: str
    level: int
    issuer: str
    number_cipher: bytes | None
    issued_on: date | None


@dataclass(frozen=True, slots=True)
class Look:
    at: datetime
    roles: str
    action: str
    reason: str


by_id = Query("people", "by_id", PersonRow)
all_of = Query("people", "all_of", PersonRow)
set_recommendations = Command("people", "set_recommendations")
profile = Query("people", "profile", ProfileRow)
lock_profile = Query("people", "lock_profile", ProfileRow)
set_profile = Command("people", "set_profile")
set_active = Command("people", "set_active")
listed = Query("people", "listed", ListedPerson)
next_id = Command("people", "next_id")
add = Command("people", "add")
add_profile = Command("people", "add_profile")
details = Query("people", "details", Details)
set_identity = Command("people", "set_identity")
set_may_work_from = Command("people", "set_may_work_from")
same = Query("people", "same", Same)
account_phone = Query("people", "account_phone", AccountPhone)
next_rating = Command("people", "next_rating")
add_rating = Command("people", "add_rating")
ratings = Query("people", "ratings", RatingRow)
next_skill = Command("people", "next_skill")
add_skill = Command("people", "add_skill")
skills = Query("people", "skills", SkillRow)
remove_skill = Command("people", "remove_skill")
erase = Command("people", "erase")
looks = Query("people", "looks", Look)
