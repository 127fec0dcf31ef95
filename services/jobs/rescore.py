"""Nightly: scores every accredited base anew from what is stored, and tells where the result differs.

A stored total that its own items don't give means that somebody changed one of the two; staff see
it, nothing is overwritten (facts that decide a base's grade change by a decision only).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.actions import results
from services.db import Conn, cases, jobs, sheets

NAME: Final = "rescore"


@dataclass(frozen=True, slots=True)
class Rescored:
    bases: int
    differ: list[int]  # ids of cases whose stored result its items don't give


async def run(conn: Conn, today: date, now: datetime) -> Rescored:
    """Reads only. `conn` speaks for the program itself."""
    differ: list[int] = []
    settled = await jobs.settled_cases.all(conn)
    for one in settled:
        case = await cases.by_id.one(conn, one.id)
        stored = await sheets.result.one(conn, one.id)
        rubric = await results.rubric_of(conn, case)
        scored = await results.final(conn, case, rubric, stored.vetoes)
        if (scored.total, scored.grade.code) != (stored.total, stored.grade):
            differ.append(one.id)
    return Rescored(len(settled), differ)
