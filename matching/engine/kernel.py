"""Every person against every order, without ever holding the pairs.

Per person the tables of both scores become five short vectors (occupation twice, place, terms,
wage), so that the value of a pair is a handful of additions and two look-ups. Only a pair whose
value beats what the person already has is judged, and judging is a subtraction and a mask.
Whole numbers only and one person at a time: the result is the same at any number of threads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from matching.engine import scores
from matching.engine.market import Market, OrderSide, PeopleSide, Tables

Array = NDArray[Any]

TOP = np.uint64(0x8888888888888)  # the free bit of each of 13 fields
FOURS = np.uint64(0x4444444444444)
THREES = np.uint64(0x3333333333333)
BIT_3 = np.uint64(3)
SEVEN = np.uint64(7)
FIFTEEN = np.uint64(15)
ONE = np.uint64(1)

NOT_NOW, CONFIRM, TRAINING, ACCOMMODATION, NOW = range(5)
RELOCATES, MODES, SHIFTS, DORM, MUSTS = range(5)  # columns of PeopleSide.flags
MUST_WAGE, MUST_DISTANCE, MUST_MODE, MUST_SHIFT, MUST_DORM, MUST_OCCUPATION = (
    1 << bit for bit in range(6)
)

U_BASE = scores.U_BASE
HELD = np.array(scores.HELD_POINTS)
KIN = np.array(scores.KIN_POINTS)
UNSKILLED = scores.UNSKILLED_POINTS
WAGE_PERCENT = np.array(scores.WAGE_PERCENT)
WAGE_POINTS = np.array(scores.WAGE_POINTS)
HOME, OWN_COUNTY, NEAR, MOVE_DORM, MOVE, FAR = scores.PLACE_POINTS.values()
JOB_WANTED = scores.OCCUPATION_POINTS["wanted"]
JOB_RELATED = scores.OCCUPATION_POINTS["related"]
JOB_OTHER = scores.OCCUPATION_POINTS["other"]
MODE_WANTED, MODE_OTHER = scores.MODE_POINTS["wanted"], scores.MODE_POINTS["other"]
SHIFT_WANTED, SHIFT_OTHER = scores.SHIFT_POINTS["wanted"], scores.SHIFT_POINTS["other"]
DORM_WANTED, DORM_MISSING = scores.DORM_POINTS["wanted"], scores.DORM_POINTS["missing"]
PREFERRED, PREFERRED_COUNTED = scores.PREFERRED_POINTS, scores.PREFERRED_COUNTED
EXCLUDED = scores.EXCLUDED
REACH = scores.SIGMOID_REACH
PEOPLE_A_BLOCK = 64
SPREAD = 40_503  # 2**16 over the golden ratio: neighbours begin far apart


# Demands in words of thirteen fields


@njit(cache=True)
def met(capacity: Array, p: int, demand: Array, o: int) -> bool:
    """Whether no field of the demand is above the capacity: no subtraction borrows a top bit."""
    kept = ((capacity[p, 0] | TOP) - demand[o, 0]) & ((capacity[p, 1] | TOP) - demand[o, 1])
    return bool((kept & ((capacity[p, 2] | TOP) - demand[o, 2])) & TOP == TOP)


@njit(cache=True)
def lowered(demand: Any, by: Any) -> Any:
    """Each field less the other, floored at 0: a field keeps its bits if its top bit survives."""
    rest = (demand | TOP) - by
    return rest & (((rest & TOP) >> BIT_3) * SEVEN)


@njit(cache=True)
def joined(one: Any, other: Any) -> Any:
    """Each field plus the other, at most 4: adding 3 lifts only what is above 4 to the top bit."""
    total = one + other
    above = (((total + THREES) & TOP) >> BIT_3) * FIFTEEN
    return (total & ~above) | (FOURS & above)


@njit(cache=True)
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


@njit(cache=True)
def schooling(posts: OrderSide, o: int, held: Array) -> int:
    """2 when every required skill is held, 1 when the class teaches the missing ones, else 0."""
    answer = 2
    for at in range(posts.need_at[o], posts.need_at[o + 1]):
        if held[posts.need[at]] <= posts.need_level[at]:  # held counts from 1
            if not posts.need_taught[at]:
                return 0
            answer = 1
    return answer


@njit(cache=True)
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


@njit(cache=True)
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


# What one person makes of every table


@njit(cache=True)
def see_skills(side: PeopleSide, tables: Tables, p: int, held: Array, skilled: Array) -> None:
    """Fills levels held (from 1) by code, and points of skill by occupation."""
    held[:] = 0
    skilled[:] = UNSKILLED
    for at in range(side.skill_at[p], side.skill_at[p + 1]):
        code, level, recency = side.skill[at], side.skill_level[at], side.skill_recency[at]
        held[code] = max(held[code], level + 1)
        for job in range(len(skilled)):
            kin = tables.kin[code, job]
            if kin:
                points = (HELD[level] if kin == 3 else KIN[kin]) + recency
                skilled[job] = max(skilled[job], points)


@njit(cache=True)
def see_jobs(side: PeopleSide, tables: Tables, p: int, wished: Array) -> None:
    """Fills points of wish by occupation."""
    first, last = side.wish_at[p], side.wish_at[p + 1]
    wants = False
    for at in range(first, last):
        wants |= side.wish_avoids[at] == 0
    strict = side.flags[p, MUSTS] & MUST_OCCUPATION
    wished[:] = 0 if not wants else EXCLUDED if strict else JOB_OTHER
    for at in range(first, last):
        for job in range(len(wished)):
            kin = tables.kin[side.wish[at], job]
            if side.wish_avoids[at] == 0 and kin >= 2:
                wished[job] = max(wished[job], JOB_WANTED if kin == 3 else JOB_RELATED)
    for at in range(first, last):
        for job in range(len(wished)):
            if side.wish_avoids[at] and tables.kin[side.wish[at], job] == 3:
                wished[job] = EXCLUDED


@njit(cache=True)
def see_places(side: PeopleSide, tables: Tables, p: int, place: Array) -> None:
    """Fills points by place, the base of U among them."""
    far = EXCLUDED if side.flags[p, MUSTS] & MUST_DISTANCE else FAR
    home = side.county[p]
    for at in range(len(place)):
        county, at_home, dorm = tables.places[at]
        if at_home:
            points = HOME
        elif county == home:
            points = OWN_COUNTY
        elif tables.km[home, county] <= side.most_km[p]:
            points = NEAR
        elif side.flags[p, RELOCATES]:
            points = MOVE_DORM if dorm else MOVE
        else:
            points = far
        place[at] = U_BASE + points


@njit(cache=True)
def see_terms(side: PeopleSide, tables: Tables, p: int, terms: Array) -> None:
    """Fills points by work type, shift and dorm together."""
    musts = side.flags[p, MUSTS]
    modes, shifts = side.flags[p, MODES], side.flags[p, SHIFTS]
    for at in range(len(terms)):
        mode, shift, dorm = tables.terms[at]
        points = 0
        if modes:
            if (modes >> mode) & 1:
                points += MODE_WANTED
            else:
                points += EXCLUDED if musts & MUST_MODE else MODE_OTHER
        if shifts:
            if (shifts >> shift) & 1:
                points += SHIFT_WANTED
            else:
                points += EXCLUDED if musts & MUST_SHIFT else SHIFT_OTHER
        if side.flags[p, DORM]:
            if dorm:
                points += DORM_WANTED
            else:
                points += EXCLUDED if musts & MUST_DORM else DORM_MISSING
        terms[at] = points


@njit(cache=True)
def see_wages(side: PeopleSide, tables: Tables, p: int, wage: Array) -> None:
    """Fills points by wage; wages ascend, so one walk along the table's steps is enough."""
    wish = np.int64(side.wage[p])
    if wish == 0:
        wage[:] = 0
        return
    least = wish if side.flags[p, MUSTS] & MUST_WAGE else 0
    step = 0
    for at in range(len(wage)):
        yuan = np.int64(tables.wages[at])
        while step < len(WAGE_PERCENT) and yuan * 100 >= WAGE_PERCENT[step] * wish:
            step += 1
        wage[at] = EXCLUDED if yuan < least else WAGE_POINTS[step]


