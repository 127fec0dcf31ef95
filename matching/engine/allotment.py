"""Seats for the whole market, with a certificate of how far from the best they can be.

The linear programme: maximise Σ v over pairs that fit, at most one seat a person and `seats` an
order. Its dual: u_p + π_o >= v_po with u, π >= 0, at the cost Σ u + Σ seats·π. So *any* prices
π >= 0 bound every allotment of the complete market from above by

    Σ_p max(0, max_o(v_po - π_o)) + Σ_o seats_o·π_o,

which one pass of the kernel computes; the same pass finds the pairs that the prices call for.
Prices and pairs in turn, until value and bound meet within the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from matching.engine import kernel
from matching.engine.auction import NOBODY, auction
from matching.engine.bins import Bin
from matching.engine.market import Market
from matching.engine.search import Passes, search

Array = NDArray[Any]
Whole = NDArray[np.int64]

TARGET_GAP: Final = 0.0001
NEW_EDGES: Final = 20  # a person in each pass
KEPT_EDGES: Final = 60  # a person from pass to pass
MOST_PASSES: Final = 12
EXACT_PAIRS: Final = 2_000_000  # markets up to this size are solved to the last unit
EPSILON_SHARE: Final = 4  # ε costs at most this part of the target
FAR_SHARE: Final = 0.01  # while the gap is wide, ε may cost this part of it
OUT_OF_REACH: Final = 2_000_000  # millionths, above every value with its waiting bonus
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


# Large markets: prices call for pairs, pairs make prices


def _approach(market: Market, target_gap: float, sweep: Passes) -> Allotment:
    n = len(market.people)
    prices = _opening(market.seats)
    order = np.full((n, KEPT_EDGES), -1, np.int32)
    value = np.zeros((n, KEPT_EDGES), np.int32)
    given = np.full(n, NOBODY, np.int64)
    worth, bound = 0, -1
    passes: list[Pass] = []
    best = given, worth
    while True:
        new_order, new_value, surplus = kernel.best(market, prices, NEW_EDGES, sweep)
        reached = int(surplus.sum()) + int(market.seats @ prices)
        bound = reached if bound < 0 else min(bound, reached)
        if passes:
            passes[-1] = Pass(worth, reached, passes[-1].seats_filled)
        if bound - best[1] <= target_gap * bound or len(passes) == MOST_PASSES:
            break
        _merge(order, value, new_order, new_value, prices, given)
        share = max(target_gap, (bound - best[1]) / bound * FAR_SHARE)
        epsilon = max(1, int(share * _typical(value) / EPSILON_SHARE))
        given, prices = _auctioned(market, order, value, epsilon)
        worth = _worth(order, value, given)
        best = max(best, (given, worth), key=lambda one: one[1])
        passes.append(Pass(worth, bound, int(np.count_nonzero(given >= 0))))
    return _told(market, best[0], best[1], bound, prices, surplus, tuple(passes), exact=False)


def _opening(seats: Whole) -> Whole:
    """Zero, and out of reach where there is no seat: that costs the bound nothing."""
    return np.where(seats > 0, 0, OUT_OF_REACH)


def _typical(value: Array) -> float:
    firsts = value[:, 0][value[:, 0] > 0]
    return float(firsts.mean()) if len(firsts) else 1.0


def _auctioned(market: Market, order: Array, value: Array, epsilon: int) -> tuple[Whole, Whole]:
    """One auction from zero prices, people in the order of their ids."""
    width = order.shape[1]
    begin = market.rank * width
    end = begin + np.count_nonzero(order >= 0, axis=1)[market.rank]
    prices = _opening(market.seats)
    by_rank = auction(begin, end, order.ravel(), value.ravel(), market.seats, prices, epsilon, True)
    given = np.full(len(by_rank), NOBODY, np.int64)
    given[market.rank] = by_rank
    return given, prices


def _worth(order: Array, value: Array, given: Whole) -> int:
    chosen = (order == given[:, None]) & (given >= 0)[:, None]
    return int(value[chosen].sum(dtype=np.int64))


@njit(cache=True)
def _least(order: Array, value: Array, price: Array, size: int, seat: int) -> tuple[int, int]:
    """The least useful edge at these prices and its net value; the seat held is never it."""
    least, least_net = -1, 2**62
    for at in range(size):
        net = int(value[at] - price[order[at]])
        if net < least_net and order[at] != seat:
            least, least_net = at, net
    return least, least_net


@njit(cache=True, parallel=True)
def _merge(
    order: Array, value: Array, new_order: Array, new_value: Array, price: Array, given: Array
) -> None:
    """Takes the new edges in, and lets the least useful at these prices go; the seat stays."""
    kept = order.shape[1]
    for p in prange(len(order)):
        size = int(np.count_nonzero(order[p] >= 0))
        for edge in range(np.count_nonzero(new_order[p] >= 0)):
            o, worth = new_order[p, edge], new_value[p, edge]
            if np.any(order[p, :size] == o):
                continue
            if size < kept:
                order[p, size], value[p, size] = o, worth
                size += 1
                continue
            at, net = _least(order[p], value[p], price, kept, given[p])
            if worth - price[o] > net:
                order[p, at], value[p, at] = o, worth


# Small markets: exact, by ε-scaling on a market without free seats


def _exact(market: Market) -> Allotment:
    """The optimum, with prices that prove it.

    A stay-at-home order for everybody and a bidder of no value for every seat make all orders
    fill up, so that prices may be carried from one ε to the next. Values are multiplied by one
    more than bidders and seats: then the ε = 1 that each of them may be off adds up to nothing.
    """
    n, m = len(market.people), len(market.orders)
    bins, wants, hired = kernel.judge(market, market.rank)
    worth = wants.astype(np.int64) * hired + market.bonus[market.rank, None]
    who, what = np.nonzero(bins >= Bin.TRAINING)
    bidders = np.unique(who)
    # One seat more than can be used stays free and so costs nothing.
    seats = np.minimum(market.seats, np.bincount(what, minlength=m) + 1)
    scale = len(bidders) + int(market.seats.sum()) + 2
    begin, end, order, value = _filled_up(n, m, who, what, worth[who, what] * scale, bidders, seats)
    prices = np.zeros(m + 1, np.int64)
    epsilon = max(1, int(value.max(initial=0)) // 2)
    capacity = np.append(seats, len(bidders) + 1)
    while True:
        given = auction(begin, end, order, value, capacity, prices, epsilon, False)
        if epsilon == 1:
            break
        epsilon = max(1, epsilon // SCALING)
    scaled = np.maximum(np.maximum(0, prices[:m] - prices[m]), _opening(seats) * scale)
    by_rank = np.full(n, NOBODY, np.int64)
    placed = given[: len(bidders)]
    by_rank[bidders] = np.where(placed == m, NOBODY, placed)
    seated = np.flatnonzero(by_rank >= 0)
    total = int(worth[seated, by_rank[seated]].sum())
    bound = _bound(worth * scale, bins >= Bin.TRAINING, scaled, market.seats) // scale
    given = np.full(n, NOBODY, np.int64)
    given[market.rank] = by_rank
    prices = scaled // scale
    surplus = np.zeros(n, np.int64)
    surplus[market.rank] = np.where(bins >= Bin.TRAINING, worth - prices, 0).max(1, initial=0)
    once = (Pass(total, bound, len(seated)),)
    return _told(market, given, total, bound, prices, surplus, once, exact=True)


def _filled_up(
    n: int, m: int, who: Whole, what: Whole, worth: Whole, bidders: Whole, seats: Whole
) -> tuple[Whole, Whole, Whole, Whole]:
    """Edges with order m to stay at home at, and one row that all bidders of no value share."""
    counts = np.bincount(who, minlength=n)[bidders] + 1
    end = np.cumsum(counts)
    homes = end - 1
    order = np.full(int(counts.sum()) + m + 1, m, np.int64)
    value = np.zeros(len(order), np.int64)
    edges = np.setdiff1d(np.arange(int(counts.sum())), homes, assume_unique=True)
    order[edges], value[edges] = what, worth
    order[len(order) - m - 1 :] = np.arange(m + 1)
    fillers = int(seats.sum()) + 1  # one at home at least: its price is the zero of all others
    begin = np.append(end - counts, np.full(fillers, len(order) - m - 1))
    return begin, np.append(end, np.full(fillers, len(order))), order, value


def _bound(worth: Whole, fits: NDArray[np.bool_], prices: Whole, seats: Whole) -> int:
    surplus = np.where(fits, worth - prices, 0).max(axis=1, initial=0)
    return int(surplus.sum()) + int(seats @ prices)


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
