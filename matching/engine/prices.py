"""The worth of a seat: the lowest prices that clear the market, proven.

Optimal prices are a range, and an auction gives high ones. One more seat at order o is worth
V(seats + 1 at o) - V, the right derivative of a concave function that is linear between whole
seats: the *lowest* optimal π_o. The lowest prices are found from any optimal allotment a:

1. At optimal prices u_p = v_p,a(p) - π_a(p) for whoever has a seat and 0 for the others, and an
   order with a free seat costs 0. So u_p + π_o >= v_po reads, for every pair,
   π_o >= π_a(p) + v_po - v_p,a(p): the price at which p would come, and what the seat that p
   leaves is worth in turn.
2. The least π >= 0 that meets these is reached by raising prices from zero until nothing is
   violated: Bellman-Ford, on the graph of orders with the best mover between each two. Every
   step is forced, so each optimal price vector lies above the one reached.
3. A free seat whose price rises, somebody who would rather go (u_p < 0), or a circle of orders
   that raise each other for ever is a way to a better allotment: the moves along it are made
   and the search begins anew. A run that was only certified to a gap is finished that way.
4. Only some pairs are looked at. The kernel goes over all pairs at the prices reached, the pairs
   that violate them are added, and so on until there is none.

What is left needs no trust in any of this: slack = Σ u_p + Σ seats·π_o - Σ v_p,a(p), with the
kernel's own u over all pairs, is 0 exactly when π is optimal (strong duality), and by step 2 no
optimal price is lower. Where the steps allowed don't get there, `slack` says by how much: for
any prices at all, V(seats + 1) - V <= π_o + slack. Publish that as a bound, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.engine import kernel, standing
from matching.engine.allotment import Allotment
from matching.engine.market import Market

Array = NDArray[Any]
Whole = NDArray[np.int64]

EDGES: Final = 12  # pairs a person looked at from the start, and more in each pass
MOST_REPAIRS: Final = 200  # times an allotment that isn't the best yet may be improved
MOST_PASSES: Final = 30  # of the kernel over all pairs
LOOKED_FOR_CIRCLES: Final = 8  # rounds of Bellman-Ford between two looks


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What one more seat of each order is worth, and what the market gives each person.

    `prices` by order and `surplus` by person as given, in millionths. Without `slack` these are
    the lowest optimal prices; with it, one more seat is worth at most price + slack.
    """

    prices: Whole
    surplus: Whole
    slack: int

    @property
    def proven(self) -> bool:
        """Whether the prices are the worth, not only bounds of it."""
        return self.slack == 0


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a person isn't placed at an order that fits: all in millionths, and nobody else's score.

    A pair below `needed` is in no best allotment. One at `needed` would get one more seat, or
    takes part in an allotment as good as this one.
    """

    value: int  # v of the pair, waiting bonus included
    price: int  # π of the order
    surplus: int  # u of the person: what is reached elsewhere

    @property
    def needed(self) -> int:
        """What the fit would have to be worth at least."""
        return self.price + self.surplus

    @property
    def next_in_line(self) -> bool:
        """Whether one more seat would be worth giving to this person."""
        return self.value >= self.needed


def why_not(market: Market, worth: Worth, person: int, order: int) -> WhyNot | None:
    """Why this person isn't at this order, by places as given; None where the pair doesn't fit."""
    at = int(np.flatnonzero(market.order_at == order)[0])
    value = int(values_of(market, np.array([person]), np.array([at]))[0])
    if not value:
        return None
    return WhyNot(value, int(worth.prices[order]), int(worth.surplus[person]))


def adds_at_most(values: Whole, surplus: Whole, seats: int) -> int:
    """An upper bound, in millionths, of what an order that comes new adds to the market's value.

    `values` are v of everybody at it, 0 where it doesn't fit. At prices of the old market each
    person adds at most v - u_p, and there are so many seats: the dual, least at the price that
    the last seat gets.
    """
    gains = np.sort(np.maximum(0, values - surplus))[::-1]
    return int(gains[:seats].sum())


def values_of(market: Market, people: Whole, orders: Whole) -> Whole:
    """v with the waiting bonus of each pair, 0 where it doesn't fit; orders by sorted position."""
    bins, wants, hired = standing.judge_pairs(market, people, orders)
    value: Whole = wants.astype(np.int64) * hired + market.bonus[people]
    return np.where(bins > kernel.CONFIRM, value, 0)


def lowest(market: Market, allotment: Allotment, most_repairs: int = MOST_REPAIRS) -> Worth:
    """The worth of a seat of every order, proven, or a bound with the slack that it leaves."""
    if not len(market.orders):
        return Worth(np.zeros(0, np.int64), np.zeros(len(market.people), np.int64), 0)
    search = _Search(market, allotment)
    repairs = 0
    for _ in range(MOST_PASSES):
        while not search.settle():
            if repairs == most_repairs:
                return _bound(market, allotment, search.total())
            search.improve()
            repairs += 1
        surplus = search.look_at_all()
        if surplus is not None:
            slack = int(surplus.sum() + market.seats @ search.price[:-1]) - search.total()
            return Worth(_as_given(market, search.price[:-1]), surplus, slack)
    return _bound(market, allotment, search.total())


def _bound(market: Market, allotment: Allotment, total: int) -> Worth:
    prices = allotment.prices[market.order_at]
    surplus = kernel.best(market, prices, 1)[2]
    slack = int(surplus.sum() + market.seats @ prices) - total
    return Worth(allotment.prices, surplus, slack)


