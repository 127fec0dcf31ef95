"""Two scores of a pair, kept apart: U, how much the person wants it, and P, the chance of being
hired and staying once the person accepts.

Each adds up points in hundredths of a log-odds; one table turns the sum into thousandths of a
probability; the value of a pair is U·P in millionths. Whole numbers only, so that every machine
gets the same bits. The tables are published in docs/scorecard.md; they are our own proposal,
until outcomes can teach better ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from types import MappingProxyType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.orders import Order
from matching.engine.people import Person, Skill
from matching.errors import Refusal

U_BASE: Final = 50
P_BASE: Final = -20

WAGE_PERCENT: Final = (60, 80, 90, 100, 110, 125, 150)  # of the wage wished for
WAGE_POINTS: Final = (-300, -180, -90, -30, 30, 60, 90, 120)
PLACE_POINTS: Final = MappingProxyType(
    {"home": 40, "own_county": 60, "near": 20, "move_dorm": -40, "move": -100, "far": -250}
)
NEAR_KM: Final = 60  # when the person names no distance; our default
OCCUPATION_POINTS: Final = MappingProxyType(
    {"open": 0, "wanted": 120, "related": 50, "other": -120}
)
MODE_POINTS: Final = MappingProxyType({"open": 0, "wanted": 30, "other": -120})
SHIFT_POINTS: Final = MappingProxyType({"open": 0, "wanted": 20, "other": -100})
DORM_POINTS: Final = MappingProxyType({"open": 0, "wanted": 40, "missing": -80})

HELD_POINTS: Final = (60, 90, 110, 130, 150, 160, 170)  # by Level, the same occupation
KIN_POINTS: Final = (0, 15, 40)  # nothing in common, the same 中类, the same 小类
UNSKILLED_POINTS: Final = -60
TAUGHT_POINTS: Final = 70
RECENCY_MONTHS: Final = (24, 60, 120)
RECENCY_POINTS: Final = (0, -15, -30, -50)
UNDATED_POINTS: Final = -15
PREFERRED_POINTS: Final = 25
PREFERRED_COUNTED: Final = 2
CONTRACT_MONTHS: Final = (1, 6, 12)
CONTRACT_POINTS: Final = (-20, -40, 0, 40)  # not stated, short, half a year, a year
INSURED_POINTS: Final = (-20, 20)

WAITING_BONUS_A_MONTH: Final = 1_000  # millionths of value, in the allotment only
WAITING_MONTHS_COUNTED: Final = 24
DAYS_A_MONTH: Final = 30

EXCLUDED: Final = -1_000_000  # points no sum can make up for

SIGMOID_REACH: Final = 800


def _sigmoid() -> tuple[int, ...]:
    """Thousandths of probability for -8.00..8.00, by decimal arithmetic: the same everywhere."""
    with localcontext() as context:
        context.prec = 30
        odds = [
            1000 / (1 + (Decimal(-points) / 100).exp())
            for points in range(-SIGMOID_REACH, SIGMOID_REACH + 1)
        ]
        return tuple(max(1, int(one.to_integral_value(ROUND_HALF_EVEN))) for one in odds)


SIGMOID: Final = _sigmoid()


def chance(points: int) -> int:
    """Thousandths of probability, 1..1000, for a log-odds in hundredths."""
    return SIGMOID[min(max(points, -SIGMOID_REACH), SIGMOID_REACH) + SIGMOID_REACH]


@dataclass(frozen=True, slots=True)
class Distances:
    """Kilometres between counties: `km[a][b]` with both counting into `counties`."""

    counties: tuple[str, ...]
    km: NDArray[np.int32]
    at: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", {county: at for at, county in enumerate(self.counties)})

    @classmethod
    def from_coordinates(cls, degrees: Mapping[str, tuple[float, float]]) -> Self:
        """Great-circle kilometres, rounded, between (latitude, longitude) of each county."""
        counties = tuple(sorted(degrees))
        km = [[_km(degrees[a], degrees[b]) for b in counties] for a in counties]
        return cls(counties, np.array(km, np.int32).reshape(len(counties), -1))

    def between(self, one: str, other: str) -> int:
        """Kilometres between two counties. Raises Refusal for a county that isn't known."""
        return int(self.km[self.place(one), self.place(other)])

    def place(self, county: str) -> int:
        """Where a county stands in `counties`. Raises Refusal for one that isn't known."""
        if county not in self.at:
            raise Refusal("没有代码为{county}的县区", county=county)
        return self.at[county]


def _km(one: tuple[float, float], other: tuple[float, float]) -> int:
    (lat, lon), (lat2, lon2) = (tuple(map(radians, place)) for place in (one, other))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return round(2 * 6371 * asin(sqrt(half)))


@dataclass(frozen=True, slots=True)
class Contribution:
    """Points one ground adds to a score: `key` names the ground, `case` which row of its table."""

    key: str
    case: str
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """A score with the contributions that add up to it."""

    contributions: tuple[Contribution, ...]

    @property
    def points(self) -> int:
        """Log-odds in hundredths: the sum of the contributions."""
        return sum(one.points for one in self.contributions)

    @property
    def chance(self) -> int:
        """The probability in thousandths."""
        return chance(self.points)


