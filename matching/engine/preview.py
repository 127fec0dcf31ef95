"""One order, posted or not, before everybody: who fits, and what each single change would bring.

One pass over the crowd answers for the order and for all its what-ifs at once. Only the accommodations
touch the demands, and only who misses a demand needs them; wage, dorm, place and education are single
gates. So a what-if costs a person a mask, not a second judgement. Whole numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from matching.engine.bins import Bin, essential
from matching.engine.crowd import Columns, Crowd, Lists
from matching.engine.market import FAR_FUTURE, RELAXES, packed
from matching.engine.orders import Order, teaches
from matching.engine.people import ordinal
from matching.engine.scores import kinship
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    ACCOMMODATIONS,
    DIMENSIONS,
    MAX_LEVEL,
    MODES,
    SHIFTS,
)

Array = NDArray[Any]

MORE_WAGE_YUAN: Final = 200
WAGE, DORM, HOME, EDUCATION = range(4)  # what-ifs of a single gate
GATES: Final = ("wage", "dorm", "home", "education")
RELOCATES, MODES_AT, SHIFTS_AT, DORM_AT, MUSTS_AT = range(5)  # columns of Columns.flags
MUST_WAGE, MUST_DISTANCE, MUST_MODE, MUST_SHIFT, MUST_DORM, MUST_JOB = (1 << n for n in range(6))
HOME_MODE: Final = MODES.index("home")
TOP = np.uint64(0x8888888888888)  # the free bit of each of 13 fields
FOURS = np.uint64(0x4444444444444)
THREES = np.uint64(0x3333333333333)
ONE = np.uint64(1)
EVERYTHING: Final = ~np.uint64(0)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an employer could change, and how many more people would then fit.

    `kind` is accommodation, wage, dorm, home or education; `key` the accommodation. `fewer`
    counts who no longer fits (work at home isn't for everybody).
    """

    kind: str
    key: str
    more: int
    fewer: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How many people stand in each bin before an order, and what would change that.

    Changes are sorted by what they bring. These are the true counts, for staff;
    `matching.orders.disclosure` says what an employer may see of them.
    """

    counts: Mapping[Bin, int]
    changes: tuple[Change, ...]

    @property
    def fitting(self) -> int:
        """How many people may be given a seat."""
        return sum(count for one, count in self.counts.items() if one.fits)


def variants(order: Order) -> Iterator[tuple[str, str, Order]]:
    """Everything the employer has neither offered nor refused, one at a time.

    An accommodation that touches no essential demand would change nothing and is left out.
    """
    for key in _askable(order):
        yield "accommodation", key, replace(order, offered=order.offered | {key})
    yield "wage", "", replace(order, wage_yuan=order.wage_yuan + MORE_WAGE_YUAN)
    if not order.dorm:
        yield "dorm", "", replace(order, dorm=True)
    if order.mode != MODES[HOME_MODE]:
        yield "home", "", replace(order, mode=MODES[HOME_MODE])
    if order.education_needed:
        yield "education", "", replace(order, education=0)


def preview(crowd: Crowd, order: Order) -> Preview:
    """One order before everybody in one pass, with every single change it could make.

    What no single change opens moves nobody; two changes together may do more than both alone.
    """
    asked, post = [(kind, key) for kind, key, _ in variants(order)], _post(order, crowd)
    bins, fewer = np.zeros(len(Bin), np.int64), np.zeros(len(GATES), np.int64)
    aids, gates = np.zeros(len(post.extra), np.int64), np.zeros(len(GATES), np.int64)
    _sweep(crowd.columns, crowd.lists, post, _noted(crowd, order.id), bins, aids, gates, fewer)
    told = [Change(*one, int(more), 0) for one, more in zip(asked, aids, strict=False)]
    for kind, key in asked[len(aids) :]:
        gate = GATES.index(kind)
        told.append(Change(kind, key, int(gates[gate]), int(fewer[gate])))
    told.sort(key=lambda one: -one.more)
    return Preview({one: int(bins[one]) for one in Bin}, tuple(told))


def _levels(by_key: Mapping[str, int]) -> NDArray[np.int64]:
    return np.array([min(by_key.get(d.key, 0), MAX_LEVEL) for d in DIMENSIONS], np.int64)


def _askable(order: Order) -> list[str]:
    needed = np.flatnonzero(_levels(essential(order)))
    known = order.provided | order.refused
    return [
        one.key
        for at, one in enumerate(ACCOMMODATIONS)
        if one.key not in known and RELAXES[at, needed].any()
    ]


# The order as the sweep reads it


class Post(NamedTuple):
    """One order and its what-ifs; words of thirteen four-bit fields as in `market`."""

    demand: Array  # (3,) uint64
    gain: Array  # (3,) uint64 levels the class raises
    best: Array  # (3,) uint64 what remains if everything provided helps, class included
    ordinary: Array  # (3,) uint64 every bit of the fields that aren't safety-critical
    aid: Array  # accommodations provided that touch a demand
    extra: Array  # accommodations that could be added
    relaxes: Array  # (49, 3) uint64
    reach: Array  # (49, 3) uint64 the top bit of every field that is relaxed
    need: Array  # codes of required skills
    need_level: Array
    need_taught: Array
    kin: Array  # (codes,) int8 kinship of each code to the order's occupation
    km: Array  # (counties,) int32 to the order's county
    county: int
    starts_on: int
    work_from: int
    education: int
    wage: int
    dorm: bool
    mode: int
    shift: int


def _post(order: Order, crowd: Crowd) -> Post:
    levels = _levels(essential(order))
    critical = np.array([dimension.safety_critical for dimension in DIMENSIONS])
    needed = np.flatnonzero(levels)
    aids = sorted(ACCOMMODATION_AT[key] for key in order.provided)
    relaxed = RELAXES[aids].sum(axis=0, dtype=np.int64) if aids else np.zeros_like(levels)
    needs, known = order.required, crowd.codes
    place = crowd.distances.place(order.county)
    return Post(
        packed(levels),
        packed(_levels(order.raises)),
        packed(np.maximum(0, levels - np.minimum(relaxed, MAX_LEVEL) - _levels(order.raises))),
        packed(np.where(critical, 0, 15)),
        np.array([at for at in aids if RELAXES[at, needed].any()], np.int64),
        np.array([ACCOMMODATION_AT[key] for key in _askable(order)], np.int64),
        packed(RELAXES),
        packed(np.where(RELAXES > 0, 8, 0)),
        np.array([known.get(skill.occupation, -1) for skill in needs], np.int32),
        np.array([int(skill.level) for skill in needs], np.int8),
        np.array([teaches(order, skill) for skill in needs], np.bool_),
        np.array([kinship(code, order.occupation) for code in known], np.int8),
        crowd.distances.km[:, place].astype(np.int32),
        place,
        ordinal(order.starts_on) or FAR_FUTURE,
        ordinal(order.work_from) or FAR_FUTURE,
        order.education_needed,
        order.wage_yuan,
        order.dorm,
        MODES.index(order.mode),
        SHIFTS.index(order.shift),
    )


class Noted(NamedTuple):
    """What is noted of people and this very order, by ascending place."""

    place: Array
    safe: Array  # (.., 3) uint64 fields in which relaxations count for certain
    avoid: Array


def _noted(crowd: Crowd, order: str) -> Noted:
    rows = sorted(crowd.remarks(order).items())
    safe = [[(bits >> d & 1) * 15 for d in range(len(DIMENSIONS))] for _, (bits, _) in rows]
    return Noted(
        np.array([place for place, _ in rows], np.int64),
        packed(np.array(safe, np.int64).reshape(-1, len(DIMENSIONS))),
        np.array([avoid for _, (_, avoid) in rows], np.bool_),
    )


# The sweep


@njit(cache=True, forceinline=True)
def lowered(demand: Any, by: Any) -> Any:
    """Each field less the other, floored at 0: a field keeps its bits if its top bit survives."""
    rest = (demand | TOP) - by
    return rest & (((rest & TOP) >> np.uint64(3)) * np.uint64(7))


@njit(cache=True, forceinline=True)
def joined(one: Any, other: Any) -> Any:
    """Each field plus the other, at most 4: adding 3 lifts only what is above 4 to the top bit."""
    total = one + other
    above = (((total + THREES) & TOP) >> np.uint64(3)) * np.uint64(15)
    return (total & ~above) | (FOURS & above)


@njit(cache=True, forceinline=True)
def _unmet(capacity: Array, p: int, left: Array, word: int) -> Any:
    """The top bit of every field in which the demand is above the capacity."""
    return ~((capacity[p, word] | TOP) - left[word]) & TOP


@njit(cache=True, forceinline=True)
def _short(capacity: Array, p: int, left: Array) -> bool:
    """Whether any field of the demand is above the capacity."""
    return bool(
        _unmet(capacity, p, left, 0) | _unmet(capacity, p, left, 1) | _unmet(capacity, p, left, 2)
    )


@njit(cache=True, forceinline=True)
def _eased(post: Post, helped: Any, counts: Array, total: Array, left: Array) -> None:
    """Sums what the accommodations provided relax for this person, and what that leaves."""
    for word in range(3):
        total[word] = np.uint64(0)
    for at in range(len(post.aid)):
        aid = post.aid[at]
        if (helped >> np.uint64(aid)) & ONE:
            for word in range(3):
                total[word] = joined(total[word], post.relaxes[aid, word])
    for word in range(3):
        left[word] = lowered(post.demand[word], total[word] & counts[word])


@njit(cache=True, forceinline=True)
def _trained(post: Post, left: Array) -> None:
    for word in range(3):
        left[word] = lowered(left[word], post.gain[word])


@njit(cache=True, forceinline=True)
def _schooling(lists: Lists, first: int, last: int, post: Post) -> int:
    """2 when every required skill is held, 1 when the class teaches the missing ones, else 0."""
    answer = 2
    for need in range(len(post.need)):
        held = -1
        for at in range(first, last):
            if lists.skill[at] == post.need[need]:
                held = max(held, lists.skill_level[at])
        if held < post.need_level[need]:
            if not post.need_taught[need]:
                return 0
            answer = 1
    return answer


@njit(cache=True, forceinline=True)
def _wanted(lists: Lists, first: int, last: int, strict: bool, post: Post) -> bool:
    """Whether neither what the person avoids nor a condition on the occupation stands against it."""
    wants, near = False, False
    for at in range(first, last):
        kin = post.kin[lists.wish[at]]
        if lists.wish_avoids[at]:
            if kin == 3:
                return False
        else:
            wants = True
            near |= kin >= 2
    return near or not (wants and strict)


@njit(cache=True, forceinline=True)
def _heed(noted: Noted, place: int, next_noted: int, counts: Array) -> tuple[int, bool]:
    """Where the remarks go on, and whether this person avoids the order; confirmed fields count."""
    while next_noted < len(noted.place) and noted.place[next_noted] < place:
        next_noted += 1
    if next_noted == len(noted.place) or noted.place[next_noted] > place:
        return next_noted, False
    for word in range(3):
        counts[word] |= noted.safe[next_noted, word]
    return next_noted, bool(noted.avoid[next_noted])


@njit(cache=True, forceinline=True)
def _barred(c: Columns, lists: Lists, post: Post, p: int) -> bool:
    """Whether something stands against the pair that no unknown and no what-if changes."""
    musts, shifts = c.flags[p, MUSTS_AT], c.flags[p, SHIFTS_AT]
    if shifts and musts & MUST_SHIFT and not (shifts >> post.shift) & 1:
        return True
    if c.dates[p, 0] > post.starts_on or c.dates[p, 2] > post.work_from:
        return True
    return not _wanted(lists, c.wishes[p, 0], c.wishes[p, 1], musts & MUST_JOB != 0, post)


@njit(cache=True, forceinline=True)
def _wishes(c: Columns, post: Post, p: int) -> tuple[bool, bool, bool, bool, bool]:
    """Whether the person's conditions hold: wage, a higher wage, dorm, work site, work at home."""
    musts, modes = c.flags[p, MUSTS_AT], c.flags[p, MODES_AT]
    wage = c.wage[p] if musts & MUST_WAGE else 0
    dorm = post.dorm or not (c.flags[p, DORM_AT] and musts & MUST_DORM)
    strict = modes != 0 and musts & MUST_MODE != 0
    far = (
        musts & MUST_DISTANCE != 0
        and not c.flags[p, RELOCATES]
        and c.county[p] != post.county
        and post.km[c.county[p]] > c.most_km[p]
    )
    home = not strict or (modes >> HOME_MODE) & 1 != 0
    mode = not strict or (modes >> post.mode) & 1 != 0
    site = mode and (post.mode == HOME_MODE or not far)
    return post.wage >= wage, post.wage + MORE_WAGE_YUAN >= wage, dorm, site, home


