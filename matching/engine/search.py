"""Each person's best orders at given prices, over all pairs, most of which are never looked at.

Orders stand in groups that share occupation and teaching, by price within a group. For a person
and a group, U of no order is above that of the group's best wage in the best place on the best
terms, and P of none above that of its best contract: both sums of points are bounded term by term
and the sigmoid never falls, so

    ceiling(p, g) = U(best of every table) · P(best of the group) + bonus_p >= v_po  for o in g.

An order whose price is above ceiling(p, g) - least, where `least` is what the person's last place
is worth by now, cannot enter; nor can any behind it, since prices ascend. So what is skipped is
proven not to belong to the k best, and the answer is that of a search of every pair. What lies
within a person's reach is looked at first, county by county, and fills the places; what lies out of
reach is bounded apart, by the best of the places out of reach, and is seldom looked at then. Which
of equals is kept is settled by a number of its own, not by who was met first. All numbers are whole
and people don't touch each other: the answer is the same at any number of threads.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from matching.engine import scores
from matching.engine.compiled import njit, parallel, prange
from matching.engine.fit import NOT_NOW, fitting, met
from matching.engine.market import Market, OrderSide, PeopleSide, Tables
from matching.engine.people import offsets
from matching.engine.sight import heed, look, preferred, scratch

Array = NDArray[Any]

REACH: Final = scores.SIGMOID_REACH
BROKEN: Final = scores.EXCLUDED // 2  # points under which a must is broken or the job avoided
PEOPLE_A_BLOCK: Final = 64
SPREAD: Final = 40_503  # 2**16 over the golden ratio: neighbours begin far apart
NEVER: Final = 1 << 62
IN_REACH: Final = scores.U_BASE + scores.PLACE_POINTS["near"]  # points of a place, with the base


class Groups(NamedTuple):
    """Orders (all or some) by group and price; each array of the second part by that place."""

    start: Array  # (g + 1,)
    job: Array
    taught: Array
    best_wage: Array
    best_chance: Array  # points of contract and preferred skills
    order: Array
    group: Array
    price: Array
    place: Array
    terms: Array
    wage: Array
    quality: Array
    prefers: Array  # how many preferred skills count
    eased: Array  # (.., 3) demands that remain at best: who doesn't meet these meets no others
    begin: Array  # (places + 1,) the orders of a place are `within[begin[i]:begin[i + 1]]`
    within: Array  # numbers of the arrays above


class Found(NamedTuple):
    """Of each person asked about, the best first; -1 where fewer clear the floor.

    `rest` is the most that any order not named is worth above its price.
    """

    order: NDArray[np.int32]  # (n, k)
    value: NDArray[np.int32]  # (n, k)
    rest: NDArray[np.int64]  # (n,)


class Passes(Protocol):
    """Who does a pass: `search` here, or a cluster with the same bytes."""

    def __call__(
        self,
        market: Market,
        prices: NDArray[np.int64],
        k: int,
        *,
        people: NDArray[np.int64] | None = None,
        orders: NDArray[np.int64] | None = None,
        floor: NDArray[np.int64] | int = 0,
    ) -> Found:
        """As `search`."""


def grouped(market: Market, prices: NDArray[np.int64], chosen: NDArray[np.int64]) -> Groups:
    """The chosen orders, laid out for one search at these prices."""
    posts = market.posts
    key = posts.occupation[chosen].astype(np.int64) * (NEVER >> 32) + posts.taught[chosen]
    by = np.lexsort((chosen, prices[chosen], key))
    order, key = chosen[by], key[by]
    start = np.flatnonzero(np.diff(key, prepend=-NEVER))
    prefers = np.minimum(np.diff(posts.prefer_at), scores.PREFERRED_COUNTED)[order]
    first, place = order[start], posts.place[order]
    best_chance = posts.quality[order] + prefers * scores.PREFERRED_POINTS
    return Groups(
        start=np.append(start, len(order)),
        job=posts.occupation[first],
        taught=posts.taught[first],
        best_wage=np.maximum.reduceat(posts.wage[order], start) if len(order) else order,
        best_chance=np.maximum.reduceat(best_chance, start) if len(order) else order,
        order=order,
        group=np.repeat(np.arange(len(start)), np.diff(start, append=len(order))),
        price=prices[order],
        place=place,
        terms=posts.terms[order],
        wage=posts.wage[order],
        quality=posts.quality[order],
        prefers=prefers,
        eased=posts.eased[order],
        begin=offsets(np.bincount(place, minlength=len(market.tables.places))),
        within=np.argsort(place, kind="stable"),
    )


@njit
def _worth(sigmoid: Array, points: int, chances: int) -> int:
    """U·P in millionths of log-odds in hundredths."""
    u, c = min(max(points + REACH, 0), 2 * REACH), min(max(chances + REACH, 0), 2 * REACH)
    return int(sigmoid[u] * sigmoid[c])


@njit
def _ceilings(
    groups: Groups, sigmoid: Array, wished: Array, skilled: Array, wage: Array,
    best: int, bonus: int, ceiling: Array,
) -> None:  # fmt: skip
    """Fills the most that an order of each group may be worth; `best` of place and terms."""
    job, taught = groups.job, groups.taught
    best_wage, best_chance = groups.best_wage, groups.best_chance
    for g in range(len(ceiling)):
        points = best + wished[job[g]] + wage[best_wage[g]]
        chances = best_chance[g] + max(skilled[job[g]], taught[g])
        ceiling[g] = _worth(sigmoid, points, chances) + bonus if points >= BROKEN else -NEVER


@njit
def _farthest(place: Array) -> int:
    """The best points of a place that is out of reach."""
    best = scores.EXCLUDED
    for points in place:
        if best < points < IN_REACH:
            best = points
    return best


@njit
def _nearby(groups: Groups, place: Array, ceiling: Array, least: int, queue: Array) -> int:
    """Queues what is within reach and may be worth more than `least`; gives how many."""
    begin, within, price, group = groups.begin, groups.within, groups.price, groups.group
    size = 0
    for where in range(len(place)):
        if place[where] >= IN_REACH:
            for each in range(begin[where], begin[where + 1]):
                at = within[each]
                queue[size] = at
                size += ceiling[group[at]] - price[at] >= least
    return size


@njit
def _faraway(groups: Groups, place: Array, ceiling: Array, least: int, queue: Array) -> int:
    """The same for what is out of reach: in each group up to the price that nothing is worth."""
    start, price, at_place = groups.start, groups.price, groups.place
    size = 0
    for g in range(len(ceiling)):
        for at in range(start[g], start[g + 1]):
            if ceiling[g] - price[at] < least:
                break
            queue[size] = at
            size += place[at_place[at]] < IN_REACH
    return size


@njit
def _suits(
    side: PeopleSide, posts: OrderSide, tables: Tables, p: int, o: int, noted: bool, seen: Any
) -> bool:
    """Whether the order fits the person looked at, who has not declined it."""
    if noted and not heed(side, tables, p, o, seen):
        return False
    return fitting(side, posts, tables, p, o, seen.held, seen.counts, seen.left) != NOT_NOW


@njit
def _keep(
    net: Array, turn: Array, order: Array, value: Array, gain: int, its: int, o: int, worth: int
) -> None:
    """Puts an order in its place among the best; of equals the lower turn goes first."""
    at = len(net) - 1
    while at > 0 and (net[at - 1] < gain or (net[at - 1] == gain and turn[at - 1] > its)):
        net[at], turn[at] = net[at - 1], turn[at - 1]
        order[at], value[at] = order[at - 1], value[at - 1]
        at -= 1
    net[at], turn[at], order[at], value[at] = gain, its, o, worth


@parallel
def _search(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    groups: Groups,
    people: Array,
    bonus: Array,
    first: Array,
    floor: Array,
    order: Array,
    value: Array,
    rest: Array,
) -> None:
    n, k = order.shape
    m = len(posts.wage)
    sigmoid = tables.sigmoid
    for block in prange((n + PEOPLE_A_BLOCK - 1) // PEOPLE_A_BLOCK):
        seen = scratch(tables)
        # Plain arrays in the inner loop: handing on a tuple of them costs more than the look-ups.
        held, wished = seen.held, seen.wished
        place, terms, wage, skilled = seen.place, seen.terms, seen.wage, seen.skilled
        at_place, at_terms, at_wage, price = groups.place, groups.terms, groups.wage, groups.price
        group, job, taught, quality = groups.group, groups.job, groups.taught, groups.quality
        at_order, prefers, eased, low = groups.order, groups.prefers, groups.eased, side.low
        net, turn = np.zeros(k, np.int64), np.zeros(k, np.int64)
        ceiling, queue = np.zeros(len(job), np.int64), np.zeros(len(price) + 1, np.int64)
        for row in range(block * PEOPLE_A_BLOCK, min(n, (block + 1) * PEOPLE_A_BLOCK)):
            p = people[row]
            look(side, tables, p, seen)
            noted = side.remark_at[p] != side.remark_at[p + 1]
            net[:] = floor[row]
            turn[:] = -1  # an empty place is not left to an equal
            for far in range(2):
                best = terms.max() + (_farthest(place) if far else place.max())
                _ceilings(groups, sigmoid, wished, skilled, wage, best, bonus[p], ceiling)
                if far:
                    size = _faraway(groups, place, ceiling, net[k - 1], queue)
                else:
                    size = _nearby(groups, place, ceiling, net[k - 1], queue)
                for at in queue[:size]:
                    g = group[at]
                    points = place[at_place[at]] + terms[at_terms[at]] + wage[at_wage[at]]
                    points += wished[job[g]]
                    chances = quality[at] + max(skilled[job[g]], taught[g])
                    o = at_order[at]
                    chances += preferred(posts, o, held) if prefers[at] else 0
                    worth = _worth(sigmoid, points, chances) + bonus[p]
                    gain = worth - price[at]
                    if points < BROKEN or gain < net[k - 1] or not met(low, p, eased, at):
                        continue
                    its = (o - first[p]) % m
                    if gain == net[k - 1] and its >= turn[k - 1]:
                        continue
                    if _suits(side, posts, tables, p, o, noted, seen):
                        _keep(net, turn, order[row], value[row], gain, its, o, worth)
            rest[row] = net[k - 1]


def search(
    market: Market,
    prices: NDArray[np.int64],
    k: int,
    *,
    people: NDArray[np.int64] | None = None,
    orders: NDArray[np.int64] | None = None,
    floor: NDArray[np.int64] | int = 0,
) -> Found:
    """The k orders of each person that are worth most above their prices, and more than the floor.

    `people` and `orders` (by sorted position) narrow it to some of either; `floor` may differ by
    person asked about. Of equals each person prefers those after a place of their own in a ring:
    else people alike would all name the same few of orders alike.
    """
    n, m = len(market.people), len(market.orders)
    people = np.arange(n) if people is None else people
    orders = np.arange(m) if orders is None else orders
    order = np.full((len(people), k), -1, np.int32)
    value = np.zeros((len(people), k), np.int32)
    rest = np.zeros(len(people), np.int64)
    floors = np.broadcast_to(np.asarray(floor, np.int64), len(people)).copy()
    if not len(orders):
        return Found(order, value, floors)
    first = np.zeros(n, np.int64)
    first[market.rank] = np.arange(n) * SPREAD % max(1, m)
    _search(
        market.side,
        market.posts,
        market.tables,
        grouped(market, prices, orders),
        people.astype(np.int64),
        market.bonus,
        first,
        floors,
        order,
        value,
        rest,
    )
    return Found(order, value, rest)
