"""The market in the memory of this process: read as the matcher's role, opened with its key.

It is asked for by version: when the database's differs, it is read anew. Reading waits on the
database; unsealing and packing run in a thread, so the event loop goes on answering. Whoever asks
while a reading is under way gets the last one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date

import asyncpg

from matching.engine.market import Market
from matching.engine.orders import Order, Orders
from matching.engine.people import Person
from matching.engine.scores import Distances
from services.actions.market import Loaded, load, row_of
from services.actions.people import opened
from services.db import Conn, market
from services.profiles import Profile, Row, to_people, to_person
from services.sealing import Seal, profile_seal
from services.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The market as one moment had it."""

    version: str
    today: date
    market: Market
    orders: dict[int, Order]  # the same orders as values, by id
    distances: Distances
    rows: Sequence[Row]
    profiles: Sequence[Profile]
    at: dict[int, int]  # pseudonym -> place

    def person(self, pseudonym: int) -> Person | None:
        """The person under a pseudonym, None if not in the market."""
        place = self.at.get(pseudonym)
        return None if place is None else to_person(self.rows[place], self.profiles[place])


def hold(loaded: Loaded, seal: Seal, version: str, today: date) -> Held:
    """Unseals and packs what was read; long work, for a thread."""
    rows = [row_of(one) for one in loaded.people]
    profiles = [opened(seal, one.pseudonym, one.sealed) for one in loaded.people]
    return Held(
        version,
        today,
        Market.of(
            to_people(rows, profiles),
            Orders.from_values(loaded.orders.values()),
            loaded.distances,
            today,
        ),
        loaded.orders,
        loaded.distances,
        rows,
        profiles,
        {row.pseudonym: place for place, row in enumerate(rows)},
    )


class Snapshot:
    """Keeps the newest market. `check_seconds` is how long it is trusted without asking."""

    def __init__(self, settings: Settings, *, check_seconds: float = 1.0) -> None:
        self.settings = settings
        self.check_seconds = check_seconds
        self._turn = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._held: Held | None = None
        self._checked = 0.0

    @property
    def seal(self) -> Seal:
        """The seal of profiles."""
        return profile_seal(self.settings.matcher_key)

    async def current(self, today: date) -> Held:
        """The market as it stands, or the last one while a newer is being read."""
        if self._held is not None and self._held.today == today:
            fresh = time.monotonic() - self._checked < self.check_seconds
            if fresh or (self._turn.locked() and self.check_seconds > 0):
                return self._held
        async with self._turn:
            async with self.matcher() as conn:
                version = str(await market.version.value(conn))
                held = self._held
                if held is None or held.version != version or held.today != today:
                    loaded = await load(conn, today)
                    held = await asyncio.to_thread(hold, loaded, self.seal, version, today)
            self._held, self._checked = held, time.monotonic()
            return held

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
        if self._pool is not None:
            await asyncio.wait_for(self._pool.close(), 10)
            self._pool = None
