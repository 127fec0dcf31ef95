"""Drawing assessors, scoring blind, moderating, and what the records say by themselves."""

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from accreditation import draw
from accreditation.rubric import Stage
from services.db.context import speak_for
from tests.conftest import Place
from tests.services.accreditation_world import COUNTY, FAR_APART, World


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    yield made
    await made.stop()


async def test_the_draw_is_from_other_counties_and_anyone_can_repeat_it(world):
    case = await world.apply(await world.register())
    await world.review(case)
    picked = await world.draw(case)
    assert world.people["assessor3"] not in picked  # of the base's own county
    row = await world.place.owner.fetchrow("select * from draw where case_id = $1", case)
    assert row["committed_at"] <= row["drawn_at"]
    assert draw.commitment(bytes.fromhex(row["seed"])) == row["commitment"]
    assert sorted(row["picked"]) == picked
    assert json.loads(row["excluded"]) == {str(world.people["assessor3"]): "same_county"}


async def test_a_replaced_assessor_is_drawn_anew_with_the_reason(world):
    case = await world.apply(await world.register())
    await world.review(case)
    picked = await world.draw(case)
    office = await world.browser("office")
    gone = picked[0]
    await office.post(f"/cases/{case}/assessors/{gone}/replacement", reason="生病")
    assert await world.state(case) == "scheduling"
    await office.post(f"/cases/{case}/draws", 422)
    await office.post(f"/cases/{case}/draws", reason="一人生病")
    await office.post(f"/cases/{case}/draws/reveal")
    now_in = await world.serving(case)
    assert gone not in now_in
    assert len(now_in) == 2
    new = next(user for user in now_in if user not in picked)
    await (await world.browser(new)).post(
        f"/cases/{case}/checks", what="recusal", clear="yes", note=""
    )
    await office.move(case, "assessors_ready")
    for user in now_in:
        await world.score(case, user)
    assert await world.state(case) == "decision"


async def test_nobody_reads_an_open_sheet_but_its_assessor(world):
    case = await world.apply(await world.register())
    await world.review(case)
    first, second = await world.draw(case)
    sheet = await world.score(case, first)  # locked; the other is still open
    other = await world.browser(second)
    await other.get(f"/sheets/{sheet}", status=404)
    await other.post(f"/sheets/{sheet}/items/A.1.1", 404, version=1)
    await other.get(f"/cases/{case}/moderation", status=409)
    for user in (
        second,
        world.people["office"],
        world.people["province"],
        world.people["applicant"],
    ):
        seen = await _as(world, user, "select count(*) from score_entry where sheet_id = $1", sheet)
        assert seen == 0
    own = "select count(*) from self_score where case_id = $1"
    assert await _as(world, second, own, case) == 0  # it would anchor who has yet to score
    assert await _as(world, first, own, case) > 0
    await world.score(case, second)
    assert (
        await _as(world, second, "select count(*) from score_entry where sheet_id = $1", sheet) > 0
    )


async def test_without_the_blind_policy_the_other_sheet_would_be_read(world):
    case = await world.apply(await world.register())
    await world.review(case)
    first, second = await world.draw(case)
    sheet = await world.score(case, first, lock=False)
    for table in ("score_sheet", "score_entry"):
        await world.place.owner.execute(f"alter table {table} disable row level security")
    seen = await _as(world, second, "select count(*) from score_entry where sheet_id = $1", sheet)
    assert seen > 0


async def _as(world, user, sql, *args):
    """What `user`'s own transaction answers as the service's database role."""
    async with world.place.pool.acquire() as conn, conn.transaction():
        await speak_for(conn, await world.place.actor(user))
        return await conn.fetchval(sql, *args)


async def test_a_sheet_says_what_it_lacks_and_is_closed_once_locked(world):
    case = await world.apply(await world.register())
    await world.review(case)
    user = (await world.draw(case))[0]
    who, sheet = await world.browser(user), await world.sheet(case, user)
    assert "36个月" in await who.get(f"/sheets/{sheet}/items/A.1.1")  # the anchor stands there
    said = await who.post(f"/sheets/{sheet}/lock", 422, version=1)
    assert "A.1.1" in said
    await who.post(f"/sheets/{sheet}/items/A.1.1", version=1, **{"A.1.1.tenure_months": "20"})
    stale = {"A.1.1.tenure_months": "30"}
    await who.post(f"/sheets/{sheet}/items/A.1.1", 412, version=1, **stale)
    bad = {"A.1.1.tenure_months": "三年"}
    kept = await who.post(f"/sheets/{sheet}/items/A.1.1", 422, version=2, reason="看过", **bad)
    assert "三年" in kept
    assert "看过" in kept
    assert "缺理由" in await who.get(f"/sheets/{sheet}")  # 1 of 2 points, no reason yet
    await world.score(case, user)
    await who.post(f"/sheets/{sheet}/items/A.1.1", 422, version=await world.version(sheet), **stale)
    with pytest.raises(asyncpg.CheckViolationError, match="sheet_is_locked"):
        await world.place.owner.execute(
            "update score_entry set reason = 'x' where sheet_id = $1", sheet
        )


