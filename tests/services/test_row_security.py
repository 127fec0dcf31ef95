"""The floor under the permission checks: what a county may not see does not come out of the database."""

from contextlib import asynccontextmanager

import asyncpg
import pytest

from services.access import SYSTEM_ROLE, Actor, Grant
from services.db.context import speak_for, transaction
from services.db.pool import UnsafeRole, open_pool
from tests.conftest import NOW
from tests.services import web
from tests.services.web import OTHER_CITY, OTHER_COUNTY, OWN_CITY, OWN_COUNTY, PROVINCE

# Which rows of each table are those of the other county: $1 is the id of the thing that is named.
OTHERS = {
    "accreditation_case": ("id", "case"),
    "case_log": ("case_id", "case"),
    "document": ("case_id", "case"),
    "self_score": ("case_id", "case"),
    "score_sheet": ("case_id", "case"),
    "score_entry": ("sheet_id", "sheet"),
    "veto_flag": ("sheet_id", "sheet"),
    "final_item": ("case_id", "case"),
    "case_result": ("case_id", "case"),
    "finding": ("case_id", "case"),
    "objection": ("notice_id", "notice"),
    "draw": ("case_id", "case"),
    "case_check": ("case_id", "case"),
    "class_record": ("base_id", "base"),
    "person": ("id", "person"),
    "consent": ("person_id", "person"),
    "person_category": ("person_id", "person"),
    "matching_profile": ("pseudonym", "pseudonym"),
    "order_demand": ("order_id", "order"),
    "order_accommodation": ("order_id", "order"),
    "order_skill": ("order_id", "order"),
    "order_log": ("order_id", "order"),
    "job_order": ("id", "order"),
    "allotment": ("order_id", "order"),
    "offer": ("id", "offer"),
    "wish": ("person_id", "person"),
    "offer_question": ("id", "question"),
}
# Shown to more than the county, each for the reason that stands beside it.
WIDER = {
    "audit_event": "by asker, tested in test_audit.py",
    "case_member": "a county has to see who is busy elsewhere before it names anybody",
    "base_year": "counts of a base, without a person in them",
}


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def world(place):
    """Both corners, with a row in every table, orders still drafts and sheets still open."""
    made = await web.world(place)
    for at in (made.own, made.other):
        await fill(place, at)
    await place.owner.execute("update job_order set state = 'submitted'")
    return made


async def fill(place, at):
    """A row in every table that `web.world` leaves empty."""
    version = await place.owner.fetchval("select version from lifecycle_move limit 1")
    rows = {
        "case_log": "(case_id, at, actor_role, lifecycle_version, source, event, target, reason, detail)"
        f" values ($1, $2, 'system', '{version}', 'draft', 'submit', 'submitted', '', '{{}}')",
        "self_score": "(case_id, at, item_id, measure, note) values ($1, $2, 'A1', '1', '')",
        "case_result": "(case_id, settled_at, stage, total, grade, minima_met, vetoes, sections)"
        " values ($1, $2, 'annual', 90, 'A', true, '{}', '{}')",
        "case_check": "(case_id, at, state, what, by_user, clear, note)"
        f" values ($1, $2, 'scoring', 'visit', {at.assessor}, true, '')",
        "draw": "(case_id, committed_at, number, commitment, seed_cipher, reason)"
        " values ($1, $2, 1, 'c', 's', '')",
    }
    for table, text in rows.items():
        await place.owner.execute(f"insert into {table} {text}", at.case, NOW)
    await place.owner.execute(
        "insert into final_item (case_id, item_id, measure, origin, reason)"
        " values ($1, 'A1', '1', 'agreed', '')",
        at.case,
    )
    await place.owner.execute(
        "insert into score_entry (sheet_id, item_id, measure, reason, at) values ($1, 'A1', '3', '', $2)",
        at.sheet,
        NOW,
    )
    await place.owner.execute("insert into veto_flag values ($1, 'V1', 'x')", at.sheet)
    await place.owner.execute(
        "insert into class_record (base_id, county, trade, kind, starts_on, ends_on, counts, simulated)"
        " values ($1, $2, '缝纫工', 'in_post', $3, $3, '{}', true)",
        at.base,
        at.county,
        NOW.date(),
    )
    await place.owner.execute(
        "insert into base_year values ($1, 2026, '{}', true)",
        at.base,
    )
    await place.owner.execute(
        "insert into matching_profile values ($1, $2, 's', 'k', $3, $3, $3, true, $4)",
        at.pseudonym,
        at.county,
        NOW.date(),
        NOW,
    )
    await place.owner.execute(
        "insert into order_demand values ($1, 'near_vision', 2, false, '')", at.order
    )
    await place.owner.execute(
        "insert into order_accommodation values ($1, 'hand_switch', 'offered', '')", at.order
    )
    await place.owner.execute(
        "insert into order_skill values ($1, '6-05-02-01', 2, false, false)", at.order
    )
    await place.owner.execute(
        "insert into order_log (order_id, at, source, event, target, reason)"
        " values ($1, $2, 'draft', 'submit', 'submitted', '')",
        at.order,
        NOW,
    )
    await place.owner.execute("insert into wish values ($1, $2, $3)", at.person, at.order, NOW)


