"""What one person makes of every table: a score of a pair is then a few look-ups and additions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.engine import scores
from matching.engine.compiled import njit
from matching.engine.market import OrderSide, PeopleSide, Tables

Array = NDArray[Any]

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


@njit
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


@njit
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


@njit
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


@njit
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


@njit
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


@njit
def likelihood(sigmoid: Array, points: int) -> int:
    """Thousandths of probability for a log-odds in hundredths."""
    return int(sigmoid[min(max(points, -REACH), REACH) + REACH])


@njit
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


@njit
def scratch(tables: Tables) -> Scratch:
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
    )


@njit
def look(side: PeopleSide, tables: Tables, p: int, seen: Scratch) -> None:
    """Fills the scratch with what person p makes of every table."""
    see_skills(side, tables, p, seen.held, seen.skilled)
    see_jobs(side, tables, p, seen.wished)
    see_places(side, tables, p, seen.place)
    see_terms(side, tables, p, seen.terms)
    see_wages(side, tables, p, seen.wage)
    seen.counts[:] = tables.ordinary


@njit
def wish(posts: OrderSide, seen: Scratch, o: int) -> int:
    """Points of U of one order; far below reach where a must is broken or the job avoided."""
    return int(
        seen.wished[posts.occupation[o]]
        + seen.place[posts.place[o]]
        + seen.terms[posts.terms[o]]
        + seen.wage[posts.wage[o]]
    )


@njit
def prospect(posts: OrderSide, seen: Scratch, o: int) -> int:
    """Points of P of one order."""
    learnt = max(seen.skilled[posts.occupation[o]], posts.taught[o])
    return int(posts.quality[o] + learnt + preferred(posts, o, seen.held))


@njit
def heed(side: PeopleSide, tables: Tables, p: int, o: int, seen: Scratch) -> bool:
    """Takes in what is noted of this very pair; false where the person avoids the order."""
    seen.counts[:] = tables.ordinary
    for at in range(side.remark_at[p], side.remark_at[p + 1]):
        if side.remark_order[at] == o:
            for word in range(3):
                seen.counts[word] |= side.remark_safe[at, word]
            return bool(side.remark_avoid[at] == 0)
    return True
