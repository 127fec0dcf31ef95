"""What the fairness audit reads: category, sex and age behind a run, for this one purpose.

Outside matching: nothing that proposes, scores or shows openings imports this.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.db import Conn
from services.db.query import Query

BLOCK: Final = 10_000  # rows a query: row-level security looks at each of them


@dataclass(frozen=True, slots=True)
class ConfirmedRow:
    id: int
    started_at: datetime
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class SealedPerson:
    id: int
    pseudonym: int
    county: str
    identity_cipher: bytes | None
    categories_cipher: bytes | None


@dataclass(frozen=True, slots=True)
class PlacedRow:
    pseudonym: int
    v: int


@dataclass(frozen=True, slots=True)
class KindRow:
    code: str
    name: str
    kind: str


last_confirmed = Query("fairness", "last_confirmed", ConfirmedRow)
people_for_fairness_audit = Query("fairness", "people_for_fairness_audit", SealedPerson)
placed_for_fairness_audit = Query("fairness", "placed_for_fairness_audit", PlacedRow)
kinds = Query("fairness", "kinds", KindRow)


async def people(conn: Conn) -> AsyncIterator[SealedPerson]:
    """Everybody whom the asker may see, by id."""
    after = 0
    while rows := await people_for_fairness_audit.all(conn, after, BLOCK):
        for row in rows:
            yield row
        after = rows[-1].id


async def placed(conn: Conn, run: int) -> AsyncIterator[PlacedRow]:
    """Everybody whom a run proposed for a seat, by pseudonym."""
    after = -1
    while rows := await placed_for_fairness_audit.all(conn, run, after, BLOCK):
        for row in rows:
            yield row
        after = rows[-1].pseudonym