@njit(cache=True)
def likelihood(sigmoid: Array, points: int) -> int:
    """Thousandths of probability for a log-odds in hundredths."""
    return int(sigmoid[min(max(points, -REACH), REACH) + REACH])


@njit(cache=True)
def preferred(posts: OrderSide, o: int, held: Array) -> int:
    """Points for preferred skills that are held."""
    count = 0
    for at in range(posts.prefer_at[o], posts.prefer_at[o + 1]):
        count += held[posts.prefer[at]] > 0
    return min(count, PREFERRED_COUNTED) * PREFERRED


class Scratch(NamedTuple):
    """What one thread keeps of the person it looks at."""

    held: Array  # levels held, from 1, by code
    skilled: Array  # points of skill by occupation
    wished: Array  # points of wish by occupation
    place: Array
    terms: Array
    wage: Array
    counts: Array  # fields in which relaxations count for certain
    left: Array  # demands left by accommodations
    points: Array  # of U by order; far below reach where a must is broken or the job avoided
    chances: Array  # points of P by order


@njit(cache=True)
def _scratch(tables: Tables, orders: int) -> Scratch:
    codes, jobs = tables.kin.shape
    return Scratch(
        np.zeros(codes, np.int8),
        np.zeros(jobs, np.int32),
        np.zeros(jobs, np.int32),
        np.zeros(len(tables.places), np.int32),
        np.zeros(len(tables.terms), np.int32),
        np.zeros(len(tables.wages), np.int32),
        np.zeros(3, np.uint64),
        np.zeros((1, 3), np.uint64),
        np.zeros(orders, np.int32),
        np.zeros(orders, np.int32),
    )


