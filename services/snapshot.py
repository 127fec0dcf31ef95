"""The market in the memory of this process, kept fresh by what the database tells.

People stand in packed columns (matching.engine.crowd), read as the matcher's role and opened with
its key; nothing of a person is kept besides. The database tells which bucket of people changed,
never who; the bucket is read again. A look at the market asks the listening connection first, so
that it is never older than `check_seconds`, and who withdrew is gone.

One thread of its own does everything that counts: reading in, previews and openings. So nothing
reads what another is writing, and the event loop goes on answering.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, ParamSpec, TypeVar

import asyncpg
import numba

from matching.engine.crowd import Crowd
from matching.engine.market import Market
from matching.engine.orders import Order, Orders
from matching.engine.people import People, Person
from matching.engine.scores import Distances
from services.actions.market import load_distances, load_orders, row_of
from services.actions.people import opened
from services.db import Conn, market
from services.log import log
from services.profiles import to_people, to_person
from services.sealing import Seal, profile_seal
from services.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")
CHANNEL: Final = "yupei_market"
BUCKETS: Final = 1024  # sql/migrations/0006_market_changes.sql
AT_ONCE: Final = 16  # buckets read in one query: 2,500 of 160,000 people
COALESCE_SECONDS: Final = 0.05
RETRY_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The market as it stands. `crowd` goes on changing: read it through `Snapshot.work` only."""

    today: date
    crowd: Crowd
    orders: dict[int, Order]  # the open orders as values, by id
    market: Market  # the same orders packed, before nobody
    distances: Distances


