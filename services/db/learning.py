"""What people were shown and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.db import Conn
from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Shown:
    """An opening a run proposes to a person, and the rows of the scorecard that applied."""

    pseudonym: int
    order: int
    wishes: tuple[int, ...]
    prospects: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    pseudonym: int
    day: date
    wishes: list[int]
    prospects: list[int]
    propensity: float
    state: str  # of the offer


outcomes = Query("learning", "outcomes", OutcomeRow)
_add = Command("learning", "add_exposures")
_BLOCK = 10_000  # rows an INSERT


async def add_exposures(conn: Conn, run: int, card: str, shown: Sequence[Shown]) -> None:
    """Stores what a run would show, in the run's own transaction."""
    for start in range(0, len(shown), _BLOCK):
        block = shown[start : start + _BLOCK]
        await _add.run(
            conn,
            run,
            [one.pseudonym for one in block],
            [one.order for one in block],
            [",".join(map(str, one.wishes)) for one in block],
            [",".join(map(str, one.prospects)) for one in block],
            card,
        )
