"""People in packed columns of which a few can be put in, changed or taken out at any time.

It holds only what decides a bin: 110 bytes a person and the short lists of skills and wishes.
A place that was emptied is cleared at once, so that nothing of who left stays behind, and is used
again. Not to be changed by one thread while another reads it: the owner sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine.market import FAR_FUTURE, helped, packed
from matching.engine.people import People
from matching.engine.scores import NEAR_KM, Distances
from matching.engine.vocabulary import MAX_LEVEL

Array = NDArray[Any]
FIRST_ROOM: Final = 1024  # places of an empty crowd; it grows by half
ANY_EDUCATION: Final = 127


class Columns(NamedTuple):
    """What a sweep reads of each place; `here` is false for an empty one."""

    here: Array  # (n,) bool
    low: Array  # (n, 3) uint64 capacities, unknown as 0
    high: Array  # (n, 3) uint64 capacities, unknown as 4
    helped: Array  # (n, 2) uint64 accommodations that help for certain, and perhaps
    dates: Array  # (n, 3) int32 available; may work, at worst and at best
    education: Array  # (n, 2) int8 at worst and at best
    county: Array  # (n,) int32 into the rows of the distances
    wage: Array  # (n,) int32 least wage in yuan
    most_km: Array  # (n,) int32
    flags: Array  # (n, 5) int8 relocates, modes, shifts, dorm, musts
    skills: Array  # (n, 2) int32 where the skills begin and end in `skill`
    wishes: Array  # (n, 2) int32 likewise in `wish`


class Lists(NamedTuple):
    """Skills and wishes of everybody, one after the other; who changed has new ones at the end."""

    skill: Array  # int32 code
    skill_level: Array  # int8
    wish: Array  # int32 code
    wish_avoids: Array  # int8


class Crowd:
    """People by id. `put` packs, `drop` forgets; `codes` numbers every occupation that was seen."""

    def __init__(self, distances: Distances) -> None:
        self.distances = distances
        self.codes: dict[str, int] = {}
        self.columns = _empty(FIRST_ROOM)
        self.lists = Lists(*(np.zeros(0, kind) for kind in (np.int32, np.int8, np.int32, np.int8)))
        self._at: dict[str, int] = {}
        self._free = list(range(FIRST_ROOM - 1, -1, -1))
        self._remarks: dict[str, dict[int, tuple[int, bool]]] = {}  # by order, by place
        self._noted: dict[int, list[str]] = {}  # the orders of which a place has remarks

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, name: object) -> bool:
        return name in self._at

    @property
    def bytes(self) -> int:
        """Memory of the packed columns and lists."""
        return sum(column.nbytes for column in (*self.columns, *self.lists))

    def remarks(self, order: str) -> Mapping[int, tuple[int, bool]]:
        """By place, what is noted of this order: dimensions confirmed safe as bits, avoided."""
        return self._remarks.get(order, {})

    def put(self, people: People) -> None:
        """Adds these people, or replaces those of the same id. Raises Refusal for unknown counties."""
        fresh = _packed(people, self.distances)
        at = self._places(people.ids)
        codes = np.array([self._code(one) for one in people.codes], np.int32).reshape(-1)
        skills, wishes = len(self.lists.skill), len(self.lists.wish)
        self.lists = Lists(
            np.append(self.lists.skill, codes[people.skill]),
            np.append(self.lists.skill_level, people.skill_level),
            np.append(self.lists.wish, codes[people.wish]),
            np.append(self.lists.wish_avoids, people.wish_avoids),
        )
        fresh["skills"] = _spans(people.skill_at) + skills
        fresh["wishes"] = _spans(people.wish_at) + wishes
        for name, column in fresh.items():
            getattr(self.columns, name)[at] = column
        for place in at.tolist():
            self._forget_remarks(place)
        for person, order, safe, avoid in people.remarks:
            place = int(at[person])
            self._remarks.setdefault(order, {})[place] = (safe, avoid)
            self._noted.setdefault(place, []).append(order)
        self._tidy()

    def drop(self, ids: Iterable[str]) -> None:
        """Forgets these people; an id that isn't here is passed over."""
        for name in ids:
            place = self._at.pop(name, None)
            if place is not None:
                for column in self.columns:
                    column[place] = 0
                self._forget_remarks(place)
                self._free.append(place)

    def _places(self, ids: tuple[str, ...]) -> NDArray[np.int64]:
        new = [name for name in ids if name not in self._at]
        while len(self._free) < len(new):
            room = len(self.columns.here)
            more = room // 2
            self.columns = Columns(
                *(
                    np.concatenate((c, np.zeros((more, *c.shape[1:]), c.dtype)))
                    for c in self.columns
                )
            )
            self._free = [*range(room + more - 1, room - 1, -1), *self._free]
        for name in new:
            self._at[name] = self._free.pop()
        return np.array([self._at[name] for name in ids], np.int64)

    def _code(self, code: str) -> int:
        return self.codes.setdefault(code, len(self.codes))

    def _forget_remarks(self, place: int) -> None:
        for order in self._noted.pop(place, ()):
            noted = self._remarks[order]
            noted.pop(place, None)
            if not noted:
                del self._remarks[order]

    def _tidy(self) -> None:
        """Writes the lists anew once most of what stands there belongs to nobody."""
        columns = self.columns
        spans = (columns.skills, columns.wishes)
        used = [int((span[:, 1] - span[:, 0]).sum()) for span in spans]
        kept, offered = sum(used), len(self.lists.skill) + len(self.lists.wish)
        if offered <= 2 * kept + FIRST_ROOM:
            return
        lists: list[Array] = []
        for span, parts in zip(spans, (self.lists[:2], self.lists[2:]), strict=True):
            lengths = span[:, 1] - span[:, 0]
            begins = np.concatenate(([0], np.cumsum(lengths)))[:-1]
            source = np.repeat(span[:, 0] - begins, lengths) + np.arange(lengths.sum())
            lists += [part[source] for part in parts]
            span[:, 0], span[:, 1] = begins, begins + lengths
        self.lists = Lists(*lists)


