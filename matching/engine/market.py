"""A market as arrays: every table looked up, every word packed, ready for the kernel.

Thirty-nine demands of four bits each stand in three 64-bit words, thirteen fields a word; the top
bit of each field stays free so that one subtraction compares all of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine import scores
from matching.engine.orders import Orders
from matching.engine.people import People, offsets
from matching.engine.scores import Distances
from matching.engine.vocabulary import (
    ACCOMMODATIONS,
    DIMENSION_AT,
    DIMENSIONS,
    FACT_AT,
    MAX_LEVEL,
    SHIFTS,
)

Array = NDArray[Any]

FIELD_BITS: Final = 4
FIELDS_A_WORD: Final = 13
WORDS: Final = 3
FAR_FUTURE: Final = 2**31 - 1


class PeopleSide(NamedTuple):
    """What the kernel reads of each person."""

    low: Array  # (n, 3) uint64 capacities, unknown as 0
    high: Array  # (n, 3) uint64 capacities, unknown as 4
    helped: Array  # (n, 2) uint64 accommodations that help for certain, and perhaps
    dates: Array  # (n, 3) int32 available; may work, at worst and at best
    education: Array  # (n, 2) int8 at worst and at best
    county: Array  # (n,) int32 into the rows of `km`
    wage: Array  # (n,) int32
    most_km: Array  # (n,) int32
    flags: Array  # (n, 5) int8 relocates, modes, shifts, dorm, musts
    skill_at: Array
    skill: Array
    skill_level: Array
    skill_recency: Array  # points
    wish_at: Array
    wish: Array
    wish_avoids: Array
    remark_at: Array  # (n + 1,)
    remark_order: Array
    remark_safe: Array  # (.., 3) uint64 fields confirmed safe, all bits of a field set
    remark_avoid: Array


class OrderSide(NamedTuple):
    """What the kernel reads of each order, sorted by id."""

    demand: Array  # (m, 3) uint64
    eased: Array  # (m, 3) uint64 what remains at best: every accommodation, class included
    gain: Array  # (m, 3) uint64
    aid_at: Array  # (m + 1,) accommodations provided, without the person's own aids
    aid: Array
    dates: Array  # (m, 2) int32 starts, work from
    education: Array  # (m,) int8
    occupation: Array  # (m,) int32 into the columns of `kin`
    place: Array  # (m,) int32 into `places`
    terms: Array  # (m,) int32 into `terms`: mode × shift × dorm
    wage: Array  # (m,) int32 into `wages`
    quality: Array  # (m,) int32 points of contract, insurance and base
    taught: Array  # (m,) int32 points of the order's own class
    need_at: Array
    need: Array
    need_level: Array
    need_taught: Array
    prefer_at: Array
    prefer: Array


class Tables(NamedTuple):
    """What both sides look up."""

    relaxes: Array  # (49, 3) uint64
    ordinary: Array  # (3,) uint64 every bit of the fields that aren't safety-critical
    kin: Array  # (codes, occupations) int8
    km: Array  # (counties, counties) int32
    places: Array  # (places, 3) int32 county, home, dorm
    terms: Array  # (24, 3) int32 mode, shift, dorm
    wages: Array  # (wages,) int32 yuan
    sigmoid: Array


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """People and orders facing each other on a day.

    Orders are held sorted by id and `order_at` tells where each stood; people stay where they
    are and `rank` holds their numbers by id, so that ties never depend on the order of the input.
    """

    people: People
    orders: Orders
    as_of: date
    side: PeopleSide
    posts: OrderSide
    tables: Tables
    rank: NDArray[np.int64]
    order_at: NDArray[np.int64]
    bonus: NDArray[np.int64]
    seats: NDArray[np.int64]

    @classmethod
    def of(cls, people: People, orders: Orders, distances: Distances, as_of: date) -> Market:
        """The market of these people and orders on a day. Raises Refusal for unknown counties."""
        order_at = _by_id(orders.ids)
        orders = orders.take(order_at)
        codes = _codes(people, orders)
        posts, tables = _posts(orders, distances, codes)
        return cls(
            people,
            orders,
            as_of,
            _side(people, orders, distances, codes, as_of),
            posts,
            tables,
            _by_id(people.ids),
            order_at,
            scores.waiting_bonus(people.waiting_since, as_of.toordinal()),
            _usable(people, orders),
        )

    def facing(self, orders: Orders, distances: Distances) -> Market:
        """The same people before other orders, without packing the people again."""
        order_at = _by_id(orders.ids)
        orders = orders.take(order_at)
        codes = _codes(self.people, orders)
        posts, tables = _posts(orders, distances, codes)
        code_at = _places_of(self.people.codes, codes)
        side = self.side._replace(
            skill=code_at[self.people.skill],
            wish=code_at[self.people.wish],
            **_remarks(self.people, orders),
        )
        return replace(
            self,
            orders=orders,
            side=side,
            posts=posts,
            tables=tables,
            order_at=order_at,
            seats=_usable(self.people, orders),
        )

    def before(self, people: People, distances: Distances) -> Market:
        """The same orders before other people, without packing the orders again."""
        known = _codes(self.people, self.orders)
        new = sorted(set(people.codes) - set(known))
        own = [self.orders.codes[one] for one in np.unique(self.orders.occupation)]
        kin = [[scores.kinship(code, job) for job in own] for code in new]
        rows = np.array(kin, np.int8).reshape(len(new), len(own))
        return replace(
            self,
            people=people,
            side=_side(people, self.orders, distances, (*known, *new), self.as_of),
            tables=self.tables._replace(kin=np.concatenate((self.tables.kin, rows))),
            rank=_by_id(people.ids),
            bonus=scores.waiting_bonus(people.waiting_since, self.as_of.toordinal()),
            seats=_usable(people, self.orders),
        )


def packed(levels: Array) -> NDArray[np.uint64]:
    """(…, 39) levels 0..15 as (…, 3) words."""
    levels = np.asarray(levels)
    fields = np.zeros((*levels.shape[:-1], WORDS * FIELDS_A_WORD), np.uint64)
    fields[..., : levels.shape[-1]] = levels
    shifts = np.arange(FIELDS_A_WORD, dtype=np.uint64) * np.uint64(FIELD_BITS)
    words = fields.reshape(*levels.shape[:-1], WORDS, FIELDS_A_WORD) << shifts
    joined: NDArray[np.uint64] = np.bitwise_or.reduce(words, axis=-1)
    return joined


def _usable(people: People, orders: Orders) -> NDArray[np.int64]:
    """Seats, no more than there are people: the rest would only loosen the bound."""
    return np.minimum(orders.seats, len(people)).astype(np.int64)


def _codes(people: People, orders: Orders) -> tuple[str, ...]:
    return tuple(sorted(set(people.codes) | set(orders.codes)))


def _by_id(ids: Sequence[str]) -> NDArray[np.int64]:
    return np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)


def _places_of(codes: Sequence[str], among: Sequence[str]) -> NDArray[np.int32]:
    at = {code: place for place, code in enumerate(among)}
    return np.array([at[code] for code in codes], np.int32).reshape(-1)


def _relaxes() -> NDArray[np.int8]:
    table = np.zeros((len(ACCOMMODATIONS), len(DIMENSIONS)), np.int8)
    for at, one in enumerate(ACCOMMODATIONS):
        for key, levels in one.relaxes.items():
            table[at, DIMENSION_AT[key]] = 0 if one.in_capacity else levels
    return table


RELAXES: Final = _relaxes()


def helped(people: People) -> NDArray[np.uint64]:
    """Bits of the accommodations that would help each person, (n, 2): known to, and at most."""
    bits = np.zeros((len(people), 2), np.uint64)
    for at, one in enumerate(ACCOMMODATIONS):
        facts = people.facts[:, [FACT_AT[fact] for fact in one.requires]]
        bit = np.uint64(1 << at)
        bits[:, 0] |= np.where((facts == 1).all(axis=1), bit, np.uint64(0))
        bits[:, 1] |= np.where((facts != 0).all(axis=1), bit, np.uint64(0))
    return bits & ~people.declined[:, None]


def _side(
    people: People, orders: Orders, distances: Distances, codes: Sequence[str], as_of: date
) -> PeopleSide:
    unknown = people.capacity < 0
    may_work, education = people.may_work_from, people.education
    flags = (people.relocates, people.modes, people.shifts, people.dorm, people.musts)
    counties = np.array([distances.place(county) for county in people.counties], np.int32)
    code_at = _places_of(people.codes, codes)
    return PeopleSide(
        low=packed(np.where(unknown, 0, people.capacity)),
        high=packed(np.where(unknown, MAX_LEVEL, people.capacity)),
        helped=helped(people),
        dates=np.stack(
            (people.available_from, np.where(may_work < 0, FAR_FUTURE, may_work), may_work), axis=1
        ).astype(np.int32),
        education=np.stack(
            (np.maximum(education, 0), np.where(education < 0, 127, education)),
            axis=1,
        ).astype(np.int8),
        county=counties[people.county],
        wage=people.least_wage_yuan,
        most_km=np.where(people.most_km < 0, scores.NEAR_KM, people.most_km).astype(np.int32),
        flags=np.stack(flags, axis=1).astype(np.int8),
        skill_at=people.skill_at,
        skill=code_at[people.skill],
        skill_level=people.skill_level,
        skill_recency=_recency(people.skill_since, as_of.toordinal()),
        wish_at=people.wish_at,
        wish=code_at[people.wish],
        wish_avoids=people.wish_avoids,
        **_remarks(people, orders),
    )


def _recency(since: NDArray[np.int32], as_of: int) -> NDArray[np.int32]:
    months = np.maximum(0, as_of - since.astype(np.int64)) // scores.DAYS_A_MONTH
    dated = np.array(scores.RECENCY_POINTS)[
        np.searchsorted(scores.RECENCY_MONTHS, months, side="right")
    ]
    return np.where(since == 0, scores.UNDATED_POINTS, dated).astype(np.int32)


def _remarks(people: People, orders: Orders) -> dict[str, Array]:
    noted = {order for _, order, _, _ in people.remarks}
    places: dict[str, list[int]] = {}
    for at, name in enumerate(orders.ids):
        if name in noted:
            places.setdefault(name, []).append(at)
    rows = sorted(
        (person, at, safe, avoid)
        for person, order, safe, avoid in people.remarks
        for at in places.get(order, ())
    )
    people_noted = np.array([row[0] for row in rows], np.int64)
    counts = np.bincount(people_noted, minlength=len(people))
    safe_fields = [[(row[2] >> d & 1) * 15 for d in range(len(DIMENSIONS))] for row in rows]
    return {
        "remark_at": offsets(counts),
        "remark_order": np.array([row[1] for row in rows], np.int64),
        "remark_safe": packed(np.array(safe_fields).reshape(-1, len(DIMENSIONS))),
        "remark_avoid": np.array([row[3] for row in rows], np.int8),
    }


def _posts(orders: Orders, distances: Distances, codes: Sequence[str]) -> tuple[OrderSide, Tables]:
    counties = np.array([distances.place(county) for county in orders.counties], np.int32)
    home = orders.mode == 1
    sites = np.stack((counties[orders.county] * ~home, home, orders.dorm), axis=1)
    places, place = np.unique(sites.astype(np.int32), axis=0, return_inverse=True)
    wages, wage = np.unique(orders.wage_yuan, return_inverse=True)
    own, occupation = np.unique(orders.occupation, return_inverse=True)
    code_at = _places_of(orders.codes, codes)
    kin = [[scores.kinship(code, orders.codes[one]) for one in own] for code in codes]
    terms = [[mode, shift, dorm] for mode in range(3) for shift in range(4) for dorm in range(2)]
    critical = np.array([dimension.safety_critical for dimension in DIMENSIONS])
    aid_at, aid = _aids(orders)
    posts = OrderSide(
        demand=packed(orders.demand),
        eased=packed(_eased(orders)),
        gain=packed(orders.gain),
        aid_at=aid_at,
        aid=aid,
        dates=np.where(
            (days := np.stack((orders.starts_on, orders.work_from), axis=1)) > 0, days, FAR_FUTURE
        ).astype(np.int32),
        education=orders.education,
        occupation=occupation.reshape(-1).astype(np.int32),
        place=place.reshape(-1).astype(np.int32),
        terms=((orders.mode.astype(np.int32) * len(SHIFTS)) + orders.shift) * 2 + orders.dorm,
        wage=wage.reshape(-1).astype(np.int32),
        quality=_quality(orders),
        taught=np.where(orders.teaches_own, scores.TAUGHT_POINTS, scores.UNSKILLED_POINTS).astype(
            np.int32
        ),
        need_at=orders.need_at,
        need=code_at[orders.need],
        need_level=orders.need_level,
        need_taught=orders.need_taught,
        prefer_at=orders.prefer_at,
        prefer=code_at[orders.prefer],
    )
    tables = Tables(
        relaxes=packed(RELAXES),
        ordinary=packed(np.where(critical, 0, 15)),
        kin=np.array(kin, np.int8).reshape(len(codes), len(own)),
        km=distances.km.astype(np.int32),
        places=places.reshape(-1, 3),
        terms=np.array(terms, np.int32),
        wages=wages.astype(np.int32),
        sigmoid=np.array(scores.SIGMOID, np.int64),
    )
    return posts, tables


def _provided(orders: Orders) -> NDArray[np.float32]:
    bits = orders.offered[:, None] >> np.arange(len(ACCOMMODATIONS), dtype=np.uint64)
    return (bits & np.uint64(1)).astype(np.float32)


def _aids(orders: Orders) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    useful = _provided(orders) * RELAXES.any(axis=1)
    return offsets(np.count_nonzero(useful, axis=1)), np.nonzero(useful)[1].astype(np.int64)


def _eased(orders: Orders) -> Array:
    relaxed = (_provided(orders) @ RELAXES.astype(np.float32)).astype(np.int32)
    relaxed = np.minimum(relaxed, MAX_LEVEL)
    eased: Array = np.maximum(0, orders.demand - relaxed - orders.gain)
    return eased


def _quality(orders: Orders) -> NDArray[np.int32]:
    contract = [
        scores.CONTRACT_POINTS[bisect_right(scores.CONTRACT_MONTHS, int(months))]
        for months in orders.contract_months
    ]
    insured = np.array(scores.INSURED_POINTS)[orders.insured]
    quality: Array = scores.P_BASE + np.array(contract, np.int32) + insured
    return quality.astype(np.int32)
