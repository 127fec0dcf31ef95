"""Matching is blind to category and grade: by rights, and to the byte."""

import dataclasses

import asyncpg
import pytest

from matching.engine import kernel
from services.actions.market import load
from services.actions.runs import whole
from services.jobs import match
from services.profiles import Profile, capacity_bytes
from services.sealing import profile_seal
from tests.conftest import NOW
from tests.services import market_world
from tests.services.market_world import ABLE, TODAY


@pytest.fixture
async def market(place):
    made = await market_world.market(place)
    for level in (0, 1, 2, 3, 4):
        await made.person(Profile(cap=capacity_bytes(ABLE | {"foot_control": level})))
    for seats in (1, 2):
        await made.order(seats=seats)
    return made


async def outputs(place):
    """Everything that matching says, as bytes: run, allotment, bins and both scores."""
    conn = await asyncpg.connect(place.settings.url("yupei_matcher"))
    try:
        change = conn.transaction()
        await change.start()
        told = await match.run(conn, TODAY, NOW, profile_seal(place.settings.matcher_key))
        rows = await conn.fetch(
            "select pseudonym, order_id, bin, u, p, v, accommodations from allotment order by 1"
        )
        held = whole(await load(conn, TODAY), profile_seal(place.settings.matcher_key), TODAY)
        await change.rollback()
    finally:
        await conn.close()
    matrices = kernel.judge(held.market, held.market.rank)
    plain = dataclasses.replace(told, run=0, seconds={})
    return repr(plain).encode() + repr(rows).encode() + b"".join(m.tobytes() for m in matrices)


async def rewrite(place):
    """Gives everybody another category and grade."""
    changed = await place.owner.execute(
        "update person_category set categories_cipher = $1, certificate_cipher = $1,"
        " certificate_index = person_id::text::bytea || 'x'::bytea",
        place.keys.seal('["1"]', "person_category.categories.1"),
    )
    assert changed == "UPDATE 5"


async def test_other_categories_for_everybody_change_no_byte(place, market):
    before = await outputs(place)
    await rewrite(place)
    assert await outputs(place) == before


async def test_the_comparison_would_see_a_change(place, market):
    """The positive control: a capacity that does matter changes the bytes."""
    before = await outputs(place)
    person = await place.owner.fetchval("select max(pseudonym) from matching_profile")
    payload = profile_seal(place.settings.matcher_key)
    sealed = await place.owner.fetchval(
        "select sealed from matching_profile order by pseudonym limit 1"
    )
    first = await place.owner.fetchval("select min(pseudonym) from matching_profile")
    await place.owner.execute(
        "update matching_profile set sealed = $2 where pseudonym = $1",
        person,
        payload.seal(payload.open(sealed, f"profile.{first}"), f"profile.{person}"),
    )
    assert await outputs(place) != before


@pytest.mark.parametrize("table", ["person_category", "person", "consent", "offer", "app_user"])
async def test_the_matcher_cannot_read_who_anybody_is(place, market, table):
    conn = await asyncpg.connect(place.settings.url("yupei_matcher"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch(f"select * from {table}")
    finally:
        await conn.close()


async def test_a_grant_to_the_matcher_would_be_seen(place, market):
    """The positive control: with the right and a policy given, the category is there to be read."""
    await place.owner.execute("grant select on person_category to yupei_matcher")
    await place.owner.execute(
        "create policy leak on person_category for select to yupei_matcher using (true)"
    )
    conn = await asyncpg.connect(place.settings.url("yupei_matcher"))
    try:
        before = await conn.fetch("select * from person_category")
        await rewrite(place)
        assert before != await conn.fetch("select * from person_category")
    finally:
        await conn.close()


async def test_a_profile_holds_no_word_of_category_or_grade():
    assert not {"category", "grade", "certificate", "sex", "age", "name"} & set(
        Profile.__struct_fields__
    )
