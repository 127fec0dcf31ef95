"""The ranked list of provincial demonstration bases: 20 places and a wait-list.

豫残联〔2022〕33号 names 20 provincial demonstration bases by the end of 2025.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accreditation import lifecycle
from accreditation.errors import BadValue
from accreditation.facts import Facts
from accreditation.lifecycle import Machine, Reasons

BONUS_POINTS: Final = Decimal(5)  # the rubric's most; for this ranking only


@dataclass(frozen=True, slots=True)
class Nominee:
    """A base that may become a demonstration base: its severity-checked score and its bonus."""

    base: str
    facts: Facts
    checked_score: Decimal
    bonus: Decimal = Decimal(0)

    @property
    def points(self) -> Decimal:
        """What it is ranked by."""
        return self.checked_score + self.bonus


@dataclass(frozen=True, slots=True)
class Ranking:
    """`named` and `waiting` from the best down; `not_eligible` with every unmet condition."""

    named: tuple[Nominee, ...]
    waiting: tuple[Nominee, ...]
    not_eligible: tuple[tuple[Nominee, Reasons], ...]


def cap() -> int:
    """The number of places."""
    return int(lifecycle.load()["machines"][Machine.DEMONSTRATION]["cap"])


def rank(nominees: Iterable[Nominee], places: int) -> Ranking:
    """Who takes the places. Equal points are ordered by the base's id, so the list is stable.

    The conditions are the guards of the nomination in the lifecycle data. Raises
    BadValue for a bonus outside 0 to BONUS_POINTS.
    """
    nomination = lifecycle.clause(Machine.DEMONSTRATION, "none", "nominate")
    eligible: list[Nominee] = []
    refused: list[tuple[Nominee, Reasons]] = []
    for one in nominees:
        if not 0 <= one.bonus <= BONUS_POINTS:
            raise BadValue("奖励分应在0到{most}之间", most=BONUS_POINTS)
        if reasons := lifecycle.unmet(nomination, one.facts):
            refused.append((one, reasons))
        else:
            eligible.append(one)
    eligible.sort(key=lambda one: (-one.points, one.base))
    return Ranking(tuple(eligible[:places]), tuple(eligible[places:]), tuple(refused))
