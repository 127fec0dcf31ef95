"""Short lists of orders, one a person, that speak for all pairs.

Each person p has some orders named with their values, and a number `rest_p` found at the prices ρ
of the pass that last looked at p:

    (*)  v_po <= rest_p + ρ_o   for every order o that is not named.

At any other prices π the dual asks for u_p >= v_po - π_o over *all* o. For the named it is looked
up; for all others (*) gives v_po - π_o <= rest_p + max_o(ρ_o - π_o). So

    u_p = max(0, max over the named of v_po - π_o, rest_p + max_o(ρ_o - π_o))

is feasible, and Σ u_p + Σ seats_o·π_o bounds every allotment of the complete market, although no
pair was looked at again. Where the third term is not the largest, u_p is the true one, and nothing
that isn't named could be worth more to p at π. Only the others need another look: first at the
orders that fell far (they alone make the maximum large), then at the people still in doubt.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.compiled import njit, parallel, prange
from matching.engine.market import Market
from matching.engine.search import NEVER, Passes, search

Array = NDArray[Any]
Whole = NDArray[np.int64]

LENGTH: Final = 60  # orders named for a person at most
FRESH: Final = 20  # found in one look
MARGIN: Final = 20_000  # millionths below its price at which an order is still named
FELL: Final = MARGIN // 2  # a price that fell by more has its order looked at by everybody
UNSEEN: Final = 1 << 40  # `rest` of a person whom no pass has looked at
SLICES: Final = 8  # the market falls into so many small ones for the first look


@njit
def _weakest(order: Array, value: Array, price: Array, seat: int) -> tuple[int, int]:
    """The least useful of the named at these prices, and its net value; never the seat held."""
    weakest, least = -1, NEVER
    for at in range(len(order)):
        net = value[at] - price[order[at]]
        if net < least and order[at] != seat:
            weakest, least = at, net
    return weakest, least


@parallel
def _merge(
    people: Array, new_order: Array, new_value: Array, order: Array, value: Array, size: Array,
    rest: Array, since: Array, looked_at: Array, price: Array, seat: Array,
) -> None:  # fmt: skip
    """Takes in what was found; what is dropped for it counts among the rest, by (*)."""
    for row in prange(len(people)):
        p = people[row]
        for new in range(new_order.shape[1]):
            o, worth = new_order[row, new], new_value[row, new]
            if o < 0:
                break
            known = False
            for at in range(size[p]):
                if order[p, at] == o:
                    value[p, at] = worth
                    known = True
            if known:
                continue
            at = size[p]
            if at < order.shape[1]:
                size[p] += 1
            else:
                at, net = _weakest(order[p], value[p], price, seat[p])
                if worth - price[o] < net:
                    rest[p] = max(rest[p], worth - looked_at[since[p], o])
                    continue
                rest[p] = max(rest[p], value[p, at] - looked_at[since[p], order[p, at]])
            order[p, at], value[p, at] = o, worth


@parallel
def _surplus(order: Array, value: Array, size: Array, price: Array, surplus: Array) -> None:
    for p in prange(len(surplus)):
        best = 0
        for at in range(size[p]):
            best = max(best, value[p, at] - price[order[p, at]])
        surplus[p] = best


class Shortlists:
    """The lists of a market, and what may be said of the pairs that are not in them."""

    def __init__(self, market: Market, search: Passes = search) -> None:
        n = len(market.people)
        self.market, self.search = market, search
        self.order = np.zeros((n, LENGTH), np.int32)
        self.value = np.zeros((n, LENGTH), np.int32)
        self.size = np.zeros(n, np.int32)
        self.rest = np.full(n, UNSEEN, np.int64)
        self.since = np.zeros(n, np.int64)
        self.looked_at = np.zeros((1, len(market.orders)), np.int64)  # ρ of each look

    def first_look(self, prices: Whole, seat: Whole) -> None:
        """Every eighth person at every eighth order: eight small markets, for an idea of prices.

        It proves nothing (`rest` stays unknown), but with good prices the first look at all pairs
        finds most of them too dear to be worth a look.
        """
        m = len(self.market.orders)
        for part in range(SLICES):
            people, orders = self.market.rank[part::SLICES], np.arange(part, m, SLICES)
            found = self.search(self.market, prices, FRESH, people=people, orders=orders)
            self._take(people, found.order, found.value, prices, seat)

    def bound(self, prices: Whole) -> tuple[int, Whole]:
        """What no allotment of the complete market exceeds, and the people still in doubt."""
        surplus = self.surplus(prices)
        unseen = self.rest + (self.looked_at - prices).max(axis=1, initial=-NEVER)[self.since]
        total = int(np.maximum(surplus, unseen).sum()) + int(self.market.seats @ prices)
        return total, np.flatnonzero(unseen > surplus)

    def surplus(self, prices: Whole) -> Whole:
        """What the best of the named is worth above its price, 0 if none is."""
        surplus = np.zeros(len(self.size), np.int64)
        _surplus(self.order, self.value, self.size, prices, surplus)
        return surplus

    def look(self, prices: Whole, seat: Whole) -> None:
        """Looks again, at these prices, wherever the lists cannot speak for the rest."""
        fallen = np.flatnonzero(self.looked_at.max(axis=0) - prices > FELL)
        everybody = np.arange(len(self.size))
        if len(fallen) * 4 < len(prices) and self.rest.max(initial=0) < UNSEEN:
            self.reconsider(fallen, prices, seat)
            doubtful = self.bound(prices)[1]
        else:
            doubtful = everybody
        if not len(doubtful):
            return
        found = self.search(self.market, prices, FRESH, people=doubtful, floor=-MARGIN)
        self.looked_at = np.append(self.looked_at, prices[None], axis=0)
        self.since[doubtful] = len(self.looked_at) - 1
        self.rest[doubtful] = found.rest
        self._take(doubtful, found.order, found.value, prices, seat)

    def reconsider(self, orders: Whole, prices: Whole, seat: Whole) -> None:
        """Lets everybody look at some orders again: they are dear no longer, or have changed."""
        if not len(orders):
            return
        everybody = np.arange(len(self.size))
        found = self.search(self.market, prices, FRESH, orders=orders, floor=self.rest)
        self.rest = np.maximum(self.rest, found.rest)
        self.looked_at[:, orders] = prices[orders]
        self._take(everybody, found.order, found.value, prices, seat)

    def _take(self, people: Whole, order: Array, value: Array, prices: Whole, seat: Whole) -> None:
        _merge(
            people, order, value, self.order, self.value, self.size,
            self.rest, self.since, self.looked_at, prices, seat,
        )  # fmt: skip