def _as_given(market: Market, prices: Whole) -> Whole:
    given = np.zeros(len(prices), np.int64)
    given[market.order_at] = prices
    return given


class _Search:
    """An allotment, the pairs looked at so far, and prices on their way up.

    Orders by sorted position; node m is home, where there is always a seat, worth nothing.
    """

    def __init__(self, market: Market, allotment: Allotment) -> None:
        self.market = market
        self.home = len(market.orders)
        place = np.full(self.home + 1, self.home, np.int64)  # -1, nobody's order, looks up the last
        place[market.order_at] = np.arange(self.home)
        self.at: Whole = place[allotment.order_of]
        self.own: Whole = np.zeros(len(self.at), np.int64)
        seated = np.flatnonzero(self.at < self.home)
        self.own[seated] = values_of(market, seated, self.at[seated])
        self.who, self.what, self.value = (np.zeros(0, np.int64) for _ in range(3))
        self._add(*kernel.best(market, allotment.prices[market.order_at], EDGES)[:2])
        self._begin()

    def total(self) -> int:
        """The value of the allotment."""
        return int(self.own.sum())

    def _add(self, order: Array, value: Array) -> None:
        who, column = np.nonzero(order >= 0)
        self.who = np.concatenate((self.who, who))
        self.what = np.concatenate((self.what, order[who, column].astype(np.int64)))
        self.value = np.concatenate((self.value, value[who, column].astype(np.int64)))

    def _begin(self) -> None:
        """Prices at zero, and the best mover between each two orders."""
        self.price: Whole = np.zeros(self.home + 1, np.int64)
        taken = np.bincount(self.at, minlength=self.home + 1)[:-1]
        self.free = np.append(taken < self.market.seats, True)
        self.raised_by = np.full(self.home + 1, -1, np.int64)
        self._movers()

    def _movers(self) -> None:
        seated = np.flatnonzero(self.at < self.home)
        who = np.concatenate((self.who, seated))
        into = np.concatenate((self.what, np.full(len(seated), self.home)))
        gain = np.concatenate((self.value, np.zeros(len(seated), np.int64))) - self.own[who]
        out = self.at[who]
        moves = np.flatnonzero(out != into)
        moves = moves[np.lexsort((who[moves], -gain[moves], out[moves], into[moves]))]
        _, first = np.unique(into[moves] * (self.home + 1) + out[moves], return_index=True)
        moves = moves[first]
        self.mover, self.into, self.out, self.gain = (
            part[moves] for part in (who, into, out, gain)
        )
        self.groups = np.flatnonzero(np.diff(self.into, prepend=-1))

    def settle(self) -> bool:
        """Raises prices until no pair looked at violates them; False at a way to improve."""
        self.ways: list[list[int]] = []
        if not len(self.into):
            return True
        targets = self.into[self.groups]
        sizes = np.diff(self.groups, append=len(self.into))
        for round_ in range(2 * (self.home + 2)):
            offered = self.price[self.out] + self.gain
            best = np.maximum.reduceat(offered, self.groups)
            rises = best > self.price[targets]
            if not rises.any():
                return True
            by = np.flatnonzero(np.repeat(rises, sizes) & (offered == np.repeat(best, sizes)))
            self.raised_by[self.into[by]] = by
            self.price[targets[rises]] = best[rises]
            ends = np.flatnonzero(self.free & (self.price > 0))
            if len(ends) or round_ % LOOKED_FOR_CIRCLES == 0:
                self.ways = list(self._ways(ends))
            if self.ways:
                return False
        raise AssertionError("prices that rise for ever have a circle to show")

    def _ways(self, ends: Whole) -> Iterator[list[int]]:
        """Moves, by place among the movers, that make the allotment better; no node in two."""
        used = np.zeros(self.home + 1, np.bool_)
        starts = [*ends.tolist(), *np.flatnonzero(self.raised_by >= 0).tolist()]
        seen = np.full(self.home + 1, -1, np.int64)
        for number, start in enumerate(starts):
            path: list[int] = []
            node = start
            while seen[node] < 0 and self.raised_by[node] >= 0:
                seen[node] = number
                path.append(int(self.raised_by[node]))
                node = int(self.out[path[-1]])
            if seen[node] == number:  # a circle; what led to it stays
                path = path[[int(self.into[move]) for move in path].index(node) :]
            elif number >= len(ends) or seen[node] >= 0:
                continue
            touched = np.append(self.into[path], self.out[path])
            if path and not used[touched].any():
                used[touched] = True
                yield path

    def improve(self) -> None:
        """Makes the moves found, each worth more than nothing, and begins anew."""
        for way in self.ways:
            people, into = self.mover[way], self.into[way]
            worth = self.gain[way] + self.own[people]
            self.at[people], self.own[people] = into, worth
        self._begin()

    def look_at_all(self) -> Whole | None:
        """The kernel's surplus of everybody once no pair violates the prices; else adds those."""
        order, value, surplus = kernel.best(self.market, self.price[:-1], EDGES)
        reached = self.own - self.price[self.at]
        if (surplus <= reached).all():
            return surplus
        net = value - self.price[np.where(order < 0, self.home, order)]
        self._add(np.where(net > reached[:, None], order, -1), value)
        self._begin()
        return None
