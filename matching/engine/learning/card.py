"""A scorecard as a value: two tables of whole points over the same grounds, and their order.

`GROUNDS` names for each score (U, P) the grounds and, for each case of a ground, the case that it
may never fall below or rise above. Whatever is learned keeps that order, so that a better wage or
a higher level never lowers a score. Points are hundredths of a log-odds, as in `scores`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine import scores
from matching.errors import Refusal

Cases = NDArray[np.int8]  # (n, grounds): which row of each table
Whole = NDArray[np.int64]
Real = NDArray[np.float64]

FORMAT: Final = 1
SIGMOID: Final = np.array(scores.SIGMOID, np.int64)


class Case(NamedTuple):
    """One row of a table: at least the points of `above`, at most those of `below`.

    A case that names neither is free; `zero` cases keep 0 points, so that the base has a meaning.
    """

    key: str
    above: str = ""
    below: str = ""
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """A table of a score. In an `even` one each case is worth as much more as the one before."""

    key: str
    cases: tuple[Case, ...]
    even: bool = False

    def at(self, case: str) -> int:
        """Where a case stands."""
        return [one.key for one in self.cases].index(case)


def _chain(*keys: str, after: str = "") -> tuple[Case, ...]:
    """Cases of which none is worth less than the one before."""
    return tuple(Case(key, above) for key, above in zip(keys, (after, *keys[:-1]), strict=True))


_OPEN: Final = Case("open", zero=True)
LEVEL_CASES: Final = tuple(f"held_{level}" for level in range(len(scores.HELD_POINTS)))
WAGE_CASES: Final = (*(f"under_{percent}" for percent in scores.WAGE_PERCENT), "from_150")

WISHES: Final = (
    Ground("wage", (_OPEN, *_chain(*WAGE_CASES))),
    Ground("place", (Case("home"), *_chain("far", "move", "move_dorm", "near", "own_county"))),
    Ground("occupation", (_OPEN, *_chain("other", "related", "wanted"))),
    Ground("mode", (_OPEN, *_chain("other", "wanted"))),
    Ground("shift", (_OPEN, *_chain("other", "wanted"))),
    Ground("dorm", (_OPEN, *_chain("missing", "wanted"))),
)
PROSPECTS: Final = (
    Ground(
        "skill",
        (*_chain("none", "kin_1", "kin_2", *LEVEL_CASES), Case("taught", above="none")),
    ),
    Ground(
        "recency",
        (
            Case("24", zero=True),
            Case("60", below="24"),
            Case("120", below="60"),
            Case("older", below="120"),
            Case("undated", below="24"),
        ),
    ),
    Ground("preferred", (Case("0", zero=True), *_chain("1", "2", after="0")), even=True),
    Ground("contract", (Case("unstated"), *_chain("short", "half_year", "year"))),
    Ground("insurance", _chain("part", "full")),
)
GROUNDS: Final[Mapping[str, tuple[Ground, ...]]] = {"U": WISHES, "P": PROSPECTS}


@lru_cache
def steps(ground: Ground) -> tuple[Real, NDArray[np.bool_]]:
    """Matrix M (cases × steps) and which steps may be below 0: points = M · steps.

    A case is its neighbour plus or minus a step that is never negative, so keeping the order is
    keeping steps at 0 or more.
    """
    keys = [case.key for case in ground.cases]
    if ground.even:
        return np.arange(len(keys), dtype=float)[:, None], np.array([False])
    columns = [case.key for case in ground.cases if not case.zero]
    matrix = np.zeros((len(keys), len(columns)))
    for at, case in enumerate(ground.cases):  # neighbours come before those who name them
        if case.above or case.below:
            matrix[at] = matrix[keys.index(case.above or case.below)]
        if not case.zero:
            matrix[at, columns.index(case.key)] = -1 if case.below else 1
    free = np.array([not (case.above or case.below) for case in ground.cases if not case.zero])
    return matrix, free


@dataclass(frozen=True, slots=True)
class Table:
    """One score: a base and the points of each case of each ground."""

    base: int
    points: tuple[tuple[int, ...], ...]

    def sums(self, cases: Cases) -> Whole:
        """(n,) log-odds in hundredths."""
        total = np.full(len(cases), self.base, np.int64)
        for at, points in enumerate(self.points):
            total += np.array(points, np.int64)[cases[:, at]]
        return total

    def chances(self, cases: Cases) -> Whole:
        """(n,) thousandths of probability, 1..1000, by the table that the kernel uses."""
        reach = scores.SIGMOID_REACH
        chances: Whole = SIGMOID[np.clip(self.sums(cases), -reach, reach) + reach]
        return chances


@dataclass(frozen=True, slots=True)
class Card:
    """Both scores. `version` is made of the content: the same points have the same name."""

    U: Table
    P: Table

    @property
    def version(self) -> str:
        """`card-` and 12 hexadecimal digits."""
        return "card-" + sha256(self.to_json().encode()).hexdigest()[:12]

    def values(self, wishes: Cases, prospects: Cases) -> Whole:
        """(n,) millionths: what a pair is worth."""
        return self.U.chances(wishes) * self.P.chances(prospects)

    def to_json(self) -> str:
        """Names and whole numbers, always in the same order."""
        told = {
            score: {
                "base": table.base,
                **{
                    ground.key: dict(zip((c.key for c in ground.cases), points, strict=True))
                    for ground, points in zip(GROUNDS[score], table.points, strict=True)
                },
            }
            for score, table in (("U", self.U), ("P", self.P))
        }
        return json.dumps({"format": FORMAT, **told}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card in a file. Raises Refusal for what is no card, or keeps not its order."""
        try:
            told = json.loads(text)
            if told["format"] != FORMAT:
                raise Refusal("计分卡文件的格式版本不认识")
            return cls(_table("U", told["U"]), _table("P", told["P"]))
        except (KeyError, TypeError, ValueError):
            raise Refusal("这个文件不是计分卡") from None