class Scratch(NamedTuple):
    """Words that are written for one person after the other."""

    counts: Array  # fields in which relaxations count for certain
    total: Array  # what the accommodations provided relax
    left: Array  # the demands they leave, and the class after them
    more: Array  # the same with one more


@njit(cache=True, forceinline=True)
def _demands(c: Columns, post: Post, p: int, seen: Scratch) -> int:
    """Every unknown against the pair: 4 met as they are, 3 with what is provided, 2 after the class, or 0."""
    if not _short(c.low, p, post.demand):
        return 4
    _eased(post, c.helped[p, 0], seen.counts, seen.total, seen.left)
    if not _short(c.low, p, seen.left):
        return 3
    _trained(post, seen.left)
    return 0 if _short(c.low, p, seen.left) else 2


@njit(cache=True, forceinline=True)
def _add_aids(c: Columns, post: Post, p: int, seen: Scratch, aids: Array) -> None:
    """Counts every accommodation that alone would close what `seen.left` leaves open."""
    open0, open1 = _unmet(c.low, p, seen.left, 0), _unmet(c.low, p, seen.left, 1)
    open2 = _unmet(c.low, p, seen.left, 2)
    for at in range(len(post.extra)):
        aid = post.extra[at]
        # One that doesn't reach every open demand can't close them: most end here.
        if (
            open0 & ~(post.reach[aid, 0] & seen.counts[0])
            | open1 & ~(post.reach[aid, 1] & seen.counts[1])
            | open2 & ~(post.reach[aid, 2] & seen.counts[2])
        ) or not (c.helped[p, 0] >> np.uint64(aid)) & ONE:
            continue
        for word in range(3):
            relaxed = joined(seen.total[word], post.relaxes[aid, word]) & seen.counts[word]
            seen.more[word] = lowered(post.demand[word], relaxed)
        _trained(post, seen.more)
        aids[at] += not _short(c.low, p, seen.more)


