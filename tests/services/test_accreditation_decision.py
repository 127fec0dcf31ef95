"""Deciding a case, hearing who objects, putting right what was found, and losing a plaque."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.conftest import Place
from tests.services.accreditation_world import COUNTY, World


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    yield made
    await made.stop()


async def test_who_assessed_cannot_decide(world):
    case = await world.to_decision()
    assessor = (await world.serving(case))[0]
    await world.place.grant(assessor, "panel_member")
    office = await world.browser("office")
    await office.post(f"/cases/{case}/members", 422, user=assessor, part="panel")
    add = "insert into case_member (case_id, user_id, part, since, reason) values ($1, $2, 'panel', now(), '')"
    with pytest.raises(asyncpg.CheckViolationError, match="case_member_keeps_apart"):
        await world.place.owner.execute(add, case, assessor)
    # Without the floor the row goes in, and the guard of the decision still refuses.
    await world.place.owner.execute(
        "alter table case_member disable trigger case_member_keeps_apart"
    )
    await world.place.owner.execute(add, case, assessor)
    panel = await world.browser("panel")
    await panel.move(case, "propose_admission", status=422)
    assert await world.state(case) == "decision"


async def test_two_who_decide_at_once_give_one_result(world):
    case = await world.to_decision()
    one, other = await world.browser("panel"), await world.browser("panel")

    async def decide(who, event):
        headers = {"Cookie": f"yupei_session={who.token}", "Accept": "text/html"}
        data = {"event": event, "reason": "理由", "csrf": who.csrf}
        async with world.client.post(
            f"/cases/{case}/moves", data=data, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status

    answers = await asyncio.gather(
        decide(one, "propose_admission"), decide(other, "propose_refusal")
    )
    assert sorted(answers) == [303, 409]
    assert (
        await world.value(
            "select count(*) from case_log where case_id = $1 and source = 'decision'", case
        )
        == 1
    )


async def test_an_open_objection_holds_the_notice_and_its_answer_is_public(world):
    case = await world.to_decision()
    await (await world.browser("panel")).move(case, "propose_admission", reason="达标")
    notice = await world.value("select id from public_notice where case_id = $1", case)
    public = await world.browser(None)
    await public.post(f"/notices/{notice}/objections", 422, text="场地不实")  # no name, no evidence
    await public.post(f"/notices/{notice}/objections", text="场地不实", name="李某 13800000000")
    world.later(days=8)
    assert await world.run_clocks() == 0
    await world.appoint(case, "review", "review_group")
    review = await world.browser("review")
    assert "李某" in await review.get(f"/cases/{case}")
    assert "李某" not in await (await world.browser("county")).get(f"/cases/{case}")
    objection = await world.value("select id from objection where notice_id = $1", notice)
    await review.post(
        f"/cases/{case}/objections/{objection}/answer", answer="已到现场核实，场地属实", upheld="no"
    )
    page = await public.get(f"/notices/{notice}")
    assert "场地属实" in page
    assert "李某" not in page
    assert await world.run_clocks() == 1
    assert await world.state(case) == "closed"


async def test_a_refusal_is_announced_answered_and_waits_half_a_year(world):
    base = await world.register()
    case = await world.to_decision(base)
    panel, manager = await world.browser("panel"), await world.browser("applicant")
    await panel.move(case, "propose_refusal", status=422)  # no reasons
    await panel.move(case, "propose_refusal", reason="实训场地与申报不符")
    assert "实训场地与申报不符" in await manager.get(f"/cases/{case}")
    await manager.move(case, "reply", reply="场地已于上月扩建，附产权证明")
    await panel.move(case, "refuse", status=422, reason="不予通过")  # the reply is not answered
    await panel.move(case, "refuse", reason="不予通过", answer="扩建部分尚未验收")
    assert (
        await world.value("select outcome from accreditation_case where id = $1", case) == "refused"
    )
    again = int((await manager.post(f"/bases/{base}/applications")).rsplit("/", 1)[1])
    said = await manager.move(again, "submit", status=422)
    assert "2027" in said


async def test_findings_are_rectified_verified_and_decided_again(world):
    case = await world.to_decision()
    panel, manager = await world.browser("panel"), await world.browser("applicant")
    finding = {"item": "A.4.1", "severity": "deficiency", "text": "应急照明损坏"}
    await panel.post(f"/cases/{case}/findings", **finding)
    await panel.move(case, "require_rectification", reason="限期整改", correctable="yes")
    await manager.move(case, "submit_evidence", status=422)
    form_page = await manager.get(f"/cases/{case}/documents/new")
    assert "应急照明损坏" in form_page
    found = await world.value("select id from finding where case_id = $1", case)
    await world.upload(manager, case, "finding", item=str(found))
    await manager.move(case, "submit_evidence")
    city = await world.browser("city")
    await city.post(f"/cases/{case}/checks", what="premises", clear="yes", note="已更换")
    await city.post(f"/cases/{case}/checks", what="rescored", clear="yes", note="A.4.1")
    await city.move(case, "verified")
    assert await world.state(case) == "decision"
    assert await world.value("select closed_at from finding where id = $1", found) is not None


async def test_suspending_a_countys_last_base_opens_its_gap_at_once(world):
    base = await world.register()
    await world.to_plaque(base)
    city = await world.browser("city")
    await city.post(f"/bases/{base}/suspension", 422, veto="V1", reason="")
    await city.post(f"/bases/{base}/suspension", veto="V1", reason="法人登记已注销")
    assert (
        await world.value("select state from accreditation where base_id = $1", base) == "suspended"
    )
    assert (
        await world.value(
            "select count(*) from coverage_gap where county = $1 and closed_at is null", COUNTY
        )
        == 1
    )


async def test_a_term_that_ends_without_a_renewal_ends_the_accreditation_and_its_reviews(world):
    base = await world.register()
    await world.to_plaque(base)
    office = await world.browser("office")
    review = int((await office.post(f"/bases/{base}/reviews", kind="spot_check")).rsplit("/", 1)[1])
    world.later(days=3 * 365 - 30)
    assert await world.run_clocks() == 0
    world.later(days=40)
    assert await world.run_clocks() == 1
    assert await world.run_clocks() == 0
    row = await world.place.owner.fetchrow(
        "select state, outcome from accreditation where base_id = $1", base
    )
    assert tuple(row) == ("ended", "expired")
    assert (
        await world.value("select outcome from accreditation_case where id = $1", review) == "moot"
    )
    assert (
        await world.value(
            "select count(*) from coverage_gap where county = $1 and closed_at is null", COUNTY
        )
        == 1
    )
