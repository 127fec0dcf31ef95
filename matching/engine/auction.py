"""Bertsekas' auction, many people to one order, on the edges of one round.

Every person without a seat bids for the order with the best value less price, as much as makes
it ε worse than the second best. An order keeps its highest bids in a heap; once full, its price
is the lowest bid kept, and a higher one takes that seat. At the end nobody can do better by more
than ε at the prices (ε-complementary slackness), so the total is within ε a seat of the best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]

NOBODY = -1


@njit(cache=True)
def _sift_up(bid: Array, bidder: Array, first: int, at: int) -> None:
    while at > 0:
        above = (at - 1) // 2
        here, there = first + at, first + above
        if bid[there] < bid[here] or (bid[there] == bid[here] and bidder[there] > bidder[here]):
            return
        bid[here], bid[there] = bid[there], bid[here]
        bidder[here], bidder[there] = bidder[there], bidder[here]
        at = above


@njit(cache=True)
def _sift_down(bid: Array, bidder: Array, first: int, size: int) -> None:
    at = 0
    while 2 * at + 1 < size:
        least = 2 * at + 1
        if least + 1 < size and (
            bid[first + least + 1] < bid[first + least]
            or (
                bid[first + least + 1] == bid[first + least]
                and bidder[first + least + 1] > bidder[first + least]
            )
        ):
            least += 1
        here, there = first + at, first + least
        if bid[here] < bid[there] or (bid[here] == bid[there] and bidder[here] > bidder[there]):
            return
        bid[here], bid[there] = bid[there], bid[here]
        bidder[here], bidder[there] = bidder[there], bidder[here]
        at = least


@njit(cache=True)
def auction(
    begin: Array,
    end: Array,
    order: Array,
    value: Array,
    seats: Array,
    price: Array,
    epsilon: int,
    may_stay_out: bool,
) -> Array:
    """The order each bidder ends with, -1 for none; `price` is raised in place.

    The edges of bidder b are `order[begin[b]:end[b]]`. Bidders who may stay out take no order
    at a loss, and then prices must start from zero: an order with a free seat costs nothing.
    Otherwise every bidder must be placeable, and prices may start anywhere. The earlier bidder
    keeps the seat among equal bids.
    """
    first = np.zeros(len(seats) + 1, np.int64)
    first[1:] = np.cumsum(seats)
    bid = np.zeros(first[-1], np.int64)
    bidder = np.zeros(first[-1], np.int64)
    taken = np.zeros(len(seats), np.int64)
    given = np.full(len(begin), NOBODY, np.int64)
    waiting = np.arange(len(begin))[::-1].copy()  # a stack: whoever lost a seat bids next
    left = len(waiting)
    nothing = 0 if may_stay_out else np.int64(-(2**62))
    while left > 0:
        left -= 1
        b = waiting[left]
        best, second, chosen = nothing, nothing, NOBODY
        for edge in range(begin[b], end[b]):
            o = order[edge]
            if seats[o] == 0:
                continue
            net = value[edge] - price[o]
            if net > best:
                best, second, chosen = net, best, o
            elif net > second:
                second = net
        if chosen == NOBODY:
            continue
        if second == nothing and not may_stay_out:
            second = best  # the only order there is: no more than ε above its price
        given[b] = chosen
        offer = price[chosen] + best - second + epsilon
        start = first[chosen]
        if taken[chosen] < seats[chosen]:
            at = taken[chosen]
            taken[chosen] += 1
            bid[start + at], bidder[start + at] = offer, b
            _sift_up(bid, bidder, start, at)
        else:
            given[bidder[start]] = NOBODY
            waiting[left] = bidder[start]
            left += 1
            bid[start], bidder[start] = offer, b
            _sift_down(bid, bidder, start, taken[chosen])
        if taken[chosen] == seats[chosen]:
            price[chosen] = max(price[chosen], bid[start])
    return given
