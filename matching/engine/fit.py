"""Whether one pair fits: demands in words of thirteen fields, skills, dates, education.

A field holds 0..4 in four bits and leaves its top bit free. With the top bits of the capacity set,
one subtraction compares thirteen fields: a field that is too small borrows its own top bit and no
other's, so one mask tells whether all are met.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.compiled import njit
from matching.engine.market import OrderSide, PeopleSide, Tables

Array = NDArray[Any]

TOP = np.uint64(0x8888888888888)  # the free bit of each of 13 fields
FOURS = np.uint64(0x4444444444444)
THREES = np.uint64(0x3333333333333)
BIT_3 = np.uint64(3)
SEVEN = np.uint64(7)
FIFTEEN = np.uint64(15)
ONE = np.uint64(1)

NOT_NOW, CONFIRM, TRAINING, ACCOMMODATION, NOW = range(5)


@njit
def met(capacity: Array, p: int, demand: Array, o: int) -> bool:
    """Whether no field of the demand is above the capacity: no subtraction borrows a top bit."""
    kept = ((capacity[p, 0] | TOP) - demand[o, 0]) & ((capacity[p, 1] | TOP) - demand[o, 1])
    return bool((kept & ((capacity[p, 2] | TOP) - demand[o, 2])) & TOP == TOP)


@njit
def lowered(demand: Any, by: Any) -> Any:
    """Each field less the other, floored at 0: a field keeps its bits if its top bit survives."""
    rest = (demand | TOP) - by
    return rest & (((rest & TOP) >> BIT_3) * SEVEN)


@njit
def joined(one: Any, other: Any) -> Any:
    """Each field plus the other, at most 4: adding 3 lifts only what is above 4 to the top bit."""
    total = one + other
    above = (((total + THREES) & TOP) >> BIT_3) * FIFTEEN
    return (total & ~above) | (FOURS & above)


@njit
def relax(
    posts: OrderSide, tables: Tables, o: int, helped: Any, counts: Array, left: Array
) -> None:
    """Writes what the accommodations that help leave of the demands of order o."""
    for word in range(3):
        left[0, word] = np.uint64(0)
    for at in range(posts.aid_at[o], posts.aid_at[o + 1]):
        aid = posts.aid[at]
        if (helped >> np.uint64(aid)) & ONE:
            for word in range(3):
                left[0, word] = joined(left[0, word], tables.relaxes[aid, word])
    for word in range(3):
        left[0, word] = lowered(posts.demand[o, word], left[0, word] & counts[word])


# One pair


@njit
def schooling(posts: OrderSide, o: int, held: Array) -> int:
    """2 when every required skill is held, 1 when the class teaches the missing ones, else 0."""
    answer = 2
    for at in range(posts.need_at[o], posts.need_at[o + 1]):
        if held[posts.need[at]] <= posts.need_level[at]:  # held counts from 1
            if not posts.need_taught[at]:
                return 0
            answer = 1
    return answer


@njit
def fitting(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    p: int,
    o: int,
    held: Array,
    counts: Array,
    left: Array,
) -> int:
    """TRAINING, ACCOMMODATION or NOW where the low evaluation holds, else NOT_NOW.

    `counts` masks the fields in which relaxations count for certain; `left` is scratch.
    """
    capacity = side.low
    met_bare = met(capacity, p, posts.demand, o)
    if not met_bare and not met(capacity, p, posts.eased, o):
        return NOT_NOW
    skilled = schooling(posts, o, held)
    in_time = side.dates[p, 0] <= posts.dates[o, 0] and side.dates[p, 1] <= posts.dates[o, 1]
    if not in_time or side.education[p, 0] < posts.education[o] or skilled == 0:
        return NOT_NOW
    if met_bare:
        return NOW if skilled == 2 else TRAINING
    relax(posts, tables, o, side.helped[p, 0], counts, left)
    if met(capacity, p, left, 0):
        return ACCOMMODATION if skilled == 2 else TRAINING
    for word in range(3):
        left[0, word] = lowered(left[0, word], posts.gain[o, word])
    return TRAINING if met(capacity, p, left, 0) else NOT_NOW


@njit
def possible(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    p: int,
    o: int,
    held: Array,
    everything: Array,
    left: Array,
) -> bool:
    """Whether the high evaluation holds: every unknown taken for the pair."""
    if side.dates[p, 0] > posts.dates[o, 0] or side.dates[p, 2] > posts.dates[o, 1]:
        return False
    if side.education[p, 1] < posts.education[o] or schooling(posts, o, held) == 0:
        return False
    capacity = side.high
    if not met(capacity, p, posts.eased, o):
        return False
    relax(posts, tables, o, side.helped[p, 1], everything, left)
    for word in range(3):
        left[0, word] = lowered(left[0, word], posts.gain[o, word])
    return met(capacity, p, left, 0)
