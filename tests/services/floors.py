"""The database under row-level security: who asks, and which rows are whose. For test_row_security_*."""

from contextlib import asynccontextmanager

import asyncpg

from services.access import Actor, Grant
from services.db.context import speak_for, transaction
from tests.conftest import NOW
from tests.services import web

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
    "case_member": ("case_id", "case"),
    "class_record": ("base_id", "base"),
    "base_year": ("base_id", "base"),
    "person": ("id", "person"),
    "consent": ("person_id", "person"),
    "person_category": ("person_id", "person"),
    "capacity_rating": ("person_id", "person"),
    "person_skill": ("person_id", "person"),
    "employer_check": ("employer_id", "employer"),
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
    "exposure": "not even the county: the program alone learns from it",
    "audit_event": "by asker, tested in test_audit.py",
    "base": "the register of bases is public; its contact is sealed",
    "rubric": "a published rubric is public; who may put one in force is tested in test_rubrics.py",
    "rubric_draft": "by area of who writes rubrics, tested in test_rubrics.py",
    "employer": "its name is public with its orders; its contact is sealed",
}


async def filled(place):
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
    await place.owner.execute(
        "insert into capacity_rating (person_id, source, basis, rated_on, levels_cipher, made_at)"
        " values ($1, 'self', 'told', $2, 's', $3)",
        at.person,
        NOW.date(),
        NOW,
    )
    await place.owner.execute(
        "insert into person_skill (person_id, occupation, kind, level, added_at)"
        " values ($1, '6-05-01-03', 'learnt', 0, $2)",
        at.person,
        NOW,
    )
    await place.owner.execute(
        "insert into employer_check (employer_id, at, what, clear, note)"
        " values ($1, $2, 'licence', true, '')",
        at.employer,
        NOW,
    )


def staff_of(area, role="county_staff", user=900):
    return Actor(user, (Grant(role, area, below=frozenset({area})),), request_id="test")


@asynccontextmanager
async def asking(place, actor):
    async with transaction(place.pool, actor) as conn:
        yield conn


async def seen(conn, table, at):
    column, thing = OTHERS[table]
    return await conn.fetchval(
        f"select count(*) from {table} where {column} = $1", at.things[thing]
    )


def assessor(user):
    return Actor(user, (Grant("assessor"),), request_id="test")


@asynccontextmanager
async def unguarded(place, actor, *changes):
    """A connection of `actor` after `changes` to the guards; everything is undone at the end.

    Shows that a guard, and nothing else, is what refuses.
    """
    conn = await asyncpg.connect(place.settings.database_url)  # a superuser's
    change = conn.transaction()
    await change.start()
    try:
        for one in changes:
            await conn.execute(one)
        await conn.execute("set local role yupei_app")
        await speak_for(conn, actor)
        yield conn
    finally:
        await change.rollback()
        await conn.close()
