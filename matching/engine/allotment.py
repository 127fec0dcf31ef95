"""Seats for the whole market, with a certificate of how far from the best they can be.

The linear programme: maximise Σ v over pairs that fit, at most one seat a person and `seats` an
order. Its dual: u_p + π_o >= v_po with u, π >= 0, at the cost Σ u + Σ seats·π. So *any* prices
π >= 0 bound every allotment of the complete market from above by

    Σ_p max(0, max_o(v_po - π_o)) + Σ_o seats_o·π_o.

Prices call for pairs: each person's best orders at the prices (`shortlists`, which also give the
bound). Pairs make prices: an auction on the pairs named so far brings both sides to ε-complementary
slackness (`auction`), from the prices and seats of the round before. In turn, until value and bound
meet within the target; ε shrinks with the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.engine import kernel
from matching.engine.auction import NOBODY, settle
from matching.engine.bins import Bin
from matching.engine.market import Market
from matching.engine.search import Passes, search
from matching.engine.shortlists import LENGTH, Shortlists

Array = NDArray[Any]
Whole = NDArray[np.int64]

TARGET_GAP: Final = 0.0001
MOST_PASSES: Final = 12
EXACT_PAIRS: Final = 2_000_000  # markets up to this size are solved to the last unit
EPSILON_SHARE: Final = 4  # ε costs at most this part of the target
FAR_SHARE: Final = 0.01  # while the gap is wide, ε may cost this part of it
OUT_OF_REACH: Final = 2_000_000  # millionths, above every value with its waiting bonus
FIRST_PRICE: Final = 300_000  # millionths; too high a guess is lowered by the reverse auction
FIRST_EPSILONS: Final = (5_000, 2_000, 1_000)  # millionths, of the first looks
SCALING: Final = 5  # ε shrinks by this from phase to phase


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """How far one round of prices and pairs came."""

    value: int
    bound: int
    seats_filled: int


@dataclass(frozen=True, slots=True, eq=False)
class Allotment:
    """Who gets which seat, and what that is worth of the best there could be.

    `order_of` holds for each person, in the order given, the order's place in the order given,
    or -1. `value` and `bound` are in millionths; `prices` too, by order as given, and are only
    prices that clear this market, not the worth of a seat. `surplus` is u of each person at
    these prices. No allotment of the complete market is worth more than `bound`.
    """

    order_of: Whole
    value: int
    bound: int
    prices: Whole
    surplus: Whole
    passes: tuple[Pass, ...]
    exact: bool

    @property
    def gap(self) -> float:
        """(bound - value) / bound: 0 is proof that nothing better exists."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0

    @property
    def seats_filled(self) -> int:
        """How many people have a seat."""
        return int(np.count_nonzero(self.order_of >= 0))


def allot(
    market: Market,
    *,
    target_gap: float = TARGET_GAP,
    exact: bool | None = None,
    passes: Passes = search,
) -> Allotment:
    """The best allotment of the market, proven to within the target gap if passes suffice.

    `passes` says who does the kernel's passes: this process, or a cluster (`services.cluster`).

    Exact (by default in small markets) means value and bound are equal. What isn't proven is
    told: look at `gap`, not at the target.
    """
    pairs = len(market.people) * len(market.orders)
    if exact if exact is not None else pairs <= EXACT_PAIRS:
        return _exact(market)
    return _approach(market, target_gap, passes)


def _opening(seats: Whole) -> Whole:
    """Zero, and out of reach where there is no seat: that costs the bound nothing."""
    return np.where(seats > 0, 0, OUT_OF_REACH)


# Large markets: prices call for pairs, pairs make prices


