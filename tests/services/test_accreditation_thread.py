"""From a draft to the plaque, through HTTP and the database."""

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from accreditation import draw, lifecycle
from accreditation.lifecycle import Machine
from accreditation.rubric import Stage, default_rubric
from services.db.context import speak_for
from tests.conftest import Place
from tests.services.accreditation_world import COUNTY, World, best, code
from tests.services.page_check import faults


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    yield made
    await made.stop()


async def test_a_new_base_goes_from_draft_to_plaque(world):
    gaps = "select count(*) from coverage_gap where county = $1 and closed_at is null"
    await world.place.owner.execute(
        "insert into coverage_gap (county, opened_at, cause) values ($1, $2, 'none yet')",
        COUNTY,
        world.now,
    )
    base = await world.register()
    case = await world.to_decision(base)
    assert await world.state(case) == "decision"
    assert (
        await world.value("select grade from case_result where case_id = $1", case) == "excellent"
    )
    panel = await world.browser("panel")
    assert "100" in await panel.get(f"/cases/{case}/result")
    await panel.move(case, "propose_admission", reason="各项达标")
    public = await world.browser(None)
    assert "巩义市阳光职业培训基地" in await public.get("/notices")
    world.later(days=7)
    assert await world.run_clocks() == 0  # the seventh day is still in time
    world.later(days=1)
    assert await world.run_clocks() == 1
    assert await world.run_clocks() == 0
    row = await world.place.owner.fetchrow("select * from accreditation where base_id = $1", base)
    assert (row["state"], row["plaque_number"][:15]) == ("active", f"YP-{COUNTY}-2026-")[:2]
    assert (
        await world.value("select outcome from accreditation_case where id = $1", case)
        == "admitted"
    )
    assert await world.value(gaps, COUNTY) == 0
    manager = await world.browser("applicant")
    assert row["plaque_number"] in await manager.get(f"/bases/{base}")
    assert row["plaque_number"] in await public.get(f"/plaques/{row['plaque_number']}")


async def test_the_log_replays_to_the_state_and_every_row_has_its_audit_event(world):
    case = await world.to_plaque()
    rows = await world.place.owner.fetch(
        "select source, event, target from case_log where case_id = $1 order by id", case
    )
    state = lifecycle.initial(Machine.CASE, "admission")
    for row in rows:
        assert row["source"] == state
        state = lifecycle.clause(Machine.CASE, state, row["event"]).target
        assert row["target"] == state
    assert state == await world.state(case)
    logged = await world.place.owner.fetch(
        "select action from audit_event where object = 'case' and object_id = $1", str(case)
    )
    assert {f"case:{row['event']}" for row in rows} <= {row["action"] for row in logged}


async def test_an_application_without_documents_says_everything_that_is_missing(world):
    base = await world.register()
    manager = await world.browser("applicant")
    case = int((await manager.post(f"/bases/{base}/applications")).rsplit("/", 1)[1])
    said = await manager.move(case, "submit", status=422)
    assert "licence" in said or "材料" in said
    assert await world.state(case) == "draft"


async def test_a_file_is_known_by_its_first_bytes_and_never_served_inline(world):
    base = await world.register()
    manager = await world.browser("applicant")
    case = int((await manager.post(f"/bases/{base}/applications")).rsplit("/", 1)[1])
    said = await world.upload(manager, case, "licence", b"<html>" + b"x" * 300, status=422)
    assert "PDF" in said
    said = await world.upload(
        manager, case, "licence", b"%PDF-" + b"x" * (10 * 1024 * 1024 + 1), status=422
    )
    assert "10 MB" in said
    await world.upload(manager, case, "licence")
    document = await world.value("select id from document where case_id = $1", case)
    headers = {"Cookie": f"yupei_session={manager.token}"}
    async with world.client.get(f"/documents/{document}", headers=headers) as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert (await answer.read()).startswith(b"%PDF-")
    stranger = await world.browser("stranger")
    await stranger.get(f"/documents/{document}", status=404)


async def test_one_person_alone_cannot_endorse(world):
    case = await world.apply(await world.register())
    county = await world.browser("county")
    await county.post(f"/cases/{case}/checks", what="completeness", clear="yes", note="")
    await county.move(case, "accept")
    await county.post(f"/cases/{case}/checks", what="vetoes", clear="yes", note="")
    await county.post(f"/cases/{case}/checks", what="premises", clear="yes", note="")
    await county.move(case, "endorse", status=422)
    assert await world.state(case) == "county_review"


async def test_a_return_lists_all_that_is_missing_once(world):
    case = await world.apply(await world.register())
    county = await world.browser("county")
    kept = await county.move(case, "return", status=422, reason="请补交")
    assert "请补交" in kept  # what was typed stays
    await county.move(case, "return", missing=["premises", "rules"], reason="请补交租赁合同")
    manager = await world.browser("applicant")
    page = await manager.get(f"/cases/{case}")
    assert "场地产权证明或租赁合同" in page
    assert "管理制度汇编" in page


async def test_another_county_finds_nothing_and_another_role_may_not(world):
    case = await world.apply(await world.register())
    stranger, city = await world.browser("stranger"), await world.browser("city")
    await stranger.get(f"/cases/{case}", status=404)
    await stranger.move(case, "accept", status=404)
    await city.move(case, "accept", status=403)
    refused = await world.place.owner.fetch(
        "select actor, detail from audit_event where action = 'access:refused' order by seq"
    )
    assert [r["actor"] for r in refused] == [stranger.user, stranger.user, city.user]


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
    await other.get(f"/cases/{case}/moderation", status=422)
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


