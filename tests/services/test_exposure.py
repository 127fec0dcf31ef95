"""What a run shows is kept, with what it was scored by: the ground of learning from outcomes."""

from datetime import date

import asyncpg
import numpy as np
import pytest

from matching.engine.learning.card import PUBLISHED
from services.access import Actor, Grant
from services.actions import learning
from services.db import learning as rows
from services.db.context import transaction
from services.db.pool import open_pool
from services.jobs import SYSTEM, match
from services.profiles import Profile, Wants, capacity_bytes
from services.sealing import profile_seal
from tests.conftest import NOW
from tests.services import market_world, web
from tests.services.market_world import ABLE, SEWING, TODAY


@pytest.fixture
async def run(place):
    """One run over one order and a person who wishes for more than it pays."""
    made = await market_world.market(place)
    await made.person(
        Profile(
            cap=capacity_bytes(ABLE),
            skills=[(SEWING, 2, date(2020, 1, 1).isoformat())],
            wants=Wants(least_wage_yuan=3100, occupations=[SEWING]),
        )
    )
    await made.order(wage_min=3000)
    pool = await open_pool(place.settings.url("yupei_matcher"), size=1)
    try:
        async with pool.acquire() as conn, conn.transaction():
            seal = profile_seal(place.settings.matcher_key)
            told = await match.run(conn, TODAY, NOW, seal, simulated=True)
    finally:
        await pool.close()
    assert told.seats_filled == 1
    return told.run


async def test_the_rows_kept_give_the_scores_of_the_allotment(place, run):
    row = await place.owner.fetchrow(
        "select e.*, a.u, a.p from exposure e join allotment a using (run_id, pseudonym, order_id)"
        " where run_id = $1",
        run,
    )
    assert row["card"] == PUBLISHED.version
    assert (row["rank"], row["propensity"]) == (1, 1)
    wishes = np.array([row["wishes"]], np.int8)
    prospects = np.array([row["prospects"]], np.int8)
    assert PUBLISHED.U.chances(wishes)[0] == row["u"]
    assert PUBLISHED.P.chances(prospects)[0] == row["p"]
    assert PUBLISHED.U.points[0][row["wishes"][0]] == -30  # 3,000 of 3,100 yuan wished for


async def test_no_page_can_read_how_an_order_stands_to_a_wish(place, run):
    staff = Actor(1, (Grant("province_staff", web.PROVINCE),), request_id="t")
    everything = "select count(*) from exposure"
    pool = await open_pool(place.settings.url("yupei_app"), size=1)
    try:
        async with transaction(pool, staff) as conn:
            assert await conn.fetchval(everything) == 0
        async with transaction(pool, SYSTEM) as conn:
            assert await conn.fetchval(everything) == 1
    finally:
        await pool.close()


async def test_what_was_shown_is_not_changed_afterwards(place, run):
    with pytest.raises(asyncpg.RestrictViolationError):
        await place.owner.execute("update exposure set propensity = 0.5")
    with pytest.raises(asyncpg.CheckViolationError):  # nobody is shown a thing with no chance
        await place.owner.execute(
            "insert into exposure select run_id, pseudonym, order_id, card, rank, 0, wishes, prospects"
            " from exposure"
        )


async def test_what_became_of_an_offer_is_an_outcome_only_once_it_was_shown(place, run):
    async def told(*, simulated=True):
        pool = await open_pool(place.settings.url("yupei_app"), size=1)
        try:
            async with transaction(pool, SYSTEM) as conn:
                return learning.outcomes(await rows.outcomes.all(conn, simulated))
        finally:
            await pool.close()

    assert len(await told()) == 0  # proposed, not confirmed: nobody saw it
    await place.owner.execute(
        "insert into offer (run_id, order_id, person_id, state, holds_seat, bin, accommodations,"
        " reserved_at, reserved_until, simulated)"
        " select e.run_id, e.order_id, p.id, 'reserved', true, 'now', '{}', $1, $1, true"
        " from exposure e join person p using (pseudonym)",
        NOW,
    )
    for state, accepted, hired in (
        ("reserved", -1, -1),
        ("accepted", 1, -1),
        ("hired", 1, 1),
        ("not_hired", 1, 0),
        ("declined", 0, -1),
        ("lapsed", 0, -1),
        ("withdrawn", -1, -1),
    ):
        await place.owner.execute(
            "update offer set state = $1, holds_seat = $1 in ('reserved', 'accepted', 'hired')",
            state,
        )
        found = await told()
        assert (found.accepted.tolist(), found.hired.tolist()) == ([accepted], [hired]), state
        assert found.kept.tolist() == [-1]
        assert found.day.tolist() == [TODAY.toordinal()]
        assert found.propensity.tolist() == [1.0]
    assert len(await told(simulated=False)) == 0  # the simulated teach nothing about real people
