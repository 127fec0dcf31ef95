"""Reasons as data: why a pair is where it is, and what would change it. Pages find the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine import kernel
from matching.engine.bins import Bin, Judgement, judge
from matching.engine.market import Market
from matching.engine.orders import Order, Orders
from matching.engine.people import Person
from matching.engine.scores import Distances, Score, prospect, utility
from matching.engine.vocabulary import ACCOMMODATIONS, MODES

MORE_WAGE_YUAN: Final = 200
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


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an employer could change, and how many more people would then fit.

    `kind` is accommodation, wage, dorm, home or education; `key` the accommodation. `fewer`
    counts who no longer fits (work at home isn't for everybody).
    """

    kind: str
    key: str
    more: int
    fewer: int


@dataclass(frozen=True, slots=True)
class Preview:
    """How many people stand in each bin before an order, and what would change that.

    Changes are sorted by what they bring. Employers see counts under 5 as "fewer than 5".
    """

    counts: Mapping[Bin, int]
    changes: tuple[Change, ...]

    @property
    def fitting(self) -> int:
        """How many people may be given a seat."""
        return sum(count for one, count in self.counts.items() if one.fits)


def variants(order: Order) -> Iterator[tuple[str, str, Order]]:
    """Everything the employer has neither offered nor refused, one at a time."""
    for one in ACCOMMODATIONS:
        known = order.provided | order.refused
        if one.relaxes and not one.in_capacity and one.key not in known:
            yield "accommodation", one.key, replace(order, offered=order.offered | {one.key})
    yield "wage", "", replace(order, wage_yuan=order.wage_yuan + MORE_WAGE_YUAN)
    if not order.dorm:
        yield "dorm", "", replace(order, dorm=True)
    if order.mode != MODES[1]:
        yield "home", "", replace(order, mode=MODES[1])
    if order.education_needed:
        yield "education", "", replace(order, education=0)


def preview(market: Market, order: Order, distances: Distances) -> Preview:
    """One order, also one not yet posted, before all people of the market, in one call.

    A dimension the person can't meet by any single change moves nobody; two changes together
    may do more than both alone.
    """
    changed = list(variants(order))
    # The id stands for the post in confirmations and avoidances: all variants share it.
    rows = Orders.from_values([order, *(one for _, _, one in changed)])
    facing = market.facing(rows, distances)
    bins = kernel.judge(facing, np.arange(len(market.people)))[0]
    place = np.argsort(facing.order_at)  # columns back in the order given
    columns = np.asfortranarray(bins[:, place])
    fits = columns >= Bin.TRAINING
    base = fits[:, :1]
    more, fewer = (fits & ~base).sum(axis=0), (base & ~fits).sum(axis=0)
    counts = np.bincount(columns[:, 0], minlength=len(Bin))
    changes = [
        Change(kind, key, int(more[at]), int(fewer[at]))
        for at, (kind, key, _) in enumerate(changed, start=1)
    ]
    changes.sort(key=lambda one: -one.more)
    return Preview({b: int(counts[b]) for b in Bin}, tuple(changes))
