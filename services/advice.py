"""What the whole market says beyond who gets which seat: what a seat is worth, what to ask, what to teach.

Worked out once for each run of the matching, over everybody and every seat of the open orders,
those that somebody holds already included: what is told is where a person stands in the market,
not what is left of it. Done in a thread of its own; whoever asks meanwhile is told to come again.
"""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.engine import standing
from matching.engine.allotment import allot
from matching.engine.bins import Bin, Question, judge
from matching.engine.market import Market
from matching.engine.prices import lowest
from matching.engine.questions import Training, training_worth, worth_asking
from services.actions.market import Loaded, load
from services.actions.runs import whole
from services.db import advice as reads
from services.profiles import to_person
from services.sealing import Seal
from services.snapshot import Snapshot

TOLD: Final = 500  # questions and classes kept
PATIENCE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A pair that its unknowns decide: the most its answers can add, and what to ask."""

    pseudonym: int
    order: int
    worth: int  # millionths
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """The market at one run; values in millionths. `slack` is 0 where prices are proven."""

    run: int
    slack: int
    prices: Mapping[int, int]  # of one more seat, by order
    asks: tuple[Ask, ...]
    trainings: tuple[Training, ...]
    pseudonyms: NDArray[np.int64]  # ascending
    surplus: NDArray[np.int64]
    fits: NDArray[np.bool_]  # whether any order fits

    def place(self, pseudonym: int) -> int | None:
        """Where a person stands in the arrays; None who wasn't in the market."""
        at = int(np.searchsorted(self.pseudonyms, pseudonym))
        known = at < len(self.pseudonyms) and self.pseudonyms[at] == pseudonym
        return at if known else None


class Advice:
    """Keeps what was told of the newest run. Who asks first waits `patience_seconds` for it."""

    def __init__(self, snapshot: Snapshot, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self.snapshot = snapshot
        self.patience_seconds = patience_seconds
        self._thread = ThreadPoolExecutor(1, "advice")
        self._told: Told | None = None
        self._work: asyncio.Task[Told] | None = None

    async def current(self, today: date) -> Told | None:
        """What the newest run says; None before any run, and while it is being worked out."""
        async with self.snapshot.matcher() as conn:
            run = await reads.newest_run.value(conn)
        if run is None or (self._told is not None and self._told.run == run):
            return self._told if run is not None else None
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._make(int(run), today))
        done, _ = await asyncio.wait({self._work}, timeout=self.patience_seconds)
        return self._told if done and self._work.result() is self._told else None

    async def _make(self, run: int, today: date) -> Told:
        async with self.snapshot.matcher() as conn:
            loaded = await load(conn, today)
            taken = {row.id: row.taken for row in await reads.taken.all(conn)}
        whole = {
            number: replace(order, seats=order.seats + taken.get(number, 0))
            for number, order in loaded.orders.items()
        }
        loop = asyncio.get_running_loop()
        work = replace(loaded, orders=whole), self.snapshot.seal, run, today
        self._told = await loop.run_in_executor(self._thread, told_of, *work)
        return self._told

    def close(self) -> None:
        """Lets the thread go; what it is at is thrown away."""
        if self._work is not None:
            self._work.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)


def told_of(loaded: Loaded, seal: Seal, run: int, today: date) -> Told:
    """Everything told of one market; long work, for a thread."""
    held = whole(loaded, seal, today)
    market, rows, numbers = held.market, held.rows, list(held.orders)
    answer = allot(market)
    worth = lowest(market, answer)
    asks = []
    for one in worth_asking(market, worth)[:TOLD]:
        row, number = rows[one.person], numbers[one.order]
        person = to_person(row, held.profiles[one.person])
        said = judge(person, loaded.orders[number], loaded.distances)
        asks.append(Ask(row.pseudonym, number, one.worth, said.questions))
    pseudonyms = np.array([row.pseudonym for row in rows], np.int64)
    order = np.argsort(pseudonyms)
    return Told(
        run,
        worth.slack,
        dict(zip(numbers, worth.prices.tolist(), strict=True)),
        tuple(asks),
        training_worth(market, worth, answer.order_of, loaded.distances)[:TOLD],
        pseudonyms[order],
        worth.surplus[order],
        (_best_bins(market) >= Bin.TRAINING)[order],
    )


def _best_bins(market: Market) -> NDArray[Any]:
    if not len(market.orders):
        return np.zeros(len(market.people), np.int8)
    return standing.best_bins(market)