FAR_APART = {
    "A.1.1": {"A.1.1.tenure_months": "0"},
    "A.2.4": {"A.2.4.met": "no"},
}


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


async def test_jiyuan_has_no_city_above_it_and_the_province_forwards(world):
    place, county = world.place, "419001"
    people = [await place.user(role="county_staff", area=county) for _ in range(2)]
    manager = await world.browser("applicant")
    base = await world.register("91419001MA4XEQ02Q", county=county)
    case = await world.apply(base)
    one, two = [await world.browser(user) for user in people]
    await one.post(f"/cases/{case}/checks", what="completeness", clear="yes", note="")
    await one.move(case, "accept")
    for what in ("vetoes", "premises"):
        await one.post(f"/cases/{case}/checks", what=what, clear="yes", note="")
    await two.move(case, "endorse")
    await (await world.browser("city")).move(case, "forward", status=404)  # 郑州 is not above it
    province = await world.browser("province")
    await province.move(case, "forward")
    await province.move(case, "schedule")
    assert "准入" in await manager.get(f"/cases/{case}")
    assert await world.state(case) == "scheduling"


async def test_the_province_does_not_forward_where_there_is_a_city(world):
    case = await world.apply(await world.register())
    county, second = await world.browser("county"), await world.browser("county2")
    await county.post(f"/cases/{case}/checks", what="completeness", clear="yes", note="")
    await county.move(case, "accept")
    for what in ("vetoes", "premises"):
        await county.post(f"/cases/{case}/checks", what=what, clear="yes", note="")
    await second.move(case, "endorse")
    await (await world.browser("province")).move(case, "forward", status=403)


async def test_a_wrong_credit_code_keeps_the_form(world):
    manager = await world.browser("applicant")
    page = await manager.post(
        "/bases",
        422,
        name="某基地",
        credit__code=code()[:-1] + "0",
        county=COUNTY,
        kind="enterprise",
        address="某路",
        trades="缝纫工",
        capacity__per__year="10",
        contact__name="王某",
        contact__phone="13700000000",
    )
    assert "某基地" in page
    assert "校验位" in page


async def test_the_same_actions_answer_in_json(world):
    case = await world.apply(await world.register())
    county, stranger = await world.browser("county"), await world.browser("stranger")
    seen = await county.api("GET", f"/api/cases/{case}", 200)
    accept = next(step for step in seen["steps"] if step["event"] == "accept")
    assert (accept["mine"], bool(accept["unmet"])) == (True, True)
    refused = await county.api("POST", f"/api/cases/{case}/moves", 422, {"event": "accept"})
    assert refused["type"] == "/problems/refused"
    check = {"what": "completeness", "clear": True}
    await county.api("POST", f"/api/cases/{case}/checks", 201, check)
    moved = await county.api("POST", f"/api/cases/{case}/moves", 200, {"event": "accept"})
    assert moved["state"] == "county_review"
    await stranger.api("GET", f"/api/cases/{case}", 404)


async def test_every_page_of_the_thread_reads_well_in_both_languages(world):
    base = await world.register()
    manager, public = await world.browser("applicant"), await world.browser(None)
    pages = [(manager, path) for path in ("/my/bases", "/bases/new", f"/bases/{base}/edit")]
    await _look(pages)
    case = await world.apply(base)
    await _look([(manager, f"/cases/{case}"), (manager, f"/cases/{case}/self-scores/A")])
    await _look([(manager, f"/cases/{case}/documents/new")])
    await world.review(case)
    first, second = await world.draw(case)
    who, sheet = await world.browser(first), await world.score(case, first)
    await _look([(who, path) for path in ("/sheets", f"/sheets/{sheet}")])
    other = await world.browser(second)
    open_sheet = await world.sheet(case, second)
    await _look([(other, f"/sheets/{open_sheet}/items/{i}") for i in ("A.1.1", "A.2.1", "A.4.1")])
    await world.score(case, second, but=FAR_APART)
    await world.appoint(case, "moderator", "moderator")
    moderator = await world.browser("moderator")
    await _look([(moderator, f"/cases/{case}/moderation")])
    await _look([(moderator, f"/cases/{case}/moderation/A.1.1")])
    for item in ("A.1.1", "A.2.4"):
        await moderator.post(
            f"/cases/{case}/moderation/{item}",
            reason="以现场为准",
            **best(default_rubric().item(item)),
        )
    for user in (first, second):
        agreed = await world.browser(user)
        await agreed.post(f"/cases/{case}/checks", what="agreed", clear="yes", note="")
    await moderator.move(case, "settle")
    await world.appoint(case, "panel", "panel")
    panel, office = await world.browser("panel"), await world.browser("office")
    await _look([(one, f"/cases/{case}") for one in (panel, office, manager)])
    await _look([(panel, f"/cases/{case}/result"), (panel, "/cases"), (office, "/bases")])
    await panel.move(case, "propose_admission", reason="达标")
    await _look([(public, path) for path in ("/notices", "/notices/1")])
    world.later(days=8)
    await world.run_clocks()
    county, city = await world.browser("county"), await world.browser("city")
    await _look([(one, f"/bases/{base}") for one in (manager, county, city)])


async def _look(pages):
    """Each page in both languages: one h1, labels, nothing unrendered, nothing left in Chinese."""
    for who, path in pages:
        for language in ("zh", "en"):
            html = await who.get(path, language=language)
            assert faults(html) == [], (path, language)


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
