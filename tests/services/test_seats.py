"""Seats never oversell, by whatever path; and the harness would see it if they did."""

import asyncio

import asyncpg
import pytest

from accreditation.errors import Refusal as OtherRefusal
from matching.errors import Refusal
from matching.orders import states
from services.actions import offers
from services.db.context import transaction
from services.db.offers import held_apart
from services.sealing import profile_seal
from services.snapshot import Snapshot
from tests.conftest import NOW
from tests.services import market_world, web
from tests.services.market_world import TODAY

CLIENTS = 200
CONSISTENT = (
    "select count(*) from job_order j where taken <>"
    " (select count(*) from offer o where o.order_id = j.id and o.holds_seat)"
)


@pytest.fixture
async def market(place):
    return await market_world.market(place)


async def crowd(market, count=CLIENTS):
    return [await market.person() for _ in range(count)]


async def rush(people, one):
    """How many of them got a seat, all asking at once."""

    async def attempt(person):
        try:
            await one(person)
        except (Refusal, OtherRefusal):
            return 0
        return 1

    return sum(await asyncio.gather(*(attempt(person) for person in people)))


@pytest.mark.parametrize("seats", [1, 2, 50])
async def test_two_hundred_at_once_get_exactly_the_seats_there_are(place, market, seats):
    people, order = await crowd(market), await market.order(seats=seats)
    actor = await place.actor(market.county)
    snapshot = Snapshot(place.settings)
    held = await snapshot.current(TODAY)
    seal = profile_seal(place.settings.matcher_key)

    async def reserve(person):
        async with transaction(place.pool, actor, wait_seconds=60) as conn:
            await offers.reserve(
                conn, actor, seal, held.distances, order, person, today=TODAY, now=NOW
            )

    try:
        assert await rush(people, reserve) == seats
    finally:
        await snapshot.close()
    assert await place.owner.fetchval("select taken from job_order where id = $1", order) == seats
    assert await place.owner.fetchval("select count(*) from offer where holds_seat") == seats
    assert await place.owner.fetchval(CONSISTENT) == 0


@pytest.mark.parametrize("seats", [1, 2, 50])
async def test_without_the_guard_the_harness_sees_overselling(place, market, seats):
    """The positive control: read the seats, then write. The CHECK is taken away too."""
    people, order = await crowd(market), await market.order(seats=seats)
    await place.owner.execute("alter table job_order drop constraint job_order_check")
    pool = await asyncpg.create_pool(place.settings.url("yupei_owner"), min_size=20, max_size=20)

    async def naive(person):
        async with pool.acquire() as conn, conn.transaction():
            row = await conn.fetchrow("select taken, seats from job_order where id = $1", order)
            if row["taken"] >= row["seats"]:
                raise Refusal("名额已满")
            await conn.execute(
                "insert into offer (order_id, person_id, state, holds_seat, bin, accommodations,"
                " reserved_at, reserved_until, simulated)"
                " values ($1, $2, 'reserved', true, 'now', '{}', $3, $3, true)",
                order,
                person,
                NOW,
            )
            await conn.execute(
                "update job_order set taken = $2 where id = $1", order, row["taken"] + 1
            )

    try:
        assert await rush(people, naive) > seats
    finally:
        await pool.close()
    assert await place.owner.fetchval(CONSISTENT) == 1


async def test_the_database_refuses_what_the_guard_would_have(place, market):
    order = await market.order(seats=1)
    with pytest.raises(asyncpg.CheckViolationError):
        await place.owner.execute("update job_order set taken = 2 where id = $1", order)


async def test_confirming_and_reserving_at_once_share_the_seats(place, market):
    """A run proposes three people for three seats while staff keep them for others."""
    people, order = await crowd(market, 23), await market.order(seats=3)
    rivals, proposed = people[:20], people[20:]
    run = await web.add(
        place,
        "match_run",
        started_at=NOW,
        people=23,
        orders=1,
        seats=3,
        filled=3,
        value=3,
        bound=3,
        gap=0,
        passes=1,
        seconds=1,
        bins="{}",
        scorecard="1",
        simulated=True,
    )
    for person in proposed:
        await place.owner.execute(
            "insert into allotment select $1, pseudonym, $2, 'now', 1, 1, 1, '{}' from person where id = $3",
            run,
            order,
            person,
        )
    county, province = await place.actor(market.county), await place.actor(market.province)
    snapshot = Snapshot(place.settings)
    held = await snapshot.current(TODAY)
    seal = profile_seal(place.settings.matcher_key)

    async def take(person):
        async with transaction(place.pool, county, wait_seconds=60) as conn:
            await offers.reserve(
                conn, county, seal, held.distances, order, person, today=TODAY, now=NOW
            )

    async def confirm():
        async with transaction(place.pool, province, wait_seconds=60) as conn:
            return await offers.confirm(conn, province, run, today=TODAY, now=NOW)

    try:
        taken, confirmed = await asyncio.gather(rush(rivals, take), confirm())
    finally:
        await snapshot.close()
    assert taken + confirmed.reserved == 3
    assert await place.owner.fetchval(CONSISTENT) == 0


async def test_one_person_holds_one_seat(place, market):
    """Twenty orders reach for the same person at once: one gets them, no seat is lost."""
    person = (await crowd(market, 1))[0]
    orders = [await market.order(seats=1) for _ in range(20)]
    actor = await place.actor(market.county)
    snapshot = Snapshot(place.settings)
    held = await snapshot.current(TODAY)
    seal = profile_seal(place.settings.matcher_key)

    async def reserve(order):
        async with transaction(place.pool, actor, wait_seconds=60) as conn:
            await offers.reserve(
                conn, actor, seal, held.distances, order, person, today=TODAY, now=NOW
            )

    try:
        assert await rush(orders, reserve) == 1
    finally:
        await snapshot.close()
    assert await place.owner.fetchval("select sum(taken) from job_order") == 1
    assert await place.owner.fetchval(CONSISTENT) == 0


async def test_accepting_and_declining_at_once_leaves_one_answer(place, market):
    person, order = (await crowd(market, 1))[0], await market.order(seats=1)
    seeker = await place.actor(await place.user("王", role="job_seeker", person=person))
    county = await place.actor(market.county)
    snapshot = Snapshot(place.settings)
    held = await snapshot.current(TODAY)
    await snapshot.close()
    seal = profile_seal(place.settings.matcher_key)
    async with transaction(place.pool, county) as conn:
        offer = await offers.reserve(
            conn, county, seal, held.distances, order, person, today=TODAY, now=NOW
        )

    async def decline(_number):
        async with transaction(place.pool, seeker, wait_seconds=60) as conn:
            await offers.reply(conn, seeker, seal, offer, "decline", today=TODAY, now=NOW)

    assert await rush(range(20), decline) == 1
    assert await place.owner.fetchval("select taken from job_order where id = $1", order) == 0


async def test_seats_that_stand_apart_from_their_offers_are_found(place, market):
    """The nightly comparison sees a count that nobody's offer explains."""
    order = await market.order(seats=5)
    assert await held_apart.all(place.owner) == []
    await place.owner.execute("update job_order set taken = 1 where id = $1", order)
    assert [one.id for one in await held_apart.all(place.owner)] == [order]


async def test_the_lawful_moves_of_the_database_are_those_of_the_domain(place):
    rows = await place.owner.fetch("select source, event, target from order_move")
    assert {tuple(row) for row in rows} == states.MOVES
