"""Demonstration bases: those whose record meets the stated conditions, ranked, under the cap."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from accreditation import demonstration, lifecycle
from accreditation.lifecycle import Machine
from services.simulator.bases import Base
from services.simulator.book import Book, noon

GOOD: Final = frozenset({"excellent", "good"})
_NAMED_DAYS_AGO: Final = 30  # assumed: the panel named them a month ago


def eligible(base: Base, active: bool) -> bool:
    """The conditions of a nomination in accreditation/data/lifecycle.json, on simulated records.

    Level and two years in operation hold for every simulated base with two reviews; none has an
    open finding.
    """
    return (
        active
        and base.latest is not None
        and base.previous is not None
        and base.latest.grade.code == "excellent"
        and base.previous.grade.code in GOOD
        and bool(base.latest.demonstration_minima_met)
    )


def draw_demonstrations(bases: list[Base], today: date, book: Book) -> None:
    """Nominates every eligible base; the best take the places, the rest wait."""
    state = {row["id"]: row["state"] for row in book.tables["accreditation"]}
    ready = [b for b in bases if eligible(b, state.get(b.admission_id) == "active")]
    ready.sort(key=lambda b: (-(b.latest.total if b.latest else Decimal(0)), b.id))
    day = today - timedelta(days=_NAMED_DAYS_AGO)
    for place, base in enumerate(ready):
        last = "name" if place < demonstration.cap() else "wait"
        at = "none"
        for event in ("nominate", last):
            at = _log(book, base.admission_id, at, event, day)
        book.note(
            "demonstration",
            accreditation_id=base.admission_id,
            state=at,
            score=base.latest.total if base.latest else None,
            bonus=Decimal(0),
            since=noon(day),
        )


def _log(book: Book, accreditation: int, state: str, event: str, day: date) -> str:
    target = lifecycle.clause(Machine.DEMONSTRATION, state, event).target
    book.add(
        "demonstration_log",
        accreditation_id=accreditation,
        at=noon(day),
        actor=None,
        actor_role="system",
        lifecycle_version=str(lifecycle.load()["version"]),
        machine="demonstration",
        source=state,
        event=event,
        target=target,
        reason="模拟",
        detail={},
    )
    return target
