"""The worker says that it lives only while it reaches the database and turns."""

import asyncio
import os
import time
from dataclasses import replace

import pytest

from services import heartbeat
from services.cli.serve import _lives
from tests.services import web


@pytest.fixture(scope="module")
async def there(template):
    async with web.a_place(template) as made:
        yield made.settings


@pytest.fixture
def worker(there, tmp_path):
    return replace(there, home=tmp_path)


async def beats(worker):
    """Lets it beat until the first beat, or for as long as a try may take; then ends it."""
    task = asyncio.create_task(heartbeat.keep(worker))
    try:
        for _ in range(40):
            await asyncio.sleep(0.05)
            if heartbeat.age_seconds(worker) is not None:
                return True
        return False
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_it_beats_while_the_database_answers_and_leaves_nothing_behind(worker):
    assert await beats(worker)
    assert heartbeat.age_seconds(worker) is None


async def test_it_does_not_beat_while_the_database_is_away(worker, tmp_path):
    nowhere = f"postgresql:///yupei?host={tmp_path}"
    assert not await beats(replace(worker, database_url=nowhere))


def test_a_stale_or_missing_beat_is_a_dead_worker(worker):
    assert _lives(heartbeat.age_seconds(worker)) == 1
    file = heartbeat.place(worker)
    file.touch()
    assert _lives(heartbeat.age_seconds(worker)) == 0
    long_ago = time.time() - heartbeat.STALE_SECONDS - 1
    os.utime(file, (long_ago, long_ago))
    assert _lives(heartbeat.age_seconds(worker)) == 1
