"""A run that staff start goes on beside the service, one at a time, and leaves nothing if it dies."""

import asyncio

import asyncpg
import pytest

from services.db import idempotency, jobs
from services.running import JOB, Runner, Underway, Unfinished
from tests.conftest import NOW
from tests.services import market_world, web
from tests.services.market_world import TODAY
from tests.services.test_matching_thread import Browser


@pytest.fixture
async def market(place):
    made = await market_world.market(place)
    await made.person()
    await made.order()
    return made


@pytest.fixture
async def holding(place):
    """Another process at a run: a connection that holds the lock."""
    conn = await asyncpg.connect(place.settings.url("yupei_app"))
    change = conn.transaction()
    await change.start()
    await idempotency.take_time.run(conn)
    assert await jobs.take_turn.value(conn, JOB)
    yield conn
    await conn.close()


async def runs(place):
    return await place.owner.fetchval("select count(*) from match_run")


async def test_a_run_is_made_by_a_process_of_its_own(place, market):
    runner = Runner(place.settings)
    run = await runner.run(TODAY, NOW, patient=True)
    assert await place.owner.fetchval("select filled from match_run where id = $1", run) == 1
    ledger = await place.owner.fetchrow("select * from job_run where job = 'match'")
    assert ledger["finished_at"] is not None
    assert not await jobs.underway.value(place.owner, JOB)


async def test_who_asks_meanwhile_gets_the_run_that_goes_on(place, market):
    runner = Runner(place.settings)
    both = await asyncio.gather(*(runner.run(TODAY, NOW, patient=True) for _ in range(2)))
    assert both[0] == both[1]
    assert await runs(place) == 1


async def test_two_processes_never_run_at_once(place, market, holding):
    assert await jobs.underway.value(place.owner, JOB)
    with pytest.raises(Underway):
        await Runner(place.settings).run(TODAY, NOW, patient=True)
    assert await runs(place) == 0
    await holding.close()  # the other one died: nothing has to be tidied up
    assert await Runner(place.settings).run(TODAY, NOW, patient=True)


async def test_a_run_that_is_killed_leaves_nothing_and_can_be_started_again(place, market):
    runner = Runner(place.settings)
    going = asyncio.create_task(runner.run(TODAY, NOW, patient=True))
    while runner._process is None:  # noqa: ASYNC110  # it has no event, and needs none
        await asyncio.sleep(0.01)
    runner._process.kill()
    with pytest.raises(Unfinished):
        await going
    assert await runs(place) == 0
    assert await place.owner.fetchval("select count(*) from job_run where job = 'match'") == 0
    assert await runner.run(TODAY, NOW, patient=True)


async def test_the_page_shows_that_a_run_goes_on_without_javascript(place, market, holding):
    async with web.serve(place) as client:
        browser = Browser(place, client)
        await browser.sign_in(market.province)
        page = await browser.get("/matching")
        assert "正在匹配" in page
        assert 'href="/matching">看看是否已经结束' in page
        assert 'action="/matching/runs"' not in page
        assert "已有一次匹配正在运行" in await browser.post("/matching/runs", 409)
        await holding.close()
        await asyncio.sleep(0.1)
        assert "正在匹配" not in await browser.get("/matching")


async def test_a_press_of_the_button_is_answered_before_the_run_is_done(place, market):
    async with web.serve(place) as client:
        client.app[web.RUNNER].patience_seconds = 0
        browser = Browser(place, client)
        await browser.sign_in(market.province)
        assert await browser.post("/matching/runs") == "/matching"
        assert await client.app[web.RUNNER].run(TODAY, NOW, patient=True)
        assert await runs(place) == 1
        asked = "select count(*) from audit_event where action = 'match:run'"
        assert await place.owner.fetchval(asked) == 1
