"""Every person against every order, without ever holding the pairs.

Per person the tables of both scores become five short vectors (`sight`): occupation twice, place,
terms, wage. The value of a pair is then a handful of additions and two look-ups, and judging it a
subtraction and a mask (`fit`). `search` finds the best of all orders and skips what can be proven
not to matter; here stand the pass that prices ask for, and the pass that judges every pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.compiled import njit, parallel, prange
from matching.engine.fit import (
    ACCOMMODATION,
    CONFIRM,
    NOT_NOW,
    NOW,
    TRAINING,
    fitting,
    possible,
)
from matching.engine.market import Market, OrderSide, PeopleSide, Tables
from matching.engine.search import BROKEN, PEOPLE_A_BLOCK, Passes, search
from matching.engine.sight import heed, likelihood, look, prospect, scratch, wish

__all__ = [
    "ACCOMMODATION",
    "CONFIRM",
    "NOT_NOW",
    "NOW",
    "TRAINING",
    "best",
    "judge",
    "stand",
]

Array = NDArray[Any]


@njit
def stand(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    p: int,
    o: int,
    seen: Any,
    everything: Array,
) -> int:
    """The bin of a pair, of a person who was looked at."""
    if wish(posts, seen, o) < BROKEN:
        return NOT_NOW
    if side.remark_at[p] != side.remark_at[p + 1] and not heed(side, tables, p, o, seen):
        return NOT_NOW
    fit = fitting(side, posts, tables, p, o, seen.held, seen.counts, seen.left)
    if fit == NOT_NOW and possible(side, posts, tables, p, o, seen.held, everything, seen.left):
        return CONFIRM
    return fit


@parallel
def _judge(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    chosen: Array,
    bins: Array,
    wants: Array,
    hired: Array,
) -> None:
    everything = np.full(3, ~np.uint64(0), np.uint64)
    for block in prange((len(chosen) + PEOPLE_A_BLOCK - 1) // PEOPLE_A_BLOCK):
        seen = scratch(tables)
        for row in range(block * PEOPLE_A_BLOCK, min(len(chosen), (block + 1) * PEOPLE_A_BLOCK)):
            p = chosen[row]
            look(side, tables, p, seen)
            for o in range(len(posts.wage)):
                wants[row, o] = likelihood(tables.sigmoid, wish(posts, seen, o))
                hired[row, o] = likelihood(tables.sigmoid, prospect(posts, seen, o))
                bins[row, o] = stand(side, posts, tables, p, o, seen, everything)


def best(
    market: Market, prices: NDArray[np.int64], k: int, passes: Passes = search
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Each person's k best fitting orders by value less price, over all orders.

    Gives (n, k) orders (-1 where there are fewer that are worth their price), best first, their
    (n, k) values, and (n,) the surplus of the best, which with the prices makes the dual bound.
    """
    found = passes(market, prices, k)
    gains = found.value[:, 0] - np.append(prices, 0)[found.order[:, 0]]
    return found.order, found.value, np.where(found.order[:, 0] >= 0, gains, 0).astype(np.int64)


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