def _empty(room: int) -> Columns:
    kinds = {
        "here": (np.bool_, ()),
        "low": (np.uint64, (3,)),
        "high": (np.uint64, (3,)),
        "helped": (np.uint64, (2,)),
        "dates": (np.int32, (3,)),
        "education": (np.int8, (2,)),
        "county": (np.int32, ()),
        "wage": (np.int32, ()),
        "most_km": (np.int32, ()),
        "flags": (np.int8, (5,)),
        "skills": (np.int32, (2,)),
        "wishes": (np.int32, (2,)),
    }
    return Columns(**{name: np.zeros((room, *more), kind) for name, (kind, more) in kinds.items()})


def _packed(people: People, distances: Distances) -> dict[str, Array]:
    unknown = people.capacity < 0
    may_work, education = people.may_work_from, people.education
    counties = np.array([distances.place(county) for county in people.counties], np.int32)
    flags = (people.relocates, people.modes, people.shifts, people.dorm, people.musts)
    worst, best = np.where(may_work < 0, FAR_FUTURE, may_work), may_work
    return {
        "here": np.ones(len(people), np.bool_),
        "low": packed(np.where(unknown, 0, people.capacity)),
        "high": packed(np.where(unknown, MAX_LEVEL, people.capacity)),
        "helped": helped(people),
        "dates": np.stack((people.available_from, worst, best), axis=1),
        "education": np.stack(
            (np.maximum(education, 0), np.where(education < 0, ANY_EDUCATION, education)), axis=1
        ),
        "county": counties[people.county],
        "wage": people.least_wage_yuan,
        "most_km": np.where(people.most_km < 0, NEAR_KM, people.most_km),
        "flags": np.stack(flags, axis=1),
    }


def _spans(offsets: Array) -> NDArray[np.int32]:
    return np.stack((offsets[:-1], offsets[1:]), axis=1).astype(np.int32)
