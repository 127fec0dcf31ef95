"""An application: its papers, who may see it, and the way up to the province."""

from collections.abc import AsyncIterator

import pytest

from services.actions import bases
from tests.conftest import Place
from tests.services.accreditation_world import COUNTY, World, code


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    yield made
    await made.stop()


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


NEW = {
    "name": "某基地",
    "credit__code": code()[:-1] + "0",
    "county": COUNTY,
    "kind": "enterprise",
    "address": "某路",
    "trades": "缝纫工",
    "capacity__per__year": "10",
    "contact__name": "王某",
    "contact__phone": "13700000000",
}


async def test_a_wrong_credit_code_keeps_the_form(world):
    manager = await world.browser("applicant")
    page = await manager.post("/bases", 422, **NEW)
    assert "某基地" in page
    assert "校验位" in page


async def test_nobody_registers_base_after_base(world):
    """Ten tries a day, those that were refused too; a day later there are ten more."""
    manager = await world.browser("applicant")
    for _ in range(10):
        await manager.post("/bases", 422, **NEW)
    right = NEW | {"credit__code": code()}
    await manager.post("/bases", 429, **right)
    world.later(days=1)
    await manager.post("/bases", **right)


async def test_without_the_limit_registering_goes_on(world, monkeypatch):
    """Takes the guard away."""

    async def free(*given, **more): ...

    monkeypatch.setattr(bases, "limit", free)
    manager = await world.browser("applicant")
    for _ in range(12):
        await manager.post("/bases", 422, **NEW)