@njit(cache=True)
def look(side: PeopleSide, tables: Tables, p: int, seen: Scratch) -> None:
    """Fills the scratch with what person p makes of every table."""
    see_skills(side, tables, p, seen.held, seen.skilled)
    see_jobs(side, tables, p, seen.wished)
    see_places(side, tables, p, seen.place)
    see_terms(side, tables, p, seen.terms)
    see_wages(side, tables, p, seen.wage)
    seen.counts[:] = tables.ordinary


@njit(cache=True)
def appraise(posts: OrderSide, seen: Scratch) -> None:
    """Fills the points of both scores for every order."""
    occupation, place, terms, wage = posts.occupation, posts.place, posts.terms, posts.wage
    by_job, by_place, by_terms, by_wage = seen.wished, seen.place, seen.terms, seen.wage
    quality, taught, skilled = posts.quality, posts.taught, seen.skilled
    points, chances = seen.points, seen.chances
    for o in range(len(points)):
        job = occupation[o]
        points[o] = by_job[job] + by_place[place[o]] + by_terms[terms[o]] + by_wage[wage[o]]
        chances[o] = quality[o] + max(skilled[job], taught[o])
    if len(posts.prefer):
        for o in range(len(points)):
            chances[o] += preferred(posts, o, seen.held)


@njit(cache=True)
def wish(posts: OrderSide, seen: Scratch, o: int) -> int:
    """Points of U of one order; far below reach where a must is broken or the job avoided."""
    return int(
        seen.wished[posts.occupation[o]]
        + seen.place[posts.place[o]]
        + seen.terms[posts.terms[o]]
        + seen.wage[posts.wage[o]]
    )


@njit(cache=True)
def prospect(posts: OrderSide, seen: Scratch, o: int) -> int:
    """Points of P of one order."""
    learnt = max(seen.skilled[posts.occupation[o]], posts.taught[o])
    return int(posts.quality[o] + learnt + preferred(posts, o, seen.held))


@njit(cache=True)
def heed(side: PeopleSide, tables: Tables, p: int, o: int, seen: Scratch) -> bool:
    """Takes in what is noted of this very pair; false where the person avoids the order."""
    seen.counts[:] = tables.ordinary
    for at in range(side.remark_at[p], side.remark_at[p + 1]):
        if side.remark_order[at] == o:
            for word in range(3):
                seen.counts[word] |= side.remark_safe[at, word]
            return bool(side.remark_avoid[at] == 0)
    return True


@njit(cache=True)
def keep(net: Array, order: Array, value: Array, gain: int, o: int, worth: int) -> None:
    """Puts an order in its place among the best; the last falls out, equals stay before it."""
    at = len(net) - 1
    while at > 0 and net[at - 1] < gain:
        net[at], order[at], value[at] = net[at - 1], order[at - 1], value[at - 1]
        at -= 1
    net[at], order[at], value[at] = gain, o, worth


# All pairs


