"""What the floor hides inside a case: open sheets, self-scores, who takes part, who objected."""

import asyncpg
import pytest

from services.access import Actor, Grant
from tests.services import web
from tests.services.floors import asking, assessor, filled, staff_of, unguarded
from tests.services.web import OTHER_COUNTY, OWN_COUNTY


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def world(place):
    return await filled(place)


# Blind scoring: one's own sheet only, until all are locked.


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


# Who takes part.

MEMBERS = "select count(*) from case_member where case_id = $1"
JOIN = "insert into case_member values ({case}, {user}, 'adviser', now(), null, '')"


async def test_who_takes_part_is_seen_by_who_sees_the_case(place, world):
    """A county sees the members of its own cases; an assessor those of the case they serve in."""
    for actor in (staff_of(OWN_COUNTY), assessor(world.own.assessor)):
        async with asking(place, actor) as conn:
            assert await conn.fetchval(MEMBERS, world.own.case) > 0
            assert await conn.fetchval(MEMBERS, world.other.case) == 0


@pytest.mark.parametrize(
    "role", ["county_staff", "city_staff", "province_staff", "third_party_evaluator"]
)
async def test_only_the_assessment_office_names_who_takes_part(place, world, role):
    join = JOIN.format(**world.own.things)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, staff_of(OWN_COUNTY, role)) as conn:
            await conn.execute(join)
    async with asking(place, staff_of(OWN_COUNTY, role)) as conn:
        assert await conn.execute("update case_member set until = now()") == "UPDATE 0"


@pytest.mark.parametrize("role", ["assessor", "base_manager", "panel_member"])
async def test_nobody_joins_a_case_by_their_own_hand(place, world, role):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with asking(place, await place.actor(world.users[role])) as conn:
            await conn.execute(JOIN.format(**world.own.things))


async def test_without_its_policy_any_county_names_and_sees_who_takes_part(place, world):
    """Takes the guard away."""
    away = "alter table case_member disable row level security"
    async with unguarded(place, staff_of(OTHER_COUNTY), away) as conn:
        assert await conn.fetchval(MEMBERS, world.own.case) > 0
        assert await conn.execute(JOIN.format(**world.own.things)) == "INSERT 0 1"