def staff_of(area, role="county_staff", user=900):
    return Actor(user, (Grant(role, area),), frozenset({area}), "test")


@asynccontextmanager
async def asking(place, actor):
    async with transaction(place.pool, actor) as conn:
        yield conn


async def seen(conn, table, at):
    column, thing = OTHERS[table]
    return await conn.fetchval(
        f"select count(*) from {table} where {column} = $1", at.things[thing]
    )


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
        assert await seen(conn, table, world.own) == await seen(conn, table, world.other) > 0


@pytest.mark.parametrize("table", OTHERS)
async def test_the_public_sees_nothing(place, world, table):
    async with asking(place, Actor(None)) as conn:
        assert await conn.fetchval(f"select count(*) from {table}") == 0


@pytest.mark.parametrize("table", [*OTHERS, "audit_event", "case_member", "base_year"])
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
    "class": "insert into class_record (base_id, county, trade, kind, starts_on, ends_on, counts, simulated)"
    " values ({base}, '{county}', 'x', 'in_post', now(), now(), '{{}}', true)",
    "person": "insert into person (pseudonym, county, name_cipher, registered_by, registered_at, simulated)"
    " values (1, '{county}', 'x', 'staff', now(), true)",
    "consent": "insert into consent values ({person}, 'publicity', '1', now(), null, 'staff')",
    "order": "insert into order_demand values ({order}, 'lifting', 2, false, '')",
    "question": "insert into offer_question (person_id, order_id, text, at)"
    " values ({person}, {order}, 'x', now())",
}


@pytest.mark.parametrize("what", sorted(WRITES.keys() - {"member"}))
async def test_a_county_writes_nothing_into_another(place, world, what):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, staff_of(OWN_COUNTY)) as conn:
            await conn.execute(WRITES[what].format(**world.other.things, county=OTHER_COUNTY))


@pytest.mark.parametrize("what", WRITES)
async def test_the_same_row_is_written_by_the_county_that_it_belongs_to(place, world, what):
    """The refusals above are for where, not for what."""
    text = WRITES[what].format(**world.other.things, county=OTHER_COUNTY)
    async with place.pool.acquire() as conn:
        change = conn.transaction()
        await change.start()
        await speak_for(conn, staff_of(OTHER_COUNTY))
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


# Blind scoring: one's own sheet only, until all are locked.


def assessor(user):
    return Actor(user, (Grant("assessor"),), frozenset(), "test")