@njit(cache=True, parallel=True)
def _best(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    bonus: Array,
    first: Array,
    prices: Array,
    order: Array,
    value: Array,
    surplus: Array,
) -> None:
    n, k = order.shape
    m = len(posts.wage)
    sigmoid = tables.sigmoid
    # Plain arrays in the inner loop: handing on a tuple of them costs more than the look-ups.
    for block in prange((n + PEOPLE_A_BLOCK - 1) // PEOPLE_A_BLOCK):
        seen = _scratch(tables, m)
        points, chances = seen.points, seen.chances
        held, counts, left = seen.held, seen.counts, seen.left
        net = np.zeros(k, np.int64)
        worths, gains = np.zeros(m, np.int64), np.zeros(m, np.int64)
        for p in range(block * PEOPLE_A_BLOCK, min(n, (block + 1) * PEOPLE_A_BLOCK)):
            look(side, tables, p, seen)
            appraise(posts, seen)
            net[:] = 0  # nothing that isn't worth its price is ever kept
            for o in range(m):
                u, c = points[o] + REACH, chances[o] + REACH
                value_of = sigmoid[min(max(u, 0), 2 * REACH)] * sigmoid[min(max(c, 0), 2 * REACH)]
                worths[o] = value_of + bonus[p] if points[o] > EXCLUDED // 2 else 0
                gains[o] = worths[o] - prices[o]
            least = np.int64(0)
            noted = side.remark_at[p] != side.remark_at[p + 1]
            for turn in range(2):
                for o in range(first[p] if turn == 0 else 0, m if turn == 0 else first[p]):
                    if gains[np.uint64(o)] <= least:
                        continue
                    if noted and not heed(side, tables, p, o, seen):
                        continue
                    if fitting(side, posts, tables, p, o, held, counts, left) != NOT_NOW:
                        keep(net, order[p], value[p], gains[o], o, worths[o])
                        least = net[k - 1]
            surplus[p] = net[0]


@njit(cache=True, parallel=True)
def _judge(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    chosen: Array,
    bins: Array,
    wants: Array,
    hired: Array,
) -> None:
    m = len(posts.wage)
    sigmoid = tables.sigmoid
    everything = np.full(3, ~np.uint64(0), np.uint64)
    for block in prange((len(chosen) + PEOPLE_A_BLOCK - 1) // PEOPLE_A_BLOCK):
        seen = _scratch(tables, m)
        for row in range(block * PEOPLE_A_BLOCK, min(len(chosen), (block + 1) * PEOPLE_A_BLOCK)):
            p = chosen[row]
            look(side, tables, p, seen)
            appraise(posts, seen)
            noted = side.remark_at[p] != side.remark_at[p + 1]
            for o in range(m):
                wants[row, o] = likelihood(sigmoid, seen.points[o])
                hired[row, o] = likelihood(sigmoid, seen.chances[o])
                if seen.points[o] < EXCLUDED // 2 or (noted and not heed(side, tables, p, o, seen)):
                    bins[row, o] = NOT_NOW
                    continue
                fit = fitting(side, posts, tables, p, o, seen.held, seen.counts, seen.left)
                if fit == NOT_NOW and possible(
                    side, posts, tables, p, o, seen.held, everything, seen.left
                ):
                    fit = CONFIRM
                bins[row, o] = fit


def best(
    market: Market, prices: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Each person's k best fitting orders by value less price, over all orders.

    Gives (n, k) orders (-1 where there are fewer that are worth their price), best first, their
    (n, k) values, and (n,) the surplus of the best, which with the prices makes the dual bound.
    Each person starts looking elsewhere and keeps the first of equals: else people alike would
    all name the same few of orders alike.
    """
    n = len(market.people)
    order = np.full((n, k), -1, np.int32)
    value = np.zeros((n, k), np.int32)
    surplus = np.zeros(n, np.int64)
    first = np.zeros(n, np.int64)
    first[market.rank] = np.arange(n) * SPREAD % max(1, len(market.orders))
    _best(
        market.side,
        market.posts,
        market.tables,
        market.bonus,
        first,
        prices,
        order,
        value,
        surplus,
    )
    return order, value, surplus


def judge(
    market: Market, chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int16], NDArray[np.int16]]:
    """Bins, U and P (thousandths) of the chosen people before all orders of the market."""
    shape = len(chosen), len(market.orders)
    bins, wants, hired = (
        np.zeros(shape, np.int8),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.int16),
    )
    _judge(market.side, market.posts, market.tables, chosen, bins, wants, hired)
    return bins, wants, hired
