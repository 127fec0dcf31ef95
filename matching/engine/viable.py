"""Classes that open with their minimum headcount or not at all.

"At least m or nobody" is a whole-number condition outside the duality. Leaving it out can only
raise the optimum, so the relaxed market's bound holds here too: (bound - value) / bound is proven,
though part of it is what the condition costs and no cleverness could win back. Which classes close
is decided by a rule, not proven best: the emptier half of those under their minimum close, their
people are allotted anew among the others, until none is under it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.engine.allotment import Allotment, allot
from matching.engine.market import Market


@dataclass(frozen=True, slots=True, eq=False)
class Viable:
    """Seats without classes that are too small, beside the market in which they may be.

    `closed` are the orders that were shut, by their place in the order given.
    """

    allotment: Allotment
    relaxed: Allotment
    closed: NDArray[np.int64]

    @property
    def cost(self) -> int:
        """Millionths of value lost against the relaxed allotment that was found."""
        return self.relaxed.value - self.allotment.value

    @property
    def gap(self) -> float:
        """To the bound of the relaxed market, which no viable allotment exceeds either."""
        bound = self.relaxed.bound
        return (bound - self.allotment.value) / bound if bound else 0.0


def allot_viable(market: Market, **options: Any) -> Viable:
    """The allotment in which every order has its `least_people` or nobody; options as for allot.

    An order with fewer seats than its minimum needs only its seats filled.
    """
    answer = relaxed = allot(market, **options)
    seats, closed = market.seats.copy(), np.zeros(len(market.orders), bool)
    least = np.minimum(market.orders.least_people, market.seats)
    while True:
        given = np.bincount(answer.order_of[answer.order_of >= 0], minlength=len(closed))
        filled = given[market.order_at]
        under = np.flatnonzero((filled > 0) & (filled < least))
        if not len(under):
            return Viable(answer, relaxed, np.sort(market.order_at[closed]))
        emptiest = under[np.argsort(filled[under] / least[under], kind="stable")]
        closed[emptiest[: (len(under) + 1) // 2]] = True
        seats[closed] = 0
        answer = allot(replace(market, seats=seats.copy()), **options)
