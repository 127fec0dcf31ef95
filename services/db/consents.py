"""Consents: one row for each time one was given; a withdrawn one stays as what it was."""

from dataclasses import dataclass
from datetime import datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Consent:
    purpose: str
    text_version: str
    given_at: datetime
    withdrawn_at: datetime | None
    given_through: str


@dataclass(frozen=True, slots=True)
class Live:
    purpose: str


of_person = Query("consents", "of_person", Consent)
live = Query("consents", "live", Live)
give = Command("consents", "give")
withdraw = Command("consents", "withdraw")
