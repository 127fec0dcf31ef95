"""Orders, as the engine may know them: what the post demands, offers and teaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.people import Skill, bits, offsets, ordinal
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    DIMENSIONS,
    MAX_LEVEL,
    MODES,
    SHIFTS,
    Level,
)
from matching.errors import Refusal

HOURS_A_MONTH = 174  # 21.75 days × 8 h, 劳社部发〔2008〕3号


COLUMN_TYPES = {
    "county": np.int32,
    "occupation": np.int32,
    "seats": np.int32,
    "least_people": np.int32,
    "demand": np.int8,
    "offered": np.uint64,
    "wage_yuan": np.int32,
    "contract_months": np.int32,
    "insured": np.int8,
    "dorm": np.int8,
    "mode": np.int8,
    "shift": np.int8,
    "education": np.int8,
    "starts_on": np.int32,
    "work_from": np.int32,
    "gain": np.int8,
    "teaches_own": np.int8,
}


@dataclass(frozen=True, slots=True)
class Demand:
    """What the post demands in one dimension. Only an essential demand can exclude."""

    level: int
    essential: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One post with its seats.

    `offered` are accommodations the employer offers, `secured` those a base or service provides,
    `refused` those the employer said no to. `wage_yuan` is the least monthly wage. `required`
    skills can exclude, `preferred` ones only count. An education minimum excludes only with a
    stated ground. `teaches` and `raises` are what the order's class gives: skills up to a level,
    and levels of trainable dimensions. `starts_on` is the first day the person is needed (of the
    class, if there is one), `work_from` the first day of work.

    Raises:
        Refusal: a class raises a dimension that no class can raise.
    """

    id: str
    county: str
    occupation: str
    seats: int
    demands: Mapping[str, Demand] = field(default_factory=dict)
    least_people: int = 1
    offered: frozenset[str] = frozenset()
    secured: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    wage_yuan: int = 0
    contract_months: int = 0
    insured: bool = False
    dorm: bool = False
    mode: str = "onsite"
    shift: str = "day"
    required: tuple[Skill, ...] = ()
    preferred: frozenset[str] = frozenset()
    education: int = 0
    education_ground: str = ""
    teaches: tuple[Skill, ...] = ()
    raises: Mapping[str, int] = field(default_factory=dict)
    starts_on: date | None = None
    work_from: date | None = None

    def __post_init__(self) -> None:
        for dimension in DIMENSIONS:
            if dimension.key in self.raises and not dimension.trainable:
                raise Refusal("“{dimension}”不是培训能提高的能力", dimension=dimension.zh)

    @property
    def provided(self) -> frozenset[str]:
        """The accommodations that will be there, whoever provides them."""
        return self.offered | self.secured

    @property
    def education_needed(self) -> int:
        """The education that can exclude: none without a stated ground."""
        return self.education if self.education_ground else 0

    def taught(self, occupation: str) -> Level | None:
        """The highest level the class teaches in an occupation, or None."""
        return max((s.level for s in self.teaches if s.occupation == occupation), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """The same as `Order`, in columns of m orders.

    demand (m, 39) int8: essential demands only, 0 where there is none; gain (m, 39) int8: levels
    the class raises; `offered` one bit per accommodation offered or secured; `mode` and `shift`
    count into the vocabulary, `county` into `counties`, `occupation` into `codes`; `education` 0
    for none; days are proleptic ordinals, 0 for unset; `teaches_own` 1 when the class teaches the
    order's own occupation. The required skills of order o are `need[need_at[o]:need_at[o + 1]]`
    with `need_level`, and `need_taught` 1 where the class teaches them; preferred skills likewise.
    """

    ids: tuple[str, ...]
    counties: tuple[str, ...]
    codes: tuple[str, ...]
    county: NDArray[np.int32]
    occupation: NDArray[np.int32]
    seats: NDArray[np.int32]
    least_people: NDArray[np.int32]
    demand: NDArray[np.int8]
    offered: NDArray[np.uint64]
    wage_yuan: NDArray[np.int32]
    contract_months: NDArray[np.int32]
    insured: NDArray[np.int8]
    dorm: NDArray[np.int8]
    mode: NDArray[np.int8]
    shift: NDArray[np.int8]
    education: NDArray[np.int8]
    starts_on: NDArray[np.int32]
    work_from: NDArray[np.int32]
    gain: NDArray[np.int8]
    teaches_own: NDArray[np.int8]
    need_at: NDArray[np.int64]
    need: NDArray[np.int32]
    need_level: NDArray[np.int8]
    need_taught: NDArray[np.int8]
    prefer_at: NDArray[np.int64]
    prefer: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def from_columns(
        cls, ids: Sequence[str], counties: Sequence[str], codes: Sequence[str], **columns: Any
    ) -> Self:
        """Orders from columns as described above; a column left out demands nothing."""
        m = len(ids)
        missing: dict[str, Any] = {
            "demand": np.zeros((m, len(DIMENSIONS))),
            "gain": np.zeros((m, len(DIMENSIONS))),
            "least_people": np.ones(m),
        }
        dense: dict[str, Any] = {
            name: np.ascontiguousarray(columns.pop(name, missing.get(name, np.zeros(m))), kind)
            for name, kind in COLUMN_TYPES.items()
        }
        lists: dict[str, Any] = {
            name: np.ascontiguousarray(columns.pop(name, np.zeros(size)), kind)
            for name, size, kind in (
                ("need_at", m + 1, np.int64),
                ("need", 0, np.int32),
                ("need_level", 0, np.int8),
                ("need_taught", 0, np.int8),
                ("prefer_at", m + 1, np.int64),
                ("prefer", 0, np.int32),
            )
        }
        return cls(tuple(ids), tuple(counties), tuple(codes), **dense, **lists, **columns)

    @classmethod
    def from_values(cls, orders: Iterable[Order]) -> Self:
        """Orders from one value each, in the order given."""
        orders = tuple(orders)
        counties = tuple(sorted({order.county for order in orders}))
        codes = tuple(
            sorted(
                {order.occupation for order in orders}
                | {skill.occupation for order in orders for skill in order.required}
                | {code for order in orders for code in order.preferred}
            )
        )
        county_at = {county: at for at, county in enumerate(counties)}
        code_at = {code: at for at, code in enumerate(codes)}
        needs = [(order, skill) for order in orders for skill in order.required]
        return cls.from_columns(
            [order.id for order in orders],
            counties,
            codes,
            county=[county_at[o.county] for o in orders],
            occupation=[code_at[o.occupation] for o in orders],
            seats=[o.seats for o in orders],
            least_people=[o.least_people for o in orders],
            demand=_levels([_essential(o) for o in orders]),
            gain=_levels([o.raises for o in orders]),
            offered=[bits(o.provided, ACCOMMODATION_AT) for o in orders],
            wage_yuan=[o.wage_yuan for o in orders],
            contract_months=[o.contract_months for o in orders],
            insured=[o.insured for o in orders],
            dorm=[o.dorm for o in orders],
            mode=[MODES.index(o.mode) for o in orders],
            shift=[SHIFTS.index(o.shift) for o in orders],
            education=[o.education_needed for o in orders],
            starts_on=[ordinal(o.starts_on) for o in orders],
            work_from=[ordinal(o.work_from) for o in orders],
            teaches_own=[o.taught(o.occupation) is not None for o in orders],
            need_at=offsets([len(o.required) for o in orders]),
            need=[code_at[skill.occupation] for _, skill in needs],
            need_level=[int(skill.level) for _, skill in needs],
            need_taught=[teaches(order, skill) for order, skill in needs],
            prefer_at=offsets([len(o.preferred) for o in orders]),
            prefer=[code_at[code] for o in orders for code in sorted(o.preferred)],
        )

    def take(self, chosen: NDArray[np.int64]) -> Self:
        """The chosen orders, in the order chosen; one may be chosen more than once."""
        need_at, need = _gathered(self.need_at, chosen)
        prefer_at, prefer = _gathered(self.prefer_at, chosen)
        return type(self)(
            tuple(self.ids[o] for o in chosen),
            self.counties,
            self.codes,
            **{name: getattr(self, name)[chosen] for name in COLUMN_TYPES},
            need_at=need_at,
            need=self.need[need],
            need_level=self.need_level[need],
            need_taught=self.need_taught[need],
            prefer_at=prefer_at,
            prefer=self.prefer[prefer],
        )


def teaches(order: Order, skill: Skill) -> bool:
    """Whether the order's class brings this skill to the level that is asked."""
    level = order.taught(skill.occupation)
    return level is not None and level >= skill.level


def _gathered(
    at: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    places = [np.arange(at[o], at[o + 1]) for o in chosen]
    flat = np.concatenate([*places, np.zeros(0, np.int64)]).astype(np.int64)
    return offsets([len(place) for place in places]), flat


def _essential(order: Order) -> Mapping[str, int]:
    return {key: demand.level for key, demand in order.demands.items() if demand.essential}


def _levels(rows: Sequence[Mapping[str, int]]) -> NDArray[np.int8]:
    flat = [[min(row.get(d.key, 0), MAX_LEVEL) for d in DIMENSIONS] for row in rows]
    return np.array(flat, np.int8).reshape(-1, len(DIMENSIONS))