@lru_cache(1 << 18)
def kinship(one: str, other: str) -> int:
    """How close two occupation codes are: 3 the same, 2 the same 小类, 1 the same 中类, else 0.

    Work types without a code of their own are close to themselves only.
    """
    if one == other:
        return 3
    mine, theirs = one.split("-"), other.split("-")
    if len(mine) < 4 or len(theirs) < 4 or mine[:2] != theirs[:2]:
        return 0
    return 2 if mine[2] == theirs[2] else 1


def wage_points(wage_yuan: int, wish_yuan: int) -> int:
    """Points of a wage against the wage wished for; 0 without a wish."""
    if not wish_yuan:
        return 0
    return WAGE_POINTS[bisect_right(WAGE_PERCENT, wage_yuan * 100 // wish_yuan)]


def place_case(person: Person, order: Order, km: int) -> str:
    """Which row of the place table applies."""
    if order.mode == "home":
        return "home"
    if person.county == order.county:
        return "own_county"
    if km <= (NEAR_KM if person.most_km is None else person.most_km):
        return "near"
    if person.relocates:
        return "move_dorm" if order.dorm else "move"
    return "far"


def occupation_case(person: Person, occupation: str) -> str:
    """Which row of the occupation table applies."""
    if not person.wanted:
        return "open"
    closest = max(kinship(code, occupation) for code in person.wanted)
    return {3: "wanted", 2: "related"}.get(closest, "other")


def wish_case(wishes: frozenset[str], offer: str) -> str:
    """Whether an offer is among the wishes; open without any."""
    return "open" if not wishes else "wanted" if offer in wishes else "other"


def dorm_case(person: Person, order: Order) -> str:
    """Which row of the dorm table applies."""
    return "open" if not person.dorm else "wanted" if order.dorm else "missing"


def utility(person: Person, order: Order, km: int) -> Score:
    """U: how much the person wants it."""
    place, occupation = place_case(person, order, km), occupation_case(person, order.occupation)
    mode, shift = wish_case(person.modes, order.mode), wish_case(person.shifts, order.shift)
    dorm = dorm_case(person, order)
    wage = wage_points(order.wage_yuan, person.least_wage_yuan)
    return Score(
        (
            Contribution("base", "", U_BASE),
            Contribution("wage", "wished" if person.least_wage_yuan else "open", wage),
            Contribution("place", place, PLACE_POINTS[place]),
            Contribution("occupation", occupation, OCCUPATION_POINTS[occupation]),
            Contribution("mode", mode, MODE_POINTS[mode]),
            Contribution("shift", shift, SHIFT_POINTS[shift]),
            Contribution("dorm", dorm, DORM_POINTS[dorm]),
        )
    )


def recency_points(since: int, as_of: int) -> int:
    """Points for how long ago a skill was gained; days as ordinals, 0 for unknown."""
    if not since:
        return UNDATED_POINTS
    return RECENCY_POINTS[bisect_right(RECENCY_MONTHS, max(0, as_of - since) // DAYS_A_MONTH)]


def skill_points(skill: Skill, occupation: str, as_of: date) -> int:
    """What one skill is worth in an occupation."""
    kin = kinship(skill.occupation, occupation)
    worth = HELD_POINTS[skill.level] if kin == 3 else KIN_POINTS[kin]
    if not kin:
        return UNSKILLED_POINTS
    return worth + recency_points(skill.since.toordinal() if skill.since else 0, as_of.toordinal())


def _experience(person: Person, order: Order, as_of: date) -> Contribution:
    """The best of what is held, what the class teaches, and nothing."""
    cases = [("none", UNSKILLED_POINTS)]
    if order.taught(order.occupation) is not None:
        cases.append(("taught", TAUGHT_POINTS))
    cases += [("held", skill_points(one, order.occupation, as_of)) for one in person.skills]
    case, points = max(cases, key=lambda each: each[1])
    return Contribution("skill", case, points)


def prospect(person: Person, order: Order, as_of: date) -> Score:
    """P: the chance of being hired and staying."""
    held = {skill.occupation for skill in person.skills}
    preferred = min(len(order.preferred & held), PREFERRED_COUNTED)
    months = bisect_right(CONTRACT_MONTHS, order.contract_months)
    return Score(
        (
            Contribution("base", "", P_BASE),
            _experience(person, order, as_of),
            Contribution("preferred", str(preferred), preferred * PREFERRED_POINTS),
            Contribution("contract", str(months), CONTRACT_POINTS[months]),
            Contribution("insurance", str(int(order.insured)), INSURED_POINTS[order.insured]),
        )
    )


def waiting_bonus(
    waiting_since: Sequence[int] | NDArray[np.int32], as_of: int
) -> NDArray[np.int64]:
    """Millionths added to a person's values in the allotment; days as ordinals, 0 for none."""
    since = np.asarray(waiting_since, np.int64)
    months = np.clip((as_of - since) // DAYS_A_MONTH, 0, WAITING_MONTHS_COUNTED)
    return np.where(since > 0, months * WAITING_BONUS_A_MONTH, 0)
