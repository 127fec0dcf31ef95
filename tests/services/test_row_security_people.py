"""Whose name stays where: the floor around people, their offers and the matching process."""

import asyncpg
import pytest

from services.access import Actor, Grant
from tests.services import web
from tests.services.floors import asking, filled


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def world(place):
    return await filled(place)


async def test_an_employer_learns_a_name_when_the_person_accepts(place, world):
    at = world.own
    employer = await place.actor(world.users["employer"])
    query = "select count(*) from person where id = $1"
    async with asking(place, employer) as conn:
        assert await conn.fetchval(query, at.person) == 0
    await place.owner.execute("update offer set state = 'accepted' where id = $1", at.offer)
    try:
        async with asking(place, employer) as conn:
            assert await conn.fetchval(query, at.person) == 1
            for table in ("person_category", "consent", "matching_profile"):
                assert await conn.fetchval(f"select count(*) from {table}") == 0
        async with asking(place, Actor(5, (Grant("employer", employer=at.employer + 1),))) as conn:
            assert await conn.fetchval(query, at.person) == 0
    finally:
        await place.owner.execute("update offer set state = 'reserved' where id = $1", at.offer)


async def test_an_employer_gets_the_pseudonyms_of_its_own_order_only(place, world):
    employer = await place.actor(world.users["employer"])
    query = "select count(*) from yupei_offer_pseudonyms($1)"
    async with asking(place, employer) as conn:
        assert await conn.fetchval(query, world.own.order) == 1
        assert await conn.fetchval(query, world.other.order) == 0


async def test_a_person_sees_themselves_and_nobody_else(place, world):
    async with asking(place, await place.actor(world.users["job_seeker"])) as conn:
        rows = await conn.fetch("select id from person")
        assert [row["id"] for row in rows] == [world.own.person]
        assert await conn.fetchval("select count(*) from offer") == 1


@pytest.fixture
async def matcher(place):
    conn = await asyncpg.connect(place.settings.url("yupei_matcher"))
    yield conn
    await conn.close()


@pytest.mark.parametrize(
    "table", ["person", "person_category", "consent", "offer", "app_user", "employer", "session"]
)
async def test_the_matching_process_reads_nobody(matcher, table):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await matcher.fetch(f"select * from {table}")


async def test_the_matching_process_reads_active_profiles_and_open_orders(place, world, matcher):
    assert await matcher.fetchval("select count(*) from matching_profile") == 2
    assert await matcher.fetchval("select count(*) from job_order") == 0
    await place.owner.execute("update job_order set state = 'open' where id = $1", world.own.order)
    assert await matcher.fetchval("select count(*) from job_order") == 1
    assert await matcher.fetchval("select count(*) from order_demand") == 1
    await place.owner.execute("update job_order set state = 'submitted'")


async def test_a_profile_holds_no_name_and_no_number(place):
    rows = await place.owner.fetch(
        "select attname from pg_attribute where attrelid = 'matching_profile'::regclass and attnum > 0"
    )
    assert {row["attname"] for row in rows} == {
        "pseudonym",
        "county",
        "sealed",
        "key_id",
        "available_from",
        "may_work_from",
        "waiting_since",
        "active",
        "changed_at",
        "bucket",  # of the pseudonym: what a change notice may name
    }