async def _to_moderation(world):
    case = await world.apply(await world.register())
    await world.review(case)
    first, second = await world.draw(case)
    await world.score(case, first)
    await world.score(case, second, but=FAR_APART)
    assert await world.state(case) == "moderation"
    await world.appoint(case, "moderator", "moderator")
    return case, first, second


async def test_assessors_who_differ_are_moderated_with_a_reason_for_each_item(world):
    case, first, second = await _to_moderation(world)
    moderator = await world.browser("moderator")
    assert "A.1.1" in await moderator.get(f"/cases/{case}/moderation")
    await moderator.move(case, "settle", status=422)
    path = f"/cases/{case}/moderation"
    typed = {"A.1.1.tenure_months": "36"}
    await moderator.post(f"{path}/A.1.1", 422, **typed)  # no reason
    await moderator.post(f"{path}/A.1.1", reason="合同还有三年", **typed)
    await moderator.post(f"{path}/A.2.4", reason="没有停车位", **{"A.2.4.met": "no"})
    await moderator.move(case, "settle", status=422)  # both must agree
    for user in (first, second):
        await (await world.browser(user)).post(
            f"/cases/{case}/checks", what="agreed", clear="yes", note=""
        )
    await moderator.move(case, "settle")
    assert await world.state(case) == "decision"
    origins = dict(
        await world.place.owner.fetch(
            "select item_id, origin from final_item where case_id = $1", case
        )
    )
    assert (origins["A.1.1"], origins["A.1.2"]) == ("moderated", "agreed")


async def test_a_third_blind_score_settles_by_the_median(world):
    case, _first, _second = await _to_moderation(world)
    office = await world.browser("office")
    await office.post(f"/cases/{case}/draws", reason="两人分歧")
    await office.post(f"/cases/{case}/draws/reveal")
    third = await world.value(
        "select user_id from case_member where case_id = $1 and part = 'third_assessor'", case
    )
    await world.score(case, third)
    await (await world.browser("moderator")).move(case, "settle")
    assert (
        await world.value(
            "select origin from final_item where case_id = $1 and item_id = 'A.1.1'", case
        )
        == "median"
    )
    assert await world.value("select total from case_result where case_id = $1", case) == 100


async def test_a_review_computes_what_the_records_say(world):
    base = await world.register()
    await world.to_plaque(base)
    counts = {"trainees": 20, "trainees_assessed": 20, "enrolled": 20, "passed": 18}
    await world.place.owner.execute(
        "insert into class_record (base_id, county, trade, kind, starts_on, ends_on, entered_on, counts, simulated)"
        " values ($1, $2, '缝纫工', 'order', '2026-09-01', '2026-10-30', '2026-11-05', $3, true)",
        base,
        COUNTY,
        json.dumps(counts),
    )
    await world.place.owner.execute(
        "insert into base_year values ($1, 2026, $2, true)",
        base,
        json.dumps({"teachers": 10, "teachers_retrained": 7, "complaints": 0}),
    )
    office = await world.browser("office")
    to = await office.post(f"/bases/{base}/reviews", kind="spot_check")
    case = int(to.rsplit("/", 1)[1])
    for user in await world.draw(case):
        sheet = await world.sheet(case, user)
        who = await world.browser(user)
        assert "由系统记录计算" in await who.get(f"/sheets/{sheet}")
        await who.post(f"/sheets/{sheet}/items/E.2.1", 422, version=1)  # nobody types it
        await world.score(case, user, stage=Stage.OPERATION)
    assert await world.state(case) == "decision"
    finals = {
        row["item_id"]: (row["origin"], json.loads(row["measure"]))
        for row in await world.place.owner.fetch(
            "select item_id, origin, measure from final_item where case_id = $1", case
        )
    }
    on_time = {"classes_on_time": 1, "classes_ended": 1}  # entered on the 4th working day
    assert finals["B.3.2"] == ("records", {"values": on_time})
    assert finals["E.2.1"] == ("records", {"values": {"passed": 18, "enrolled": 20}})
    assert finals["C.2.1"] == ("records", {"values": {"teachers_retrained": 7, "teachers": 10}})
    await world.appoint(case, "panel", "panel")
    page = await (await world.browser("panel")).get(f"/cases/{case}/result")
    assert "缺少数据" in page  # what the records do not hold is missing, not full
