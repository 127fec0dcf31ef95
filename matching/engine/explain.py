"""Reasons as data: why a pair is where it is, and what would change it. Pages find the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine import kernel
from matching.engine.bins import Bin, Judgement, judge
from matching.engine.market import Market
from matching.engine.orders import Order
from matching.engine.people import Person
from matching.engine.scores import Distances, Score, prospect, utility

SHOWN: Final = 20  # openings in each of the three lists


@dataclass(frozen=True, slots=True)
class Pair:
    """Everything there is to say of one person and one order."""

    judgement: Judgement
    wants: Score
    hired: Score

    @property
    def value(self) -> int:
        """U·P in millionths, without the waiting bonus of an allotment."""
        return self.wants.chance * self.hired.chance


def pair(person: Person, order: Order, distances: Distances, as_of: date) -> Pair:
    """The bin with its reasons, and both scores with their contributions."""
    km = distances.between(person.county, order.county)
    return Pair(
        judge(person, order, distances),
        utility(person, order, km),
        prospect(person, order, as_of),
    )


@dataclass(frozen=True, slots=True)
class Opening:
    """One order as one person meets it; U and P in thousandths, their product in millionths."""

    order_id: str
    bin: Bin
    wants: int
    hired: int

    @property
    def value(self) -> int:
        """U·P in millionths."""
        return self.wants * self.hired


@dataclass(frozen=True, slots=True)
class Openings:
    """The three lists of a person, each best first, and how many orders stand in each bin."""

    fitting: tuple[Opening, ...]  # 直接胜任 or 加便利可胜任
    after_training: tuple[Opening, ...]
    to_confirm: tuple[Opening, ...]
    counts: Mapping[Bin, int]


def openings(market: Market, person: int, shown: int = SHOWN) -> Openings:
    """The ranked openings of the person at this place of the market's people."""
    return next(every_openings(market, np.array([person]), shown))


def every_openings(
    market: Market, chosen: NDArray[np.int64], shown: int = SHOWN
) -> Iterator[Openings]:
    """The ranked openings of each chosen person, in the order chosen."""
    bins, wants, hired = kernel.judge(market, chosen)
    worth = wants.astype(np.int32) * hired
    for row in range(len(chosen)):
        counts = np.bincount(bins[row], minlength=len(Bin))
        ranked = np.argsort(-worth[row], kind="stable")
        lists = [
            tuple(
                Opening(
                    market.orders.ids[o],
                    Bin(int(bins[row, o])),
                    int(wants[row, o]),
                    int(hired[row, o]),
                )
                for o in ranked[np.isin(bins[row, ranked], some)][:shown].tolist()
            )
            for some in ((Bin.NOW, Bin.ACCOMMODATION), (Bin.TRAINING,), (Bin.CONFIRM,))
        ]
        yield Openings(lists[0], lists[1], lists[2], {b: int(counts[b]) for b in Bin})