async def test_a_sheet_is_its_assessors_alone_until_every_sheet_is_locked(place, world):
    at = world.own
    second = await place.user("第二评估员", role="assessor")
    await web.join(place, at.case, second, "assessor")
    other = await web.add(place, "score_sheet", case_id=at.case, assessor_id=second)

    async def sheets(user):
        async with asking(place, assessor(user)) as conn:
            rows = await conn.fetch("select id from score_sheet where case_id = $1", at.case)
            entries = await conn.fetchval(
                "select count(*) from score_entry where sheet_id = $1", at.sheet
            )
            return {row["id"] for row in rows}, entries

    lock = "update score_sheet set locked_at = now() where id = $1"
    state = "update accreditation_case set state = $2 where id = $1"
    try:
        assert await sheets(at.assessor) == ({at.sheet}, 1)
        assert await sheets(second) == ({other}, 0)
        await place.owner.execute(lock, at.sheet)
        assert await sheets(second) == ({other}, 0)
        await place.owner.execute(lock, other)
        assert await sheets(second) == ({other}, 0)  # a replacement may still be drawn
        await place.owner.execute(state, at.case, "moderation")
        assert await sheets(second) == ({at.sheet, other}, 1)
        assert await sheets(at.assessor) == ({at.sheet, other}, 1)
    finally:
        await place.owner.execute(state, at.case, "scoring")
        await place.owner.execute("delete from score_sheet where id = $1", other)
        await place.owner.execute("update score_sheet set locked_at = null where id = $1", at.sheet)


async def test_nobody_scores_on_another_ones_sheet(place, world):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with asking(place, assessor(world.other.assessor)) as conn:
            await conn.execute(
                "insert into score_entry (sheet_id, item_id, measure, reason, at)"
                " values ($1, 'B1', '1', '', now())",
                world.own.sheet,
            )


async def test_the_self_score_is_hidden_from_whoever_still_scores(place, world):
    query = "select count(*) from self_score where case_id = $1"
    async with asking(place, assessor(world.own.assessor)) as conn:
        assert await conn.fetchval(query, world.own.case) == 0
    async with asking(place, Actor(world.users["moderator"], (Grant("moderator"),))) as conn:
        assert await conn.fetchval(query, world.own.case) == 1


async def test_a_locked_sheet_takes_no_more_scores(place, world):
    at = world.other
    await place.owner.execute("update score_sheet set locked_at = now() where id = $1", at.sheet)
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="sheet_is_locked"):
            async with asking(place, assessor(at.assessor)) as conn:
                await conn.execute(
                    "update score_entry set reason = 'x' where sheet_id = $1", at.sheet
                )
    finally:
        await place.owner.execute("update score_sheet set locked_at = null where id = $1", at.sheet)


async def test_who_judges_does_not_decide(place, world):
    with pytest.raises(asyncpg.CheckViolationError, match="case_member_keeps_apart"):
        await web.join(place, world.own.case, world.own.assessor, "panel")
    with pytest.raises(asyncpg.CheckViolationError, match="case_member_keeps_apart"):
        await web.join(place, world.own.case, world.users["panel_member"], "appeal")


# Whose name stays where.


@pytest.mark.parametrize(
    "role",
    ["county_staff", "assessor", "moderator", "panel_member", "base_manager", "appeal_member"],
)
async def test_who_objected_is_told_to_the_review_group_alone(place, world, role):
    query = "select count(*) from objection where notice_id = $1"
    async with asking(place, await place.actor(world.users["review_group"])) as conn:
        assert await conn.fetchval(query, world.own.notice) == 1
        assert await conn.fetchval(query, world.other.notice) == 0
    async with asking(place, await place.actor(world.users[role])) as conn:
        assert await conn.fetchval(query, world.own.notice) == 0
        assert await conn.fetchval("select open_objections($1)", world.own.notice) == 1


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
    }


async def test_nobody_can_grant_themselves_the_programs_own_role(place, world):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await place.grant(world.own.user, SYSTEM_ROLE)
    assert OTHER_CITY != OWN_CITY
