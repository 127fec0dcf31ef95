"""Bertsekas' auction, many people to one order: forward for people, reverse for seats.

The state is who holds which edge, and a price for each order. Write u_b for what the bidder's own
seat is worth above its price, 0 without a seat. ε-complementary slackness means

    (1)  v_bo - π_o <= u_b + ε   for every edge,        (2)  π_o = 0 where a seat is free.

Summed over the edges of any allotment, (1) and (2) leave it at most ε a bidder above ours.

*Forward*: whoever is not content bids for the order with the best value less price, as much as
makes it ε worse than the second best. An order keeps its bids in a heap; once full, its price is
the lowest of them, and a higher bid takes that seat. Prices only rise, by ε at least whenever a
seat changes hands, so this ends. It keeps (1) of whoever has a seat; it keeps (2) if it held.

*Reverse* (Bertsekas, Castañon and Tsaknakis 1993, for inequalities as ours): an order with a free
seat and a price offers to b what b has now: β_b = v_bo - u_b is the price that b would pay. With f
seats free the price falls to the (f+1)-th best β less ε, or to 0, and the f best come, each better
off by ε at least; whoever was not taken has β <= π + ε, which is (1). The seats that they leave are
offered in turn. Now only u rises, so this ends, and then (2) holds.

So the two may start from any prices and any seats: those of the round before, or of yesterday.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.compiled import njit

Array = NDArray[Any]

NOBODY = -1


@njit
def _before(bid: Array, bidder: Array, here: int, there: int) -> bool:
    """Whether the first bid gives way sooner: it is lower, or as high and of a later bidder."""
    if bid[here] != bid[there]:
        return bool(bid[here] < bid[there])
    return bool(bidder[here] > bidder[there])


@njit
def _swap(bid: Array, bidder: Array, here: int, there: int) -> None:
    bid[here], bid[there] = bid[there], bid[here]
    bidder[here], bidder[there] = bidder[there], bidder[here]


@njit
def _sift_up(bid: Array, bidder: Array, first: int, at: int) -> None:
    while at > 0:
        above = (at - 1) // 2
        if not _before(bid, bidder, first + at, first + above):
            return
        _swap(bid, bidder, first + at, first + above)
        at = above


@njit
def _sift_down(bid: Array, bidder: Array, first: int, size: int) -> None:
    at = 0
    while 2 * at + 1 < size:
        least = 2 * at + 1
        if least + 1 < size and _before(bid, bidder, first + least + 1, first + least):
            least += 1
        if not _before(bid, bidder, first + least, first + at):
            return
        _swap(bid, bidder, first + at, first + least)
        at = least


@njit
def _choice(order: Array, value: Array, price: Array, begin: int, end: int) -> tuple[int, int, int]:
    """The best edge of a bidder, what it is worth above its price, and what the second best is.

    Staying out is worth 0; then the edge is NOBODY.
    """
    chosen, best, second = NOBODY, 0, 0
    for edge in range(begin, end):
        net = value[edge] - price[order[edge]]
        if net > best:
            chosen, best, second = edge, net, best
        elif net > second:
            second = net
    return chosen, best, second


@njit
def _forward(
    begin: Array, end: Array, order: Array, value: Array, seats: Array, price: Array,
    held: Array, taken: Array, epsilon: int,
) -> None:  # fmt: skip
    first = np.zeros(len(seats) + 1, np.int64)
    first[1:] = np.cumsum(seats)
    bid, bidder = np.zeros(first[-1], np.int64), np.zeros(first[-1], np.int64)
    waiting = np.zeros(len(begin), np.int64)  # a stack: whoever lost a seat bids next
    left = 0
    taken[:] = 0
    for b in range(len(begin) - 1, -1, -1):
        own = held[b]
        if own != NOBODY:
            o = order[own]
            _, best, _ = _choice(order, value, price, begin[b], end[b])
            if value[own] - price[o] >= max(0, best) - epsilon and taken[o] < seats[o]:
                start, at = first[o], taken[o]
                bid[start + at], bidder[start + at] = price[o], b
                taken[o] += 1
                _sift_up(bid, bidder, start, at)
                continue
            held[b] = NOBODY
        waiting[left] = b
        left += 1
    while left > 0:
        left -= 1
        b = waiting[left]
        edge, best, second = _choice(order, value, price, begin[b], end[b])
        if edge == NOBODY:
            continue
        o = order[edge]
        offer, start = price[o] + best - second + epsilon, first[o]
        held[b] = edge
        if taken[o] < seats[o]:
            at = taken[o]
            taken[o] += 1
            bid[start + at], bidder[start + at] = offer, b
            _sift_up(bid, bidder, start, at)
        else:
            held[bidder[start]] = NOBODY
            waiting[left] = bidder[start]
            left += 1
            bid[start], bidder[start] = offer, b
            _sift_down(bid, bidder, start, taken[o])
        if taken[o] == seats[o]:
            price[o] = max(price[o], bid[start])


@njit
def _columns(begin: Array, end: Array, order: Array, m: int) -> tuple[Array, Array, Array]:
    """The same edges by order: where each begins, their numbers, their bidders."""
    at = np.zeros(m + 1, np.int64)
    for b in range(len(begin)):
        for edge in range(begin[b], end[b]):
            at[order[edge] + 1] += 1
    at = np.cumsum(at)
    fill = at.copy()
    edges, bidders = np.zeros(at[-1], np.int64), np.zeros(at[-1], np.int32)
    for b in range(len(begin)):
        for edge in range(begin[b], end[b]):
            place = fill[order[edge]]
            edges[place], bidders[place] = edge, b
            fill[order[edge]] = place + 1
    return at, edges, bidders


@njit
def _suitors(
    o: int, at: Array, edges: Array, bidders: Array, order: Array, value: Array, price: Array,
    held: Array, offers: Array, chosen: Array,
) -> None:  # fmt: skip
    """Fills the best β of those who sit elsewhere, highest first, and their edges and bidders."""
    offers[:], chosen[:] = 0, NOBODY
    last = len(offers) - 1
    for place in range(at[o], at[o + 1]):
        edge, b = edges[place], bidders[place]
        own = held[b]
        if own == edge:
            continue
        offer = value[edge] - (value[own] - price[order[own]] if own != NOBODY else 0)
        if offer > offers[last]:
            slot = last
            while slot > 0 and offers[slot - 1] < offer:
                offers[slot], chosen[slot] = offers[slot - 1], chosen[slot - 1]
                slot -= 1
            offers[slot], chosen[slot] = offer, place


@njit
def _reverse(
    begin: Array, end: Array, order: Array, value: Array, seats: Array, price: Array,
    held: Array, taken: Array, epsilon: int,
) -> None:  # fmt: skip
    m = len(seats)
    empty = [np.int64(o) for o in range(m) if taken[o] < seats[o] and price[o] > 0]
    if len(empty) == 0:
        return
    at, edges, bidders = _columns(begin, end, order, m)
    while len(empty) > 0:
        o = empty.pop()
        free = seats[o] - taken[o]
        if free <= 0 or price[o] <= 0:
            continue
        offers, chosen = np.zeros(free + 1, np.int64), np.zeros(free + 1, np.int64)
        _suitors(int(o), at, edges, bidders, order, value, price, held, offers, chosen)
        price[o] = max(0, min(price[o], offers[free] - epsilon))
        for slot in range(free):
            if offers[slot] < price[o] + epsilon or chosen[slot] == NOBODY:
                break
            b = bidders[chosen[slot]]
            if held[b] != NOBODY:
                left = order[held[b]]
                taken[left] -= 1
                if price[left] > 0:
                    empty.append(np.int64(left))
            held[b] = edges[chosen[slot]]
            taken[o] += 1
        if taken[o] < seats[o] and price[o] > 0:
            empty.append(np.int64(o))


@njit
def settle(
    begin: Array, end: Array, order: Array, value: Array, seats: Array, price: Array,
    held: Array, epsilon: int,
) -> None:  # fmt: skip
    """Brings prices and seats to ε-complementary slackness, both in place.

    The edges of bidder b are `order[begin[b]:end[b]]`, with values > 0; `held[b]` is the edge that
    b holds, NOBODY for none. The earlier bidder keeps the seat among equal bids. An order without
    seats must have a price above every value.
    """
    taken = np.zeros(len(seats), np.int64)
    _forward(begin, end, order, value, seats, price, held, taken, epsilon)
    _reverse(begin, end, order, value, seats, price, held, taken, epsilon)
