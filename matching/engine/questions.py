"""What would move the most: the questions to ask first, and the training to offer where.

A pair that turns out to fit, or comes to fit by a class, can raise the value of the whole market
by at most v - u_p - π_o: raise u_p by as much and the prices still clear the market (weak
duality). So at *any* prices these are upper bounds, each of one pair alone and up to the slack
of the prices; at the lowest ones, where u is highest, they are the tightest a price can give.
What a class surely adds is bounded from below by people without a seat on seats that are free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.engine import kernel
from matching.engine.bins import Bin
from matching.engine.market import Market
from matching.engine.orders import Orders
from matching.engine.prices import Worth
from matching.engine.scores import Distances

Array = NDArray[Any]
Whole = NDArray[np.int64]

PAIRS_A_BLOCK: Final = 2_000_000  # judged at a time, which is what memory is asked for
PAIRS_A_STEP: Final = 1_000  # whose person or seats are gone are passed over so many at a time


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A pair that its unknowns decide; `worth`, in millionths, is the most its answers can add.

    `person` and `order` are places as given.
    """

    person: int
    order: int
    worth: int


def worth_asking(market: Market, worth: Worth) -> tuple[ToAsk, ...]:
    """The questions that staff should ask first, dearest first.

    Per person the best pair that needs confirmation, with the unknowns taken for it; per order no
    more people than it has seats, for the rest could not be placed there together.
    """
    price = worth.prices[market.order_at]
    found: list[tuple[int, int, int]] = []
    for chosen in _blocks(market.rank, len(market.orders)):
        bins, value = _judged(market, chosen)
        extra = np.where(bins == Bin.CONFIRM, value - price - worth.surplus[chosen, None], 0)
        if not extra.shape[1]:
            break
        at = extra.argmax(axis=1)
        best = extra[np.arange(len(chosen)), at]
        found += [
            (-int(best[row]), int(chosen[row]), int(at[row])) for row in np.flatnonzero(best > 0)
        ]
    place = np.argsort(market.rank)
    left = market.seats.copy()
    told = []
    for less, person, at in sorted(found, key=lambda one: (one[0], place[one[1]])):
        if left[at]:
            left[at] -= 1
            told.append(ToAsk(person, int(market.order_at[at]), -less))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Course:
    """A class that could be offered: what would be learnt, to which level of `Level`."""

    occupation: str
    level: int


@dataclass(frozen=True, slots=True)
class Training:
    """A class in a county, taken by itself: values in millionths of the whole market.

    `fills` people without a seat would take seats that are free now, which adds `at_least`;
    nothing that the class makes possible adds more than `at_most`, plus the prices' slack.
    """

    course: Course
    county: str
    fills: int
    at_least: int
    at_most: int


