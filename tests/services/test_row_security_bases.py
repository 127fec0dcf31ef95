"""The floor around a base: what it did, who reads it, who registers it."""

import asyncio

import asyncpg
import pytest

from accreditation.errors import Refusal
from services.access import Actor, Grant
from services.actions import bases
from services.db.context import transaction
from tests.conftest import NOW
from tests.services import web
from tests.services.accreditation_world import code
from tests.services.floors import asking, assessor, filled, staff_of, unguarded
from tests.services.web import OTHER_COUNTY, OWN_COUNTY


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def world(place):
    return await filled(place)


# What a base did.

RECORDS = ["class_record", "base_year"]


def records(table):
    return f"select count(*) from {table} where base_id = $1"


@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("role", ["assessor", "moderator", "panel_member"])
async def test_who_takes_part_in_a_case_reads_the_records_of_its_base_alone(
    place, world, table, role
):
    async with asking(place, await place.actor(world.users[role])) as conn:
        assert await conn.fetchval(records(table), world.own.base) == 1
        assert await conn.fetchval(records(table), world.other.base) == 0


@pytest.mark.parametrize("table", RECORDS)
async def test_an_assessor_who_left_the_case_reads_no_more_records(place, world, table):
    leave = "update case_member set until = $3 where case_id = $1 and user_id = $2"
    at = world.own
    await place.owner.execute(leave, at.case, at.assessor, NOW)
    try:
        async with asking(place, assessor(at.assessor)) as conn:
            assert await conn.fetchval(records(table), at.base) == 0
    finally:
        await place.owner.execute(leave, at.case, at.assessor, None)


@pytest.mark.parametrize("table", RECORDS)
async def test_without_its_policy_an_assessor_reads_every_record(place, world, table):
    """Takes the guard away."""
    away = f"alter table {table} disable row level security"
    async with unguarded(place, assessor(world.own.assessor), away) as conn:
        assert await conn.fetchval(records(table), world.other.base) == 1


YEAR = "insert into base_year values ({base}, 2030, '{{}}', true)"
CLASS = (
    "insert into class_record (base_id, county, trade, kind, starts_on, ends_on, counts, simulated)"
    " values ({base}, '{county}', 'x', 'in_post', now(), now(), '{{}}', true)"
)


async def test_a_base_writes_its_own_year_and_no_other(place, world):
    manager = await place.actor(world.users["base_manager"])
    async with asking(place, manager) as conn:
        assert await conn.execute(YEAR.format(**world.own.things)) == "INSERT 0 1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, manager) as conn:
            await conn.execute(YEAR.format(**world.other.things))


async def test_without_its_policy_any_county_writes_any_bases_year(place, world):
    """Takes the guard away."""
    away = "alter table base_year disable row level security"
    async with unguarded(place, staff_of(OWN_COUNTY), away) as conn:
        assert await conn.execute(YEAR.format(**world.other.things)) == "INSERT 0 1"


@pytest.mark.parametrize(("base", "county"), [("own", OTHER_COUNTY), ("other", OWN_COUNTY)])
async def test_a_class_counts_for_the_county_of_its_base_only(place, world, base, county):
    text = CLASS.format(**getattr(world, base).things, county=county)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, staff_of(OWN_COUNTY)) as conn:
            await conn.execute(text)
    away = "alter table class_record disable row level security"
    async with unguarded(place, staff_of(OWN_COUNTY), away) as conn:
        assert await conn.execute(text) == "INSERT 0 1"


# Who registers a base, and who changes it.

CHANGE = "update base set name = 'x' where id = $1"


@pytest.mark.parametrize("role", ["county_staff", "assessor", "job_seeker", "teacher"])
async def test_a_base_is_changed_by_its_managers_alone(place, world, role):
    """A teacher's grant names the base too: the floor lets it pass, the permission does not."""
    rows = "UPDATE 1" if role == "teacher" else "UPDATE 0"
    async with asking(place, await place.actor(world.users[role])) as conn:
        assert await conn.execute(CHANGE, world.own.base) == rows
        assert await conn.execute(CHANGE, world.other.base) == "UPDATE 0"
    away = "alter table base disable row level security"
    async with unguarded(place, await place.actor(world.users[role]), away) as conn:
        assert await conn.execute(CHANGE, world.other.base) == "UPDATE 1"


ADD = (
    "insert into base (name, credit_code, kind, county, address, simulated, created_at)"
    f" values ('x', '{code('91410181MA4XEQ09X')}', 'enterprise', '{OWN_COUNTY}', '', true, now())"
)


async def test_the_public_registers_no_base(place):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, Actor(None)) as conn:
            await conn.execute(ADD)
    away = "alter table base disable row level security"
    async with unguarded(place, Actor(None), away) as conn:
        assert await conn.execute(ADD) == "INSERT 0 1"


def facts(name="阳光基地"):
    return bases.Facts(
        name, "enterprise", "新华路1号", ("缝纫工",), 60, None, "王某", "13700000000"
    )


async def register(place, actor, body, county=OWN_COUNTY):
    async with transaction(place.pool, actor, wait_seconds=10) as conn:
        return await bases.register(
            conn,
            place.keys,
            actor,
            facts(),
            written_code=code(body),
            county=county,
            now=NOW,
            today=NOW.date(),
        )


async def anyone(place):
    return Actor(await place.user("申请人"), request_id="test")


async def test_who_registers_a_base_becomes_its_manager_and_it_is_logged(place):
    actor = await anyone(place)
    base = await register(place, actor, "91410181MA4XEQ10X")
    assert (await place.actor(actor.user)).grants == (Grant("base_manager", base=base),)
    assert (
        await place.owner.fetchval(
            "select actor from audit_event where action = 'base:register' and object_id = $1",
            str(base),
        )
        == actor.user
    )


async def test_an_organisation_that_is_there_is_registered_again_by_its_manager_alone(place):
    """Nobody takes another's name in a county where it has no base yet."""
    body, actor = "91410181MA4XEQ11X", await anyone(place)
    first = await register(place, actor, body)
    other = await anyone(place)
    for county in (OWN_COUNTY, OTHER_COUNTY):
        with pytest.raises(Refusal, match="已有"):
            await register(place, other, body, county)
    manager = await place.actor(actor.user)
    with pytest.raises(Refusal, match="已有"):
        await register(place, manager, body)
    second = await register(place, manager, body, OTHER_COUNTY)
    assert second != first


async def two_at_once(place, body):
    """How many of two strangers get the same organisation in two counties."""
    asked = [
        register(place, await anyone(place), body, county) for county in (OWN_COUNTY, OTHER_COUNTY)
    ]
    came = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, int | Refusal) for one in came), came
    return sum(isinstance(one, int) for one in came)


async def test_of_two_who_register_one_organisation_at_once_one_gets_it(place):
    for number in range(10):
        assert await two_at_once(place, f"91410181MA4XEQ2{number}X") == 1


async def test_without_its_trigger_both_get_it(place):
    """Takes the guard away."""
    trigger = "alter table base {} trigger base_is_of_one_hand"
    await place.owner.execute(trigger.format("disable"))
    try:
        assert await two_at_once(place, "91410181MA4XEQ31X") == 2
    finally:
        await place.owner.execute(trigger.format("enable"))


@pytest.mark.parametrize(
    "role", ["county_staff", "assessor", "panel_member", "third_party_evaluator"]
)
async def test_who_examines_bases_registers_none(place, world, role):
    with pytest.raises(Refusal, match="不能申报"):
        await register(place, await place.actor(world.users[role]), "91410181MA4XEQ32X")