@njit(cache=True, forceinline=True)
def _asked(c: Columns, post: Post, p: int, everything: Array, seen: Scratch) -> bool:
    """Whether the demands could be met with every unknown taken for the pair."""
    if _short(c.high, p, post.best):
        return False
    _eased(post, c.helped[p, 1], everything, seen.total, seen.left)
    _trained(post, seen.left)
    return not _short(c.high, p, seen.left)


@njit(cache=True, nogil=True)
def _sweep(
    c: Columns,
    lists: Lists,
    post: Post,
    noted: Noted,
    bins: Array,
    aids: Array,
    gates: Array,
    fewer: Array,
) -> None:
    """Counts people by bin, by accommodation and by gate; `fewer`: who fits and then wouldn't."""
    words = np.zeros((4, 3), np.uint64)
    seen, everything = Scratch(words[0], words[1], words[2], words[3]), np.full(3, EVERYTHING)
    next_noted = 0
    for p in range(len(c.here)):
        if not c.here[p]:
            continue
        seen.counts[:] = post.ordinary
        next_noted, avoided = _heed(noted, p, next_noted, seen.counts)
        skilled = _schooling(lists, c.skills[p, 0], c.skills[p, 1], post)
        if avoided or skilled == 0 or _barred(c, lists, post, p):
            bins[0] += 1
            continue
        wage, wage_more, dorm, site, home = _wishes(c, post, p)
        willing = wage and dorm and site
        schooled = c.education[p, 0] >= post.education
        met = _demands(c, post, p, seen)
        if c.dates[p, 1] <= post.work_from:
            if met and willing and schooled:
                bins[2 if skilled == 1 else met] += 1
                fewer[HOME] += not home
                continue
            if met and schooled:
                gates[WAGE] += wage_more and dorm and site
                gates[DORM] += wage and site
                gates[HOME] += wage and dorm and home
            elif met:
                gates[EDUCATION] += willing
            elif willing and schooled:
                _add_aids(c, post, p, seen, aids)
        # No seat as things stand: a question, if the unknowns are what keeps them apart.
        schooled = c.education[p, 1] >= post.education
        asked = willing and schooled and _asked(c, post, p, everything, seen)
        bins[1 if asked else 0] += 1