def _table(score: str, told: Mapping[str, Any]) -> Table:
    points = tuple(
        tuple(_whole(told[ground.key][case.key]) for case in ground.cases)
        for ground in GROUNDS[score]
    )
    for ground, row in zip(GROUNDS[score], points, strict=True):
        if not in_order(ground, row):
            raise Refusal("计分卡“{ground}”一项的分值次序颠倒", ground=ground.key)
    return Table(_whole(told["base"]), points)


def _whole(number: object) -> int:
    if type(number) is not int or abs(number) > 100 * scores.SIGMOID_REACH:
        raise ValueError(number)
    return number


def in_order(ground: Ground, points: tuple[int, ...]) -> bool:
    """Whether the points of a ground keep the order of its cases, and its zeros."""
    at = {case.key: points[place] for place, case in enumerate(ground.cases)}
    evenly = not ground.even or all(p == place * points[1] for place, p in enumerate(points))
    return evenly and all(
        (not case.zero or at[case.key] == 0)
        and (not case.above or at[case.key] >= at[case.above])
        and (not case.below or at[case.key] <= at[case.below])
        for case in ground.cases
    )


def _published() -> Card:
    place, job = scores.PLACE_POINTS, scores.OCCUPATION_POINTS
    wishes = (
        (0, *scores.WAGE_POINTS),
        tuple(place[case.key] for case in WISHES[1].cases),
        tuple(job[case.key] for case in WISHES[2].cases),
        tuple(scores.MODE_POINTS[case.key] for case in WISHES[3].cases),
        tuple(scores.SHIFT_POINTS[case.key] for case in WISHES[4].cases),
        tuple(scores.DORM_POINTS[case.key] for case in WISHES[5].cases),
    )
    skill = (
        scores.UNSKILLED_POINTS,
        *scores.KIN_POINTS[1:],
        *scores.HELD_POINTS,
        scores.TAUGHT_POINTS,
    )
    prospects = (
        skill,
        (*scores.RECENCY_POINTS, scores.UNDATED_POINTS),
        tuple(count * scores.PREFERRED_POINTS for count in range(3)),
        scores.CONTRACT_POINTS,
        scores.INSURED_POINTS,
    )
    return Card(Table(scores.U_BASE, wishes), Table(scores.P_BASE, prospects))


PUBLISHED: Final = _published()
