"""A run of the allotment: proposes seats for the whole market, with a certificate; staff confirm it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import numpy as np

from matching.engine import standing
from matching.engine.allotment import Allotment
from matching.engine.bins import Bin, judge
from matching.engine.learning.card import PUBLISHED
from matching.engine.learning.pairs import prospect_cases, wish_cases
from matching.engine.market import Market
from matching.engine.orders import Order, Orders
from matching.engine.people import Person
from matching.engine.scores import Distances
from services.actions.market import Loaded, load, row_of
from services.actions.offers import BIN_KEYS
from services.actions.people import opened
from services.cluster import allot_at
from services.db import Conn, learning, market
from services.db.learning import Shown
from services.profiles import Profile, Row, to_people, to_person
from services.sealing import Seal

SCORECARD: Final = "scorecard-1"


@dataclass(frozen=True, slots=True)
class Told:
    """What a run came to; value and bound in millionths, gap as a share of the bound."""

    run: int
    people: int
    orders: int
    seats: int
    seats_filled: int
    value: int
    bound: int
    gap: float
    passes: int
    bins: Mapping[str, int]  # people by the bin of their best opening
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Everybody and every open order as one moment had them, for the time of a run."""

    market: Market
    orders: dict[int, Order]  # the same orders as values, by id
    distances: Distances
    rows: Sequence[Row]
    profiles: Sequence[Profile]


def whole(loaded: Loaded, seal: Seal, today: date) -> Whole:
    """Unseals and packs what was read; long work, for a thread."""
    rows = [row_of(one) for one in loaded.people]
    profiles = [opened(seal, one.pseudonym, one.sealed) for one in loaded.people]
    people, orders = to_people(rows, profiles), Orders.from_values(loaded.orders.values())
    packed = Market.of(people, orders, loaded.distances, today)
    return Whole(packed, loaded.orders, loaded.distances, rows, profiles)


@dataclass(frozen=True, slots=True)
class _Placed:
    rows: list[tuple[object, ...]]
    shown: list[Shown]
    bins: dict[str, int]


async def propose(
    conn: Conn,
    today: date,
    now: datetime,
    seal: Seal,
    *,
    simulated: bool = False,
    cluster: str = "",
) -> Told:
    """Loads, allots (passes at `cluster`, if named) and stores; `conn` is the matcher's, in a
    transaction."""
    begun = time.perf_counter()
    loaded = await load(conn, today)
    held = await asyncio.to_thread(whole, loaded, seal, today)
    packed = time.perf_counter()
    result = await asyncio.to_thread(allot_at, held.market, cluster)
    allotted = time.perf_counter()
    placed = await asyncio.to_thread(_place, held, result)
    seats = sum(order.seats for order in held.orders.values())
    made = await market.add_run.value(
        conn,
        now,
        now,
        len(held.market.people),
        len(held.orders),
        seats,
        result.seats_filled,
        result.value,
        result.bound,
        Decimal(repr(result.gap)),
        len(result.passes),
        Decimal(repr(round(allotted - begun, 3))),
        json.dumps(placed.bins),
        SCORECARD,
        simulated,
    )
    await market.copy_allotment(conn, [(made, *row) for row in placed.rows])
    await learning.add_exposures(conn, int(made), PUBLISHED.version, placed.shown)
    done = time.perf_counter()
    return Told(
        int(made),
        len(held.market.people),
        len(held.orders),
        seats,
        result.seats_filled,
        result.value,
        result.bound,
        result.gap,
        len(result.passes),
        placed.bins,
        {
            "load": round(packed - begun, 3),
            "allot": round(allotted - packed, 3),
            "store": round(done - allotted, 3),
        },
    )


def _place(held: Whole, result: Allotment) -> _Placed:
    """Who gets which seat and what must be arranged; long work, for a thread."""
    numbers = list(held.orders)
    if not numbers:
        return _Placed([], [], {BIN_KEYS[Bin.NOT_NOW]: len(held.rows)})
    sorted_at = np.empty(len(held.market.order_at), np.int64)
    sorted_at[held.market.order_at] = np.arange(len(sorted_at))
    counts: Counter[int] = Counter(standing.best_bins(held.market).tolist())
    people = np.flatnonzero(result.order_of >= 0)
    orders = result.order_of[people]
    bins, wants, hired = standing.judge_pairs(held.market, people, sorted_at[orders])
    rows: list[tuple[object, ...]] = []
    shown: list[Shown] = []
    for at, place in enumerate(people.tolist()):
        which, u, p = Bin(int(bins[at])), int(wants[at]), int(hired[at])
        number, row = numbers[int(orders[at])], held.rows[place]
        person, order = to_person(row, held.profiles[place]), held.orders[number]
        needed = _arranged(held, person, order, which)
        rows.append((row.pseudonym, number, BIN_KEYS[which], u, p, u * p, list(needed)))
        km = held.distances.between(person.county, order.county)
        wishes = wish_cases(person, order, km)
        prospects = prospect_cases(person, order, held.market.as_of)
        shown.append(Shown(row.pseudonym, number, wishes, prospects))
    return _Placed(rows, shown, {BIN_KEYS[one]: counts[one] for one in reversed(Bin)})


def _arranged(held: Whole, person: Person, order: Order, which: Bin) -> tuple[str, ...]:
    if which is Bin.NOW or not order.provided:
        return ()
    return tuple(one.key for one in judge(person, order, held.distances).arrangements)