class Snapshot:
    """Keeps the market. `check_seconds` is how long it is trusted without asking the database."""

    def __init__(self, settings: Settings, *, check_seconds: float = 0.5) -> None:
        self.settings = settings
        self.check_seconds = check_seconds
        # The other cores are left to the event loop and the database.
        self._engine = ThreadPoolExecutor(1, "engine", numba.set_num_threads, (1,))
        self._turn = asyncio.Lock()  # who reads in
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._ear: asyncpg.Connection[asyncpg.Record] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._told = asyncio.Event()
        self._buckets: set[int] = set()  # to be read again
        self._orders_changed = False
        self._members: dict[int, frozenset[str]] = {}
        self._held: Held | None = None
        self._heard = 0.0

    @property
    def seal(self) -> Seal:
        """The seal of profiles."""
        return profile_seal(self.settings.matcher_key)

    def start(self, today: Callable[[], date]) -> None:
        """Reads the market in behind the first requests, and goes on following it."""
        self._keeper = asyncio.create_task(self._keep(today))

    async def current(self, today: date) -> Held:
        """The market as it stands; waits for the first reading."""
        held = self._held
        fresh = time.monotonic() - self._heard < self.check_seconds
        if held is not None and held.today == today and fresh and not self._changed:
            return held
        async with self._turn:
            return await self._follow(today)

    async def work(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of a task done in the thread that alone touches the crowd."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._engine, lambda: task(*args, **kwargs))

    async def people(self, pseudonyms: Sequence[int]) -> dict[int, Person]:
        """These people as the engine's values, read anew; who left the market is missing."""
        if not pseudonyms:
            return {}
        async with self.matcher() as conn:
            rows = await market.chosen.all(conn, list(pseudonyms))
        return {
            row.pseudonym: to_person(row_of(row), opened(self.seal, row.pseudonym, row.sealed))
            for row in rows
        }

    @asynccontextmanager
    async def matcher(self) -> AsyncIterator[Conn]:
        """A transaction of the matcher's role that sees one moment of the market."""
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.settings.url("yupei_matcher"), min_size=0, max_size=2, command_timeout=300
                )
        async with (
            self._pool.acquire() as conn,
            conn.transaction(isolation="repeatable_read"),
        ):
            yield conn

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._ear is not None:
            self._ear.terminate()
        if self._pool is not None:
            await asyncio.wait_for(self._pool.close(), 10)
            self._pool = None
        self._engine.shutdown(wait=False, cancel_futures=True)

    # Following the database

    @property
    def _changed(self) -> bool:
        return bool(self._buckets) or self._orders_changed

    async def _keep(self, today: Callable[[], date]) -> None:
        """Follows every change, asked for or not: who left is forgotten within a second."""
        while True:
            try:
                async with self._turn:
                    await self._follow(today())
                self._told.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), self.check_seconds or RETRY_SECONDS)
                await asyncio.sleep(COALESCE_SECONDS)  # one transaction often tells several
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("snapshot-waits", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, today: date) -> Held:
        """Hears what changed and reads it in. The caller has the turn."""
        try:
            if self._ear is None:
                await self._listen()
            else:
                await self._ear.execute("select 1")  # what was told before is heard by now
                await asyncio.sleep(0)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if self._ear is not None:
                self._ear.terminate()
                self._ear = None
            await self._listen()
        asked = time.monotonic()
        held = self._held
        if held is None or held.today != today or self._orders_changed:
            held = await self._read_orders(today)
        while self._buckets:
            some = sorted(self._buckets)[:AT_ONCE]
            self._buckets.difference_update(some)
            try:
                await self._read_people(held.crowd, some)
            except BaseException:
                self._buckets.update(some)
                raise
        self._held, self._heard = held, asked
        return held

    async def _listen(self) -> None:
        """Opens the listening connection; whatever was missed meanwhile is read again."""
        ear = await asyncpg.connect(
            self.settings.url("yupei_matcher"),
            command_timeout=5,
            server_settings={"application_name": "yupei-snapshot"},
        )
        try:
            await ear.add_listener(CHANNEL, self._hear)
        except BaseException:  # cancelled while the house closes, too: nobody else knows of it
            ear.terminate()
            raise
        self._ear = ear
        self._buckets.update(range(BUCKETS))
        self._orders_changed = True

    def _hear(self, _conn: Any, _pid: int, _channel: str, payload: Any) -> None:
        if payload == "o":
            self._orders_changed = True
        elif payload[1:].isdecimal() and int(payload[1:]) < BUCKETS:
            self._buckets.add(int(payload[1:]))
        self._told.set()

    async def _read_orders(self, today: date) -> Held:
        self._orders_changed = False
        try:
            async with self.matcher() as conn:
                orders = await load_orders(conn, today)
                distances = self._held.distances if self._held else await load_distances(conn)
            if self._held is None:  # an empty crowd: everybody is to be read
                self._buckets.update(range(BUCKETS))
                self._members.clear()
            crowd = self._held.crowd if self._held else Crowd(distances)
            packed = await self.work(_packed, orders, distances, today)
        except BaseException:
            self._orders_changed = True
            raise
        return Held(today, crowd, orders, packed, distances)

    async def _read_people(self, crowd: Crowd, buckets: list[int]) -> None:
        async with self.matcher() as conn:
            rows = await market.bucket.all(conn, buckets)
        known = frozenset[str]().union(*(self._members.get(one, ()) for one in buckets))
        await self.work(_read_in, crowd, rows, known, self.seal)
        by_bucket: dict[int, set[str]] = {one: set() for one in buckets}
        for row in rows:
            by_bucket[row.pseudonym % BUCKETS].add(str(row.pseudonym))
        self._members |= {one: frozenset(names) for one, names in by_bucket.items()}


def _packed(orders: dict[int, Order], distances: Distances, today: date) -> Market:
    return Market.of(People.from_values([]), Orders.from_values(orders.values()), distances, today)


def _read_in(crowd: Crowd, rows: list[market.SealedRow], known: frozenset[str], seal: Seal) -> None:
    """Puts these people into the crowd; of those known before, who is not among them leaves it."""
    crowd.drop(known - {str(row.pseudonym) for row in rows})
    if rows:
        profiles = [opened(seal, row.pseudonym, row.sealed) for row in rows]
        crowd.put(to_people([row_of(row) for row in rows], profiles))
