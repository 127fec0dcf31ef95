"""A service killed in the middle of many writes: what it acknowledged is there, the rest is whole or absent."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from services.cli.place import prepare
from services.db.embedded import server_for
from services.db.pool import open_pool
from services.sealing import Keys
from services.settings import Settings
from services.web.middlewares import COOKIE
from services.web.once import HEADER, REPLAYED
from tests.conftest import Place
from tests.services import market_world
from tests.services.web import open_session

pytestmark = pytest.mark.long
CHECKOUT = Path(__file__).parents[2]
CLIENTS = 12
SECONDS = 1.5  # of writing before the blow


@pytest.fixture
def home():
    """pytest's own folders are closed to the account that PostgreSQL takes under root."""
    with tempfile.TemporaryDirectory(prefix="yupei-kill-") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "home"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def the_place(settings):
    """Its database, while it runs."""
    owner = await asyncpg.connect(settings.url("yupei_owner"))
    pool = await open_pool(settings.url("yupei_app"))
    try:
        yield Place(settings, owner, pool, Keys.of(settings.master_key))
    finally:
        await pool.close()
        await owner.close()


async def fill(settings):
    """An open order, and people with sessions who may ask about it: (order, [(person, session)])."""
    with server_for(settings) as ready:
        await prepare(ready)
        async with the_place(ready) as place:
            market = await market_world.market(place)
            order, askers = await market.order(), []
            for _ in range(CLIENTS):
                person = await market.person()
                user = await place.user("求职者", role="job_seeker", person=person)
                await place.owner.execute("update role_grant set valid_from = '2020-01-01'")
                askers.append((person, await open_session(place, user, now=datetime.now(UTC))))
            return order, askers


class Service:
    """`yupei serve` as a process of its own."""

    def __init__(self, settings):
        self.port, self.data = free_port(), settings.home / "postgres/data"
        self.environ = os.environ | {
            "YUPEI_HOME": str(settings.home),
            "YUPEI_PORT": str(self.port),
            "YUPEI_LOG_LEVEL": "error",
        }
        self.environ.pop("DATABASE_URL", None)
        self.process = None

    async def start(self):
        self.process = subprocess.Popen(  # noqa: ASYNC220  # returns at once
            [sys.executable, "-c", "from services.cli import main; main()", "serve"],
            cwd=CHECKOUT,
            env=self.environ,
        )
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                assert self.process.poll() is None, "the service ended at its start"
                try:
                    async with session.get(f"http://127.0.0.1:{self.port}/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        raise AssertionError("the service was not ready in a minute")

    def postgres(self):
        """The postmaster and every process of it."""
        master = int((self.data / "postmaster.pid").read_text().split("\n")[0])
        found = [master]
        for each in Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(each.read_text().rpartition(")")[2].split()[1]) == master:
                    found.append(int(each.parent.name))
            except OSError:  # it ended while we looked
                continue
        return found

    def kill(self, *, database):
        """kill -9, of the service alone or of the database with it."""
        for pid in [self.process.pid, *(self.postgres() if database else [])]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Asker:
    """A client that writes one question after the other, and remembers what was acknowledged."""

    def __init__(self, number, order, person, opened):
        self.number, self.order, self.person, self.opened = number, order, person, opened
        self.acknowledged, self.sent = [], []

    async def ask(self, session, port, words):
        async with session.post(
            f"http://127.0.0.1:{port}/api/openings/{self.order}/questions",
            json={"person": self.person, "text": words},
            headers={
                "Cookie": f"{COOKIE}={self.opened.token}",
                "X-CSRF-Token": self.opened.csrf,
                HEADER: words,
            },
        ) as response:
            assert response.status == 200, await response.text()
            await response.read()
            return REPLAYED in response.headers

    async def run(self, port):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                words = f"q-{self.number}-{len(self.sent)}"
                self.sent.append(words)
                try:
                    await self.ask(session, port, words)
                except aiohttp.ClientError:
                    return
                self.acknowledged.append(words)


@pytest.mark.parametrize("database", [False, True], ids=["service", "service-and-postgres"])
async def test_kill_9_loses_nothing_acknowledged_and_a_repeat_is_done_once(home, database):
    settings = Settings.from_env({"YUPEI_HOME": str(home), "YUPEI_LOG_LEVEL": "error"})
    order, given = await fill(settings)
    askers = [Asker(number, order, *one) for number, one in enumerate(given)]
    service = Service(settings)
    await service.start()
    try:
        writing = [asyncio.create_task(one.run(service.port)) for one in askers]
        await asyncio.sleep(SECONDS)
        service.kill(database=database)
        await asyncio.gather(*writing)

        acknowledged = {words for one in askers for words in one.acknowledged}
        sent = {words for one in askers for words in one.sent}
        assert len(acknowledged) > CLIENTS
        await service.start()
        with server_for(settings) as ready:
            async with the_place(ready) as place:
                rows = await place.owner.fetch("select text from offer_question")
                there = [row["text"] for row in rows]
                assert len(there) == len(set(there))
                assert acknowledged <= set(there) <= sent
                await whole(place, len(there))

                # Who heard no answer asks again, under the same key: done before or not, it is once.
                async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
                    for one in askers:
                        last = one.sent[-1]
                        done = last in there
                        if not done:
                            assert not await one.ask(session, service.port, last)
                rows = await place.owner.fetch("select text from offer_question")
                assert sorted(row["text"] for row in rows) == sorted(sent)
                await whole(place, len(sent))
    finally:
        if service.process.poll() is None:
            service.stop()


async def whole(place, questions):
    """Each question with its audit row and its key, and none of these without the question."""
    asked = "select count(*) from audit_event where action = 'opening:ask'"
    assert await place.owner.fetchval(asked) == questions
    assert await place.owner.fetchval("select count(*) from idempotency") == questions
