"""A timed job takes effect once for its time, however many processes ring it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services import scheduler
from services.db import audit
from services.jobs import JOBS, SHANGHAI, SYSTEM, Job, Tools
from services.scheduler import run_once, run_slot
from tests.conftest import NOW
from tests.services import web

SLOT = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)  # 00:05 of the 23rd in Henan


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture
async def tools(place):
    await place.owner.execute("delete from job_run")
    return Tools(place.settings, place.keys)


async def _work(tools, conn, today, now):
    """Leaves one mark, slowly enough for another process to come in between."""
    await audit.write(conn, SYSTEM, "test:rung", "day", today, at=now)
    await asyncio.sleep(0.05)
    return 1


async def _fail(tools, conn, today, now):
    await _work(tools, conn, today, now)
    raise ValueError("no")


def job(run=_work, name="test"):
    return Job(name, timedelta(days=1), run, after_midnight=timedelta(minutes=5))


async def marks(place, of="2026-11-23"):
    return await place.owner.fetchval(
        "select count(*) from audit_event where action = 'test:rung' and object_id = $1", of
    )


async def test_five_processes_at_once_give_one_effect(place, tools):
    before = await marks(place)
    results = await asyncio.gather(*[run_slot(tools, job(), SLOT) for _ in range(5)])
    assert sorted(results, key=str) == [1, None, None, None, None]
    assert await marks(place) == before + 1
    assert await run_slot(tools, job(), SLOT) is None


async def test_without_the_ledger_the_effect_comes_twice(place, tools):
    """Takes the guard away: the test above sees what the ledger does."""
    before = await marks(place)
    for _ in range(2):
        await run_slot(tools, job(), SLOT)
        await place.owner.execute("delete from job_run")
    assert await marks(place) == before + 2


async def test_a_run_that_fails_leaves_nothing_and_is_done_again(place, tools):
    before = await marks(place)
    with pytest.raises(ValueError, match="no"):
        await run_slot(tools, job(_fail), SLOT)
    assert await marks(place) == before
    assert await run_slot(tools, job(), SLOT) == 1
    assert await marks(place) == before + 1


async def test_what_was_done_stands_in_the_ledger(place, tools):
    await run_slot(tools, job(), SLOT)
    row = await place.owner.fetchrow("select job, slot, finished_at, result from job_run")
    assert (row["job"], row["slot"], row["result"]) == ("test", SLOT, "1")
    assert row["finished_at"] is not None


async def test_the_job_works_for_the_civil_day_in_henan(place, tools):
    late = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)  # already the 24th there
    await run_slot(tools, job(), late)
    assert await marks(place, "2026-11-24") == 1


async def test_the_program_says_so_in_the_log_and_is_no_person(place, tools):
    await run_slot(tools, job(), SLOT)
    row = await place.owner.fetchrow(
        "select actor, roles from audit_event where action = 'test:rung' order by seq desc limit 1"
    )
    assert (row["actor"], row["roles"]) == (None, "system")


async def test_a_database_that_is_away_for_a_moment_is_tried_again(place, tools, monkeypatch):
    monkeypatch.setattr(scheduler, "_RETRY_SECONDS", 0)
    tries = []

    async def shaky(tools, conn, today, now):
        tries.append(now)
        if len(tries) < 3:
            raise ConnectionResetError
        return "done"

    assert await scheduler._guarded(tools, job(shaky), SLOT) == "done"
    assert len(tries) == 3


async def test_a_job_can_be_run_by_hand_for_any_day(place, monkeypatch):
    monkeypatch.setitem(JOBS, "test", job())
    assert await run_once(place.settings, "test", NOW.date() - timedelta(days=9)) == 1
    assert await marks(place, "2026-11-14") == 1


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-11-23 00:05", "2026-11-23 00:05"),
        ("2026-11-23 00:04", "2026-11-22 00:05"),
        ("2026-11-23 23:59", "2026-11-23 00:05"),
        ("2026-01-01 00:00", "2025-12-31 00:05"),
    ],
)
def test_the_slot_of_a_daily_job_is_the_last_time_it_was_due(now, slot):
    at = datetime.fromisoformat(now).replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert job().slot_before(at) == datetime.fromisoformat(slot).replace(tzinfo=SHANGHAI)


def test_two_processes_a_second_apart_name_the_same_slot():
    sealer = JOBS["audit-seal"]
    at = datetime(2026, 11, 23, 2, 0, 7, 123456, tzinfo=UTC)
    assert sealer.slot_before(at) == sealer.slot_before(at + timedelta(seconds=1))
    assert sealer.slot_before(at).second == 0


def test_every_job_has_a_slot_that_is_due_and_not_past_its_time():
    for each in JOBS.values():
        slot = each.slot_before(NOW)
        assert slot <= NOW < slot + each.every