def training_worth(
    market: Market, worth: Worth, order_of: Whole, distances: Distances
) -> tuple[Training, ...]:
    """The classes that would fill the most free seats, by county and course, most seats first.

    `order_of` is the allotment's. A course opens every order that asks for its skill at no higher
    level and whose own class doesn't teach it; everybody of the county may take part.
    """
    taught = _taught(market.orders)
    if not len(taught.order) or not len(market.people):
        return ()
    facing = market.facing(taught.orders, distances)
    column = facing.order_at  # of the courses' tables, for each sorted place of `facing`
    order, price = taught.order[column], worth.prices[market.order_at]
    taken = np.bincount(order_of[order_of >= 0], minlength=len(market.orders))
    free = np.maximum(0, market.seats - taken[market.order_at])
    told = []
    for county, residents in _residents(market):
        value = np.concatenate(
            [_trained(facing, chosen) for chosen in _blocks(residents, len(column))]
        )
        extra = np.maximum(0, value - price[order] - worth.surplus[residents, None])
        alone = np.where((order_of[residents] < 0)[:, None], value, 0)
        for course, opened in taught.courses.items():
            mine = np.flatnonzero(opened[column])
            most = int(extra[:, mine].max(axis=1).sum())
            if most:
                fills, least = _filled(alone[:, mine], order[mine], free)
                told.append(Training(course, county, fills, least, most))
    told.sort(key=lambda one: (-one.fills, -one.at_most, one.county, one.course.occupation))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a course would do for one person: how many orders it opens, best ones first."""

    course: Course
    orders: tuple[int, ...]  # places as given


def opened_by_training(market: Market, person: int, distances: Distances) -> tuple[Opened, ...]:
    """The courses that open openings to this person, the one that opens most first."""
    taught = _taught(market.orders)
    if not len(taught.order):
        return ()
    facing = market.facing(taught.orders, distances)
    value = _trained(facing, np.array([person]))[0]
    before = kernel.judge(market, np.array([person]))[0][0]
    order = taught.order[facing.order_at]
    new = np.where(before[order] < Bin.TRAINING, value, 0)
    told = []
    for course, opened in taught.courses.items():
        mine = np.flatnonzero(opened[facing.order_at] & (new > 0))
        ranked = mine[np.lexsort((order[mine], -new[mine]))]
        if len(mine):
            told.append(Opened(course, tuple(market.order_at[order[ranked]].tolist())))
    told.sort(key=lambda one: (-len(one.orders), one.course.occupation, one.course.level))
    return tuple(told)


# Pairs a block at a time


def _blocks(people: Whole, width: int) -> Iterator[Whole]:
    size = max(1, PAIRS_A_BLOCK // max(1, width))
    for start in range(0, len(people), size):
        yield people[start : start + size]


def _judged(market: Market, chosen: Whole) -> tuple[Array, Whole]:
    """Bins, and values with the waiting bonus, of the chosen before all orders."""
    bins, wants, hired = kernel.judge(market, chosen)
    return bins, wants.astype(np.int64) * hired + market.bonus[chosen, None]


def _trained(facing: Market, chosen: Whole) -> Whole:
    bins, value = _judged(facing, chosen)
    return np.where(bins >= Bin.TRAINING, value, 0)


def _residents(market: Market) -> Iterator[tuple[str, Whole]]:
    """The people of each county, by id."""
    county = market.people.county[market.rank]
    for at, name in enumerate(market.people.counties):
        residents = market.rank[county == at]
        if len(residents):
            yield name, residents


# Orders as they would be with a class


@dataclass(frozen=True, slots=True, eq=False)
class _Taught:
    """Each order once for every skill it asks for and nobody teaches, as if that were taught."""

    orders: Orders
    order: Whole  # the order's sorted place in the market
    courses: Mapping[Course, NDArray[np.bool_]]  # which of the rows a course opens


def _taught(orders: Orders) -> _Taught:
    of = np.repeat(np.arange(len(orders)), np.diff(orders.need_at))
    gaps = {
        (int(of[need]), int(orders.need[need])) for need in np.flatnonzero(orders.need_taught == 0)
    }
    rows = sorted(gaps)
    order = np.array([row[0] for row in rows], np.int64)
    code = np.array([row[1] for row in rows], np.int64)
    taken = orders.take(order)
    own = np.repeat(np.arange(len(rows)), np.diff(taken.need_at))
    learnt = taken.need == code[own]
    level = np.zeros(len(rows), np.int64)
    np.maximum.at(level, own[learnt], taken.need_level[learnt])
    would = replace(
        taken,
        need_taught=np.where(learnt, 1, taken.need_taught).astype(np.int8),
        teaches_own=np.where(taken.occupation == code, 1, taken.teaches_own).astype(np.int8),
    )
    courses = {
        Course(orders.codes[one], upto): (code == one) & (level <= upto)
        for one, upto in sorted(set(zip(code.tolist(), level.tolist(), strict=True)))
    }
    return _Taught(would, order, courses)


def _filled(value: Whole, order: Whole, free: Whole) -> tuple[int, int]:
    """How many of these people get one of the free seats, dearest pair first, and their value."""
    who, column = np.nonzero(value * (free[order] > 0))
    worth, at = value[who, column], order[column]
    ranked = np.lexsort((column, who, -worth))
    left, placed = free.copy(), np.zeros(len(value), np.bool_)
    fills = total = 0
    for start in range(0, len(ranked), PAIRS_A_STEP):
        step = ranked[start : start + PAIRS_A_STEP]
        for pair in step[~placed[who[step]] & (left[at[step]] > 0)].tolist():
            if not placed[who[pair]] and left[at[pair]]:
                placed[who[pair]] = True
                left[at[pair]] -= 1
                fills, total = fills + 1, total + int(worth[pair])
    return fills, total
