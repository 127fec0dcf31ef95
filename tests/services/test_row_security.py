"""The floor under the permission checks: what a county may not see does not come out of the database."""

import asyncpg
import pytest

from services.access import SYSTEM_ROLE, Actor
from services.db.context import speak_for
from services.db.pool import UnsafeRole, open_pool
from tests.services import web
from tests.services.floors import OTHERS, WIDER, asking, filled, seen, staff_of
from tests.services.web import OTHER_CITY, OTHER_COUNTY, OWN_CITY, OWN_COUNTY, PROVINCE


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def world(place):
    return await filled(place)


async def test_every_table_with_row_security_is_tested_here(place):
    held = await place.owner.fetch(
        "select relname from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace"
    )
    assert {row["relname"] for row in held} == OTHERS.keys() | WIDER.keys()


BLIND = {"score_sheet", "score_entry", "veto_flag", "objection"}  # not even the own county


@pytest.mark.parametrize("table", OTHERS)
async def test_a_county_sees_its_own_and_not_the_other(place, world, table):
    async with asking(place, staff_of(OWN_COUNTY)) as conn:
        assert await seen(conn, table, world.other) == 0
        assert bool(await seen(conn, table, world.own)) is (table not in BLIND)


@pytest.mark.parametrize("table", sorted(OTHERS.keys() - BLIND))
async def test_the_city_sees_what_lies_in_its_counties_and_the_province_all(place, world, table):
    async with asking(place, staff_of(OWN_CITY, "city_staff")) as conn:
        assert await seen(conn, table, world.own) > 0
        assert await seen(conn, table, world.other) == 0
    async with asking(place, staff_of(PROVINCE, "province_staff")) as conn:
        assert await seen(conn, table, world.own) > 0
        assert await seen(conn, table, world.other) > 0


@pytest.mark.parametrize("table", OTHERS)
async def test_the_public_sees_nothing(place, world, table):
    async with asking(place, Actor(None)) as conn:
        assert await conn.fetchval(f"select count(*) from {table}") == 0


@pytest.mark.parametrize("table", [*OTHERS, "audit_event"])
async def test_outside_of_a_transaction_that_says_who_asks_there_is_nothing(place, world, table):
    """The setting ends with its transaction: a connection that goes back to the pool knows nobody."""
    async with place.pool.acquire() as conn:
        async with conn.transaction():
            await speak_for(conn, staff_of(PROVINCE, "province_staff"))
        assert await conn.fetchval(f"select count(*) from {table}") == 0


@pytest.fixture(scope="module")
async def superuser(place):
    conn = await asyncpg.connect(place.settings.database_url)
    yield conn
    await conn.close()


@pytest.mark.parametrize("table", OTHERS)
async def test_without_its_policy_the_other_county_is_seen(superuser, world, table):
    """Takes the guard away: the rows are there, and only the policy hides them."""
    for policies, rows in (("enable", 0), ("disable", 1)):
        change = superuser.transaction()
        await change.start()
        try:
            await superuser.execute(f"alter table {table} {policies} row level security")
            await superuser.execute("set local role yupei_app")
            await speak_for(superuser, staff_of(OWN_COUNTY))
            assert min(1, await seen(superuser, table, world.other)) == rows
        finally:
            await change.rollback()


async def test_jiyuan_belongs_to_no_city_of_its_number(place, world):
    """419001 has no city above it: area is asked of the table and never of the digits."""
    await place.owner.execute(
        "update person set county = '419001' where id = $1", world.other.person
    )
    try:
        async with asking(place, staff_of("419001")) as conn:
            assert await seen(conn, "person", world.other) == 1
        async with asking(place, staff_of(OWN_CITY, "city_staff")) as conn:
            assert await seen(conn, "person", world.other) == 0
        async with asking(place, staff_of(PROVINCE, "province_staff")) as conn:
            assert await seen(conn, "person", world.other) == 1
    finally:
        await place.owner.execute(
            "update person set county = $2 where id = $1", world.other.person, OTHER_COUNTY
        )


async def test_a_record_that_moved_to_another_county_is_gone_for_the_one_it_left(place, world):
    async with asking(place, staff_of(OWN_COUNTY)) as conn:
        assert await seen(conn, "person", world.own) == 1
    await place.owner.execute(
        "update person set county = $2 where id = $1", world.own.person, OTHER_COUNTY
    )
    try:
        for table in ("person", "consent", "person_category", "wish"):
            async with asking(place, staff_of(OWN_COUNTY)) as conn:
                assert await seen(conn, table, world.own) == 0
    finally:
        await place.owner.execute(
            "update person set county = $2 where id = $1", world.own.person, OWN_COUNTY
        )


