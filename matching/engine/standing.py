"""Where everyone stands, in one sweep: the bin of each person's best opening, and given pairs judged.

The bin alone needs no values: a person whom something fits now is done at once, so that the sweep
over the whole market costs a fraction of judging every pair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.compiled import parallel, prange
from matching.engine.fit import NOT_NOW, NOW, fitting
from matching.engine.kernel import stand
from matching.engine.market import Market, OrderSide, PeopleSide, Tables
from matching.engine.search import PEOPLE_A_BLOCK
from matching.engine.sight import heed, likelihood, look, prospect, scratch, wish

Array = NDArray[Any]


@parallel
def _best_bin(side: PeopleSide, posts: OrderSide, tables: Tables, bins: Array) -> None:
    everything = np.full(3, ~np.uint64(0), np.uint64)
    for block in prange((len(bins) + PEOPLE_A_BLOCK - 1) // PEOPLE_A_BLOCK):
        seen = scratch(tables)
        for p in range(block * PEOPLE_A_BLOCK, min(len(bins), (block + 1) * PEOPLE_A_BLOCK)):
            look(side, tables, p, seen)
            best = NOT_NOW
            for o in range(len(posts.wage)):
                if best == NOW:
                    break
                best = max(best, stand(side, posts, tables, p, o, seen, everything))
            bins[p] = best


@parallel
def _pairs(
    side: PeopleSide,
    posts: OrderSide,
    tables: Tables,
    people: Array,
    orders: Array,
    bins: Array,
    wants: Array,
    hired: Array,
) -> None:
    for block in prange((len(people) + PEOPLE_A_BLOCK - 1) // PEOPLE_A_BLOCK):
        seen = scratch(tables)
        for row in range(block * PEOPLE_A_BLOCK, min(len(people), (block + 1) * PEOPLE_A_BLOCK)):
            p, o = people[row], orders[row]
            look(side, tables, p, seen)
            # What a person minds stands in the remarks; heed lays out what counts for fitting.
            if side.remark_at[p] != side.remark_at[p + 1]:
                heed(side, tables, p, o, seen)
            wants[row] = likelihood(tables.sigmoid, wish(posts, seen, o))
            hired[row] = likelihood(tables.sigmoid, prospect(posts, seen, o))
            bins[row] = fitting(side, posts, tables, p, o, seen.held, seen.counts, seen.left)


def best_bins(market: Market) -> NDArray[np.int8]:
    """(n_people,) the `Bin` of each person's best opening among all orders of the market."""
    bins = np.zeros(len(market.people), np.int8)
    _best_bin(market.side, market.posts, market.tables, bins)
    return bins


def judge_pairs(
    market: Market, people: NDArray[np.int64], orders: NDArray[np.int64]
) -> tuple[NDArray[np.int8], NDArray[np.int16], NDArray[np.int16]]:
    """Bin, U and P (thousandths) of pair i = (people[i], orders[i]); orders by sorted position.

    For pairs that may be allotted: one that needs confirmation reads as NOT_NOW here.
    """
    bins = np.zeros(len(people), np.int8)
    wants, hired = np.zeros(len(people), np.int16), np.zeros(len(people), np.int16)
    _pairs(market.side, market.posts, market.tables, people, orders, bins, wants, hired)
    return bins, wants, hired
