"""Offers of seats, wishes and questions. Every change of a seat count is conditional."""

from dataclasses import dataclass
from datetime import datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class FreeSeats:
    id: int
    free: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class Made:
    order_id: int


@dataclass(frozen=True, slots=True)
class OfferRow:
    id: int
    run_id: int | None
    order_id: int
    person_id: int
    state: str
    bin: str
    accommodations: list[str]
    reserved_at: datetime
    reserved_until: datetime
    reason: str
    version: int
    employer_id: int
    county: str
    title: str


@dataclass(frozen=True, slots=True)
class CandidateRow:
    id: int
    person_id: int
    pseudonym: int
    state: str
    bin: str
    accommodations: list[str]
    reserved_until: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Id:
    id: int


@dataclass(frozen=True, slots=True)
class NameRow:
    name_cipher: bytes


@dataclass(frozen=True, slots=True)
class Wished:
    order_id: int


@dataclass(frozen=True, slots=True)
class QuestionRow:
    id: int
    order_id: int
    text: str
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class QuestionPlace:
    id: int
    order_id: int
    employer_id: int
    county: str


lock_orders = Query("offers", "lock_orders", FreeSeats)
reserve_run = Query("offers", "reserve_run", Made)
take_seats = Command("offers", "take_seats")
free_seat = Command("offers", "free_seat")
reserve_one = Command("offers", "reserve_one")
by_id = Query("offers", "by_id", OfferRow)
of_person = Query("offers", "of_person", OfferRow)
of_order = Query("offers", "of_order", CandidateRow)
of_order_plain = Query("offers", "of_order_plain", Id)
answer = Command("offers", "answer")
lapse = Command("offers", "lapse")
name_of = Query("offers", "name_of", NameRow)
held_apart = Query("offers", "held_apart", Id)
wish = Command("offers", "wish")
unwish = Command("offers", "unwish")
wishes = Query("offers", "wishes", Wished)
ask = Command("offers", "ask")
reply = Command("offers", "reply")
question = Query("offers", "question", QuestionPlace)
questions_of_person = Query("offers", "questions_of_person", QuestionRow)
questions_of_order = Query("offers", "questions_of_order", QuestionRow)