def _approach(market: Market, target_gap: float, sweep: Passes) -> Allotment:
    lists = Shortlists(market, sweep)
    prices = np.where(market.seats > 0, FIRST_PRICE, OUT_OF_REACH)
    held = np.full(len(market.people), NOBODY, np.int64)  # by rank
    seat = np.full(len(held), NOBODY, np.int64)
    for epsilon in FIRST_EPSILONS:
        lists.first_look(prices, seat)
        seat, _ = _settled(lists, prices, held, epsilon)
    lists.look(prices, seat)
    best, bound = (0, seat), lists.bound(prices)[0]
    gap, passes = 1.0, list[Pass]()
    while gap > target_gap and len(passes) < MOST_PASSES:
        epsilon = int(max(target_gap, gap * FAR_SHARE) * _typical(lists) / EPSILON_SHARE)
        seat, worth = _settled(lists, prices, held, max(1, epsilon))
        best = max(best, (worth, seat), key=lambda one: one[0])
        reached, doubtful = lists.bound(prices)
        if reached - best[0] > target_gap * reached and len(doubtful):
            lists.look(prices, seat)
            reached, _ = lists.bound(prices)
        bound = min(bound, reached)
        passes.append(Pass(worth, reached, int(np.count_nonzero(held >= 0))))
        gap = (bound - best[0]) / bound if bound else 0.0
    surplus = lists.surplus(prices)
    return _told(market, best[1], best[0], bound, prices, surplus, tuple(passes), exact=False)


def _settled(lists: Shortlists, prices: Whole, held: Whole, epsilon: int) -> tuple[Whole, int]:
    """Prices and seats on the lists as they are, both in place; everybody's order, and the value."""
    rank, seats = lists.market.rank, lists.market.seats
    order, value = lists.order.ravel(), lists.value.ravel()
    begin = rank * LENGTH
    settle(begin, begin + lists.size[rank], order, value, seats, prices, held, epsilon)
    seat = np.full(len(held), NOBODY, np.int64)
    seat[rank] = np.where(held >= 0, np.append(order, NOBODY)[held], NOBODY)
    return seat, int(value[held[held >= 0]].sum(dtype=np.int64))


def _typical(lists: Shortlists) -> float:
    firsts = lists.value[lists.size > 0, 0]
    return float(firsts.mean()) if len(firsts) else 1.0


# Small markets: exact, on every pair, by ε-scaling


def _exact(market: Market) -> Allotment:
    """The optimum, with prices that prove it.

    Values are multiplied by one more than there are people: then the ε = 1 that each of them may
    be off adds up to less than one unit of value, and there is nothing between value and bound.
    """
    n = len(market.people)
    bins, wants, hired = kernel.judge(market, market.rank)
    fits = bins >= Bin.TRAINING
    worth = np.where(fits, wants.astype(np.int64) * hired + market.bonus[market.rank, None], 0)
    who, what = np.nonzero(fits)
    scale = n + 1
    value = worth[who, what] * scale
    end = np.cumsum(np.bincount(who, minlength=n)).astype(np.int64)
    begin = np.append(0, end[:-1]).astype(np.int64)[:n]
    prices = _opening(market.seats) * scale
    held = np.full(n, NOBODY, np.int64)
    epsilon = max(1, int(value.max(initial=0)) // 2)
    while True:
        settle(begin, end, what, value, market.seats, prices, held, epsilon)
        if epsilon == 1:
            break
        epsilon = max(1, epsilon // SCALING)
    given = np.full(n, NOBODY, np.int64)
    given[market.rank] = np.where(held >= 0, np.append(what, NOBODY)[held], NOBODY)
    total = int(value[held[held >= 0]].sum()) // scale
    bound = (int(_surplus(worth * scale, prices).sum()) + int(market.seats @ prices)) // scale
    prices = prices // scale
    surplus = np.zeros(n, np.int64)
    surplus[market.rank] = _surplus(worth, prices)
    once = (Pass(total, bound, int(np.count_nonzero(held >= 0))),)
    return _told(market, given, total, bound, prices, surplus, once, exact=True)


def _surplus(worth: Whole, prices: Whole) -> Whole:
    """What the best order is worth above its price to each; a pair that doesn't fit is worth 0."""
    best: Whole = (worth - prices).max(axis=1, initial=0)
    return best


def _told(
    market: Market,
    given: Whole,
    value: int,
    bound: int,
    prices: Whole,
    surplus: Whole,
    passes: tuple[Pass, ...],
    *,
    exact: bool,
) -> Allotment:
    """The answer in the order in which people and orders were given."""
    places = np.append(market.order_at, NOBODY)  # NOBODY looks up the last: itself
    as_given = np.zeros(len(prices), np.int64)
    as_given[market.order_at] = prices
    return Allotment(places[given], value, bound, as_given, surplus, passes, exact)