WRITES = {
    "case": "insert into accreditation_case (base_id, county, kind, state, rubric_id, rubric_version,"
    " lifecycle_version, opened_at, simulated) select base_id, county, 'renewal', state, rubric_id,"
    " rubric_version, lifecycle_version, opened_at, true from (values ({base}, '{county}', 'draft',"
    " (select id from rubric limit 1), (select version from rubric limit 1), '1', now())) v (base_id, county,"
    " state, rubric_id, rubric_version, lifecycle_version, opened_at)",
    "finding": "insert into finding (case_id, severity, text) values ({case}, 'concern', 'x')",
    "document": "insert into document (case_id, kind, title, media_type, size_bytes, sha256, uploaded_by,"
    " uploaded_at) values ({case}, 'x', 'x', 'x', 1, 'x', 1, now())",
    "member": "insert into case_member values ({case}, {user}, 'adviser', now(), null, '')",
    "year": "insert into base_year values ({base}, 2031, '{{}}', true)",
    "class": "insert into class_record (base_id, county, trade, kind, starts_on, ends_on, counts, simulated)"
    " values ({base}, '{county}', 'x', 'in_post', now(), now(), '{{}}', true)",
    "person": "insert into person (pseudonym, county, name_cipher, registered_by, registered_at, simulated)"
    " values (1, '{county}', 'x', 'staff', now(), true)",
    "consent": "insert into consent values ({person}, 'publicity', '1', now(), null, 'staff')",
    "order": "insert into order_demand values ({order}, 'lifting', 2, false, '')",
    "question": "insert into offer_question (person_id, order_id, text, at)"
    " values ({person}, {order}, 'x', now())",
}


def writer(what, area):
    """Who writes such rows: only the assessment office names the members of a case."""
    return staff_of(area, "assessment_office" if what == "member" else "county_staff")


@pytest.mark.parametrize("what", WRITES)
async def test_a_county_writes_nothing_into_another(place, world, what):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, writer(what, OWN_COUNTY)) as conn:
            await conn.execute(WRITES[what].format(**world.other.things, county=OTHER_COUNTY))


@pytest.mark.parametrize("what", WRITES)
async def test_the_same_row_is_written_by_the_county_that_it_belongs_to(place, world, what):
    """The refusals above are for where, not for what."""
    text = WRITES[what].format(**world.other.things, county=OTHER_COUNTY)
    async with place.pool.acquire() as conn:
        change = conn.transaction()
        await change.start()
        await speak_for(conn, writer(what, OTHER_COUNTY))
        assert await conn.execute(text) == "INSERT 0 1"
        await change.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "update accreditation_case set county = '410122' where id = {case}",
        "update person set recommendations = false where id = {person}",
        "update job_order set seats = 9 where id = {order}",
        "update offer set reason = 'x' where id = {offer}",
        "update finding set text = 'x' where case_id = {case}",
        "update matching_profile set active = false where pseudonym = {pseudonym}",
    ],
)
async def test_a_county_changes_nothing_of_another(place, world, change):
    async with asking(place, staff_of(OWN_COUNTY)) as conn:
        assert await conn.execute(change.format(**world.other.things)) == "UPDATE 0"


async def test_nobody_moves_a_record_out_of_their_own_county(place, world):
    for table, thing in (("person", "person"), ("accreditation_case", "case")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with asking(place, staff_of(OWN_COUNTY)) as conn:
                await conn.execute(
                    f"update {table} set county = '{OTHER_COUNTY}' where id = {world.own.things[thing]}"
                )


async def test_a_role_that_row_security_does_not_hold_is_refused_at_the_start(place):
    for url in (place.settings.database_url, place.settings.url("yupei_backup")):
        with pytest.raises(UnsafeRole):
            await open_pool(url, size=1)
    await (await open_pool(place.settings.url("yupei_app"), size=1)).close()


async def test_even_the_owner_of_the_tables_is_under_their_policies(place):
    """FORCE: a query that runs as the owner by mistake is still asked."""
    rows = await place.owner.fetch(
        "select relname from pg_class where relrowsecurity and not relforcerowsecurity"
    )
    assert rows == []


async def test_nobody_can_grant_themselves_the_programs_own_role(place, world):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await place.grant(world.own.user, SYSTEM_ROLE)
    assert OTHER_CITY != OWN_CITY
