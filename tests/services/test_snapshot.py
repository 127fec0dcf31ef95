"""The market in memory follows the database: who comes is there, who withdraws is gone in a second."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest

from matching.engine.preview import preview
from services.db import market as reads
from services.snapshot import CHANNEL, Snapshot
from tests.conftest import NOW
from tests.services import market_world
from tests.services.market_world import TODAY


@pytest.fixture
async def market(place):
    made = await market_world.market(place)
    for _ in range(3):
        await made.person()
    await made.order()
    return made


@asynccontextmanager
async def a_snapshot(place, **how):
    snapshot = Snapshot(place.settings, **how)
    try:
        yield snapshot
    finally:
        await snapshot.close()


async def fitting(snapshot):
    held = await snapshot.current(TODAY)
    order = next(iter(held.orders.values()))
    return (await snapshot.work(preview, held.crowd, order)).fitting


async def within_a_second(is_so):
    for _ in range(100):
        if is_so():
            return True
        await asyncio.sleep(0.01)
    return False


async def withdraw_consent(place, person):
    await place.owner.execute(
        "update consent set withdrawn_at = $2 where person_id = $1", person, NOW
    )


async def leave(place, person):
    await place.owner.execute("delete from consent where person_id = $1", person)
    await place.owner.execute("delete from person_category where person_id = $1", person)
    await place.owner.execute("delete from person where id = $1", person)


async def turn_off(place, person):
    await place.owner.execute(
        "update matching_profile set active = false where pseudonym = $1", 500_000 + person
    )


async def test_a_new_order_and_a_new_person_are_there_at_the_next_look(place, market):
    async with a_snapshot(place, check_seconds=0) as snapshot:
        assert await fitting(snapshot) == 3
        order, person = await market.order(), await market.person()
        held = await snapshot.current(TODAY)
        assert order in held.orders
        assert str(500_000 + person) in held.crowd
        assert await fitting(snapshot) == 4


@pytest.mark.parametrize("going", [withdraw_consent, leave, turn_off])
async def test_who_goes_is_gone_within_a_second_though_nobody_asks(place, market, going):
    async with a_snapshot(place) as snapshot:
        snapshot.start(lambda: TODAY)
        held, gone = await snapshot.current(TODAY), str(500_000 + market.people[0])
        assert gone in held.crowd
        await going(place, market.people[0])
        assert await within_a_second(lambda: gone not in held.crowd)
        assert len(held.crowd) == 2


async def test_without_its_trigger_who_goes_would_stay(place, market):
    """The positive control: it is the change notice that takes a person out."""
    await place.owner.execute("drop trigger tell_market on matching_profile")
    async with a_snapshot(place, check_seconds=0) as snapshot:
        assert await fitting(snapshot) == 3
        await turn_off(place, market.people[0])
        assert await fitting(snapshot) == 3


async def test_what_was_missed_while_the_line_was_cut_is_read_again(place, market):
    async with a_snapshot(place, check_seconds=0) as snapshot:
        assert await fitting(snapshot) == 3
        snapshot._ear.terminate()
        await turn_off(place, market.people[0])
        assert await fitting(snapshot) == 2


async def test_a_change_notice_names_nobody(place, market):
    """A number of 1,024 for people, a letter for orders: no pseudonym, no county, no word."""
    heard = []
    conn = await asyncpg.connect(place.settings.url("yupei_matcher"))
    try:
        await conn.add_listener(CHANNEL, lambda *told: heard.append(told[-1]))
        person = await market.person()
        await market.order()
        await within_a_second(lambda: len(heard) >= 2)
    finally:
        await conn.close()
    assert sorted(heard) == ["o", f"p{(500_000 + person) % 1024}"]


async def test_a_seat_that_is_taken_makes_nobody_read_the_orders_again(place, market):
    async with a_snapshot(place, check_seconds=0) as snapshot:
        first = await snapshot.current(TODAY)
        await place.owner.execute("update job_order set taken = 1")
        assert await snapshot.current(TODAY) is first
        await place.owner.execute("update job_order set state = 'closed'")
        assert not (await snapshot.current(TODAY)).orders


async def test_tomorrow_the_orders_are_looked_through_anew(place, market):
    async with a_snapshot(place, check_seconds=60) as snapshot:
        held = await snapshot.current(TODAY)
        later = await snapshot.current(next(iter(held.orders.values())).work_from)
        assert held.orders
        assert not later.orders  # its deadline passed
        assert later.crowd is held.crowd


async def test_the_event_loop_answers_while_the_engine_counts(place, market):
    async with a_snapshot(place) as snapshot:
        await snapshot.current(TODAY)
        waiting = asyncio.create_task(snapshot.work(_spin))
        beats = 0
        while not waiting.done():
            await asyncio.sleep(0.005)
            beats += 1
        assert beats >= 10


def _spin():
    import time  # noqa: PLC0415

    time.sleep(0.3)


async def test_cards_of_candidates_are_read_anew_and_only_of_who_is_in_the_market(place, market):
    async with a_snapshot(place) as snapshot:
        wanted = [500_000 + one for one in market.people]
        await turn_off(place, market.people[0])
        found = await snapshot.people(wanted)
        assert set(found) == set(wanted[1:])
        assert await snapshot.people([]) == {}
    assert reads.bucket.sql.count("active") == 1
