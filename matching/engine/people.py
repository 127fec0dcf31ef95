"""People, as the engine may know them: what they can do, hold and want. Never who they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    DIMENSION_AT,
    DIMENSIONS,
    FACT_AT,
    FACTS,
    MODES,
    MUSTS,
    SHIFTS,
    Level,
)

UNKNOWN = -1

COLUMN_TYPES = {
    "capacity": np.int8,
    "facts": np.int8,
    "declined": np.uint64,
    "county": np.int32,
    "may_work_from": np.int32,
    "available_from": np.int32,
    "education": np.int8,
    "least_wage_yuan": np.int32,
    "most_km": np.int32,
    "relocates": np.int8,
    "modes": np.int8,
    "shifts": np.int8,
    "dorm": np.int8,
    "musts": np.int8,
    "waiting_since": np.int32,
}


@dataclass(frozen=True, slots=True)
class Skill:
    """An occupation learnt, how it is attested, and since when (None: not known)."""

    occupation: str
    level: Level = Level.NONE
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """One job-seeker under a pseudonym.

    Capacities run 0..4 with the person's own aids; a dimension that is missing is unknown, never
    0. Three sources are kept apart: `capacity` (self), `observed` and `recorded` (in class).
    `facts` are what accommodations require; a missing fact is unknown. `education` counts from
    0 (none) along `vocabulary.EDUCATION`. `musts` names the wishes that are conditions.
    `confirmed` holds (order id, dimension) pairs that a named assessor found safe; `avoided_orders`
    are openings the person declined.
    """

    id: str
    county: str
    capacity: Mapping[str, int] = field(default_factory=dict)
    observed: Mapping[str, int] = field(default_factory=dict)
    recorded: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, bool] = field(default_factory=dict)
    declined: frozenset[str] = frozenset()
    skills: tuple[Skill, ...] = ()
    education: int | None = None
    may_work_from: date | None = None
    available_from: date | None = None
    wanted: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    avoided_orders: frozenset[str] = frozenset()
    least_wage_yuan: int = 0
    most_km: int | None = None
    relocates: bool = False
    modes: frozenset[str] = frozenset()
    shifts: frozenset[str] = frozenset()
    dorm: bool = False
    musts: frozenset[str] = frozenset()
    waiting_since: date | None = None
    confirmed: frozenset[tuple[str, str]] = frozenset()

    def can(self, dimension: str) -> int | None:
        """The capacity that counts: what a class recorded, else an observer, else the person."""
        for source in (self.recorded, self.observed, self.capacity):
            if dimension in source:
                return source[dimension]
        return None


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The same as `Person`, in columns of n people.

    capacity (n, 39) int8 and facts (n, 11) int8 with -1 for unknown; `declined` one bit per
    accommodation; days are proleptic ordinals with 0 for unset, and -1 for an unknown
    `may_work_from`; `modes`, `shifts` and `musts` one bit per word of the vocabulary. `county`
    counts into `counties`. Lists hang on offsets: the skills of person p are
    `skill[skill_at[p]:skill_at[p + 1]]`, counting into `codes`; wishes likewise, `wish_avoids`
    telling wanted (0) from avoided (1). `remarks` are the rare (person, order id, dimensions
    confirmed safe as bits, order avoided).
    """

    ids: tuple[str, ...]
    counties: tuple[str, ...]
    codes: tuple[str, ...]
    capacity: NDArray[np.int8]
    facts: NDArray[np.int8]
    declined: NDArray[np.uint64]
    county: NDArray[np.int32]
    may_work_from: NDArray[np.int32]
    available_from: NDArray[np.int32]
    education: NDArray[np.int8]
    least_wage_yuan: NDArray[np.int32]
    most_km: NDArray[np.int32]
    relocates: NDArray[np.int8]
    modes: NDArray[np.int8]
    shifts: NDArray[np.int8]
    dorm: NDArray[np.int8]
    musts: NDArray[np.int8]
    waiting_since: NDArray[np.int32]
    skill_at: NDArray[np.int64]
    skill: NDArray[np.int32]
    skill_level: NDArray[np.int8]
    skill_since: NDArray[np.int32]
    wish_at: NDArray[np.int64]
    wish: NDArray[np.int32]
    wish_avoids: NDArray[np.int8]
    remarks: tuple[tuple[int, str, int, bool], ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def from_columns(
        cls,
        ids: Sequence[str],
        counties: Sequence[str],
        codes: Sequence[str] = (),
        **columns: Any,
    ) -> Self:
        """People from columns as described above; a column left out says nothing of anybody."""
        n = len(ids)
        missing: dict[str, Any] = {
            "capacity": np.full((n, len(DIMENSIONS)), UNKNOWN),
            "facts": np.full((n, len(FACTS)), UNKNOWN),
            "may_work_from": np.full(n, UNKNOWN),
            "education": np.full(n, UNKNOWN),
            "most_km": np.full(n, UNKNOWN),
        }
        dense: dict[str, Any] = {
            name: np.ascontiguousarray(columns.pop(name, missing.get(name, np.zeros(n))), kind)
            for name, kind in COLUMN_TYPES.items()
        }
        lists: dict[str, Any] = {
            name: np.ascontiguousarray(columns.pop(name, np.zeros(size)), kind)
            for name, size, kind in (
                ("skill_at", n + 1, np.int64),
                ("skill", 0, np.int32),
                ("skill_level", 0, np.int8),
                ("skill_since", 0, np.int32),
                ("wish_at", n + 1, np.int64),
                ("wish", 0, np.int32),
                ("wish_avoids", 0, np.int8),
            )
        }
        return cls(tuple(ids), tuple(counties), tuple(codes), **dense, **lists, **columns)

    @classmethod
    def from_values(cls, people: Iterable[Person]) -> Self:
        """People from one value each, in the order given."""
        people = tuple(people)
        counties = tuple(sorted({person.county for person in people}))
        codes = tuple(
            sorted(
                {skill.occupation for person in people for skill in person.skills}
                | {code for person in people for code in person.wanted | person.avoided}
            )
        )
        county_at = {county: at for at, county in enumerate(counties)}
        code_at = {code: at for at, code in enumerate(codes)}
        skills = [skill for person in people for skill in person.skills]
        wishes = [
            (code_at[code], avoids)
            for person in people
            for avoids, some in ((0, person.wanted), (1, person.avoided))
            for code in sorted(some)
        ]
        return cls.from_columns(
            [person.id for person in people],
            counties,
            codes,
            capacity=_known([[p.can(d.key) for d in DIMENSIONS] for p in people], len(DIMENSIONS)),
            facts=_known([[p.facts.get(fact) for fact in FACT_AT] for p in people], len(FACTS)),
            declined=[bits(p.declined, ACCOMMODATION_AT) for p in people],
            county=[county_at[p.county] for p in people],
            may_work_from=[p.may_work_from.toordinal() if p.may_work_from else -1 for p in people],
            available_from=[ordinal(p.available_from) for p in people],
            education=[UNKNOWN if p.education is None else p.education for p in people],
            least_wage_yuan=[p.least_wage_yuan for p in people],
            most_km=[UNKNOWN if p.most_km is None else p.most_km for p in people],
            relocates=[p.relocates for p in people],
            modes=[bits(p.modes, MODES) for p in people],
            shifts=[bits(p.shifts, SHIFTS) for p in people],
            dorm=[p.dorm for p in people],
            musts=[bits(p.musts, MUSTS) for p in people],
            waiting_since=[ordinal(p.waiting_since) for p in people],
            skill_at=offsets([len(p.skills) for p in people]),
            skill=[code_at[skill.occupation] for skill in skills],
            skill_level=[int(skill.level) for skill in skills],
            skill_since=[ordinal(skill.since) for skill in skills],
            wish_at=offsets([len(p.wanted) + len(p.avoided) for p in people]),
            wish=[code for code, _ in wishes],
            wish_avoids=[avoids for _, avoids in wishes],
            remarks=tuple(_remarks(people)),
        )


def _remarks(people: Sequence[Person]) -> Iterable[tuple[int, str, int, bool]]:
    for at, person in enumerate(people):
        orders = person.avoided_orders | {order for order, _ in person.confirmed}
        for order in sorted(orders):
            safe = bits({key for one, key in person.confirmed if one == order}, DIMENSION_AT)
            yield at, order, safe, order in person.avoided_orders


def bits(words: Iterable[str], vocabulary: Mapping[str, int] | Sequence[str]) -> int:
    """One bit for each word, at its place in the vocabulary."""
    at = vocabulary if isinstance(vocabulary, Mapping) else {w: i for i, w in enumerate(vocabulary)}
    return sum(1 << at[word] for word in set(words))


def ordinal(day: date | None) -> int:
    """Days as whole numbers; 0 for a day that isn't set."""
    return day.toordinal() if day else 0


def offsets(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each list begins in the flat column, and where the last one ends."""
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64)


def _known(rows: Sequence[Sequence[int | bool | None]], width: int) -> NDArray[np.int8]:
    known = [[UNKNOWN if cell is None else int(cell) for cell in row] for row in rows]
    return np.array(known, np.int8).reshape(-1, width)
