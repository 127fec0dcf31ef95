"""Habits that a mean does not show: everything in the middle, everything alike, flattering oneself.

Each assessor is set against those who scored the same bases, so that bases that really are
alike accuse nobody (Saal, Downey and Lahey 1980 on rating errors; Myford and Wolfe 2004 on
telling them from true scores).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import pstdev
from typing import Final

FEWEST_BASES: Final = 5  # our default; below it a habit can't be told from chance
LOW_SPREAD: Final = 0.5  # our default: half the spread of the others on the same bases


@dataclass(frozen=True, slots=True)
class Sheet:
    """One locked sheet as shares (0..1) of full points, by item."""

    base: str
    assessor: str
    shares: Mapping[str, float]

    @property
    def mean(self) -> float:
        """The share of points that the base got in all."""
        return sum(self.shares.values()) / len(self.shares)

    @property
    def spread(self) -> float:
        """How far the items of the sheet lie apart."""
        return pstdev(self.shares.values())


@dataclass(frozen=True, slots=True)
class Habit:
    """An assessor's spread as a part of the others' on the same bases; 1 is like the others.

    `central`: between bases (near 0: everything in the middle). `halo`: between the items of one
    sheet (near 0: one impression colours all). None where the others show no spread at all.
    """

    assessor: str
    bases: int
    central: float | None
    halo: float | None

    @property
    def central_tendency(self) -> bool:
        """Whether there are enough bases and the assessor hardly tells them apart."""
        return self._low(self.central)

    @property
    def halo_effect(self) -> bool:
        """Whether there are enough bases and the assessor hardly tells items apart."""
        return self._low(self.halo)

    def _low(self, ratio: float | None) -> bool:
        return ratio is not None and self.bases >= FEWEST_BASES and ratio < LOW_SPREAD


def habits(sheets: Iterable[Sheet]) -> tuple[Habit, ...]:
    """The habits of every assessor who shared bases with others, by assessor."""
    by_base: dict[str, list[Sheet]] = defaultdict(list)
    for sheet in sheets:
        by_base[sheet.base].append(sheet)
    own: dict[str, list[Sheet]] = defaultdict(list)
    others: dict[str, list[list[Sheet]]] = defaultdict(list)
    for seen in by_base.values():
        for sheet in seen:
            beside = [other for other in seen if other.assessor != sheet.assessor]
            if beside:
                own[sheet.assessor].append(sheet)
                others[sheet.assessor].append(beside)
    return tuple(
        Habit(one, len(own[one]), _central(own[one], others[one]), _halo(own[one], others[one]))
        for one in sorted(own)
    )


def _central(own: Sequence[Sheet], others: Sequence[Sequence[Sheet]]) -> float | None:
    theirs = pstdev(sum(one.mean for one in beside) / len(beside) for beside in others)
    return pstdev(one.mean for one in own) / theirs if theirs else None


def _halo(own: Sequence[Sheet], others: Sequence[Sequence[Sheet]]) -> float | None:
    beside = [one.spread for one in chain.from_iterable(others)]
    theirs = sum(beside) / len(beside)
    return sum(one.spread for one in own) / len(own) / theirs if theirs else None


def self_minus_final(own: Mapping[str, float], final: Mapping[str, float]) -> dict[str, float]:
    """By base, how many points its self-score lies above what it was given in the end."""
    return {base: own[base] - final[base] for base in own if base in final}
