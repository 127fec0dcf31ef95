"""Local rubrics: written in one's own area, put in force by a second person, kept by running cases."""

import io
import json
from datetime import date, timedelta
from decimal import Decimal

import aiohttp
import asyncpg
import pytest

from accreditation.errors import RubricFault
from accreditation.inheritance import Level
from accreditation.rubric import Stage, default_rubric, default_text, parse, rubric_of
from services.access import Denied
from services.actions import rubric_effects, rubrics
from services.db import cases
from services.db.context import transaction
from services.db.query import NotFound
from services.files import rubric as files
from services.problems import Stale
from tests.accreditation.test_inheritance import new_item
from tests.conftest import NOW
from tests.services.accreditation_world import CITY, COUNTY, PROVINCE, World
from tests.services.page_check import check_page

TODAY = date(2026, 11, 23)
SHIFT = {"points": {"A.1.1": 3, "A.1.3": 1}}
STRICT = {"grades": {"pass": 65}}
JIYUAN = "419001"  # 济源: no city above it


class Town:
    """Two writers of one city, one of another, and the province's."""

    def __init__(self, place):
        self.place = place

    async def staff(self, role="city_staff", area=CITY):
        return await self.place.actor(await self.place.user("某人", role=role, area=area))

    async def begin(self, actor, area=CITY):
        async with transaction(self.place.pool, actor) as conn:
            return await rubrics.begin(conn, actor, area, now=NOW, today=TODAY)

    async def look(self, actor, draft):
        async with transaction(self.place.pool, actor) as conn:
            return await rubrics.look(conn, actor, draft, today=TODAY)

    async def write(self, actor, draft, version=1, **changes):
        found = await self.look(actor, draft)
        async with transaction(self.place.pool, actor) as conn:
            return await rubrics.save(
                conn, actor, draft, version, found.changes | changes, now=NOW, today=TODAY
            )

    async def publish(self, actor, draft, version=2, day=TODAY):
        async with transaction(self.place.pool, actor) as conn:
            return await rubrics.publish(conn, actor, draft, version, day, now=NOW, today=TODAY)

    async def put_in_force(self, area=CITY, role="city_staff", day=TODAY, **changes):
        one, other = await self.staff(role, area), await self.staff(role, area)
        draft = await self.begin(one, area)
        await self.write(one, draft, **changes)
        return await self.publish(other, draft, day=day)

    async def in_force(self, county, day=TODAY):
        async with transaction(self.place.pool, await self.staff()) as conn:
            found = await cases.rubric_in_force.one(conn, day, county)
        return found.id, found.version


@pytest.fixture
def town(place):
    return Town(place)


async def test_a_draft_is_seen_and_written_only_in_its_own_area(town):
    mine, stranger = await town.staff(), await town.staff(area="410300")
    draft = await town.begin(mine)
    assert (await town.look(mine, draft)).row.area == CITY
    with pytest.raises(NotFound):
        await town.look(stranger, draft)
    with pytest.raises(Denied):
        await town.begin(stranger, CITY)
    with pytest.raises(Denied):
        await town.look(await town.staff("county_staff", COUNTY), draft)
    province = await town.staff("province_staff", PROVINCE)
    assert (await town.look(province, draft)).row.id == draft


async def test_without_row_security_the_neighbour_would_see_the_draft(town):
    draft = await town.begin(await town.staff())
    stranger = await town.staff(area="410300")
    count = "select count(*) from rubric_draft where id = $1"
    async with transaction(town.place.pool, stranger) as conn:
        assert await conn.fetchval(count, draft) == 0
    await town.place.owner.execute("alter table rubric_draft disable row level security")
    async with transaction(town.place.pool, stranger) as conn:
        assert await conn.fetchval(count, draft) == 1


async def test_who_wrote_a_draft_cannot_publish_it(town):
    first, last, second = [await town.staff() for _ in range(3)]
    draft = await town.begin(first)
    version = await town.write(first, draft, **SHIFT)
    with pytest.raises(Denied):
        await town.publish(first, draft, version)
    version = await town.write(last, draft, version, **STRICT)
    for author in (first, last):
        with pytest.raises(Denied):
            await town.publish(author, draft, version)
    assert await town.publish(second, draft, version) == (f"city-{CITY}", "20261123")


_SELF = (
    "update rubric_draft set published_by = drafted_by, published_at = now(), valid_from = '2027-01-01'"
    " where id = $1"
)


async def test_the_database_holds_the_second_person_by_itself(town):
    draft = await town.begin(await town.staff())
    with pytest.raises(asyncpg.CheckViolationError) as floor:
        await town.place.owner.execute(_SELF, draft)
    assert floor.value.constraint_name == "rubric_draft_second_person"
    await town.place.owner.execute(
        "alter table rubric_draft drop constraint rubric_draft_second_person"
    )
    await town.place.owner.execute(_SELF, draft)


async def test_nobody_puts_a_rubric_in_force_beside_the_drafts(town):
    """Without a draft that somebody else published, row security takes no rubric."""
    staff = await town.staff()
    draft = await town.begin(staff)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(town.place.pool, staff) as conn:
            await conn.execute(
                "insert into rubric (id, version, sha256, body, valid_from, level, area, changes, draft_id)"
                " values ('x', '1', 'x', '{}', $2, 'city', $3, '{}', $1)",
                draft,
                TODAY,
                CITY,
            )


async def test_a_published_rubric_is_not_edited(town):
    id_, version = await town.put_in_force(**SHIFT)
    staff = await town.staff()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with transaction(town.place.pool, staff) as conn:
            await conn.execute("update rubric set body = '{}' where id = $1", id_)
    async with transaction(town.place.pool, staff) as conn:
        row, found = await rubrics.effective(conn, id_, version)
    assert row.valid_from == TODAY
    assert found.origins["A.1.1"].points.level is Level.CITY


async def test_a_draft_with_a_fault_is_kept_but_not_published(town):
    one, other = await town.staff(), await town.staff()
    draft = await town.begin(one)
    version = await town.write(one, draft, points={"A.1.1": 3})
    assert {fault.code for fault in (await town.look(one, draft)).faults} == {"wrong_sum"}
    with pytest.raises(RubricFault):
        await town.publish(other, draft, version)


async def test_two_who_write_at_once_do_not_undo_each_other(town):
    staff = await town.staff()
    draft = await town.begin(staff)
    await town.write(staff, draft, 1, **SHIFT)
    with pytest.raises(Stale):
        await town.write(staff, draft, 1, **STRICT)


async def test_the_nearest_rubric_holds_from_its_day_to_its_last(town):
    national = (default_rubric().id, default_rubric().version)
    province = await town.put_in_force(PROVINCE, "province_staff", **SHIFT)
    tomorrow = TODAY + timedelta(days=1)
    city = await town.put_in_force(day=tomorrow, **STRICT)
    assert await town.in_force(COUNTY) == province
    assert await town.in_force(COUNTY, tomorrow) == city
    assert await town.in_force("410327", tomorrow) == province
    assert await town.in_force(JIYUAN, tomorrow) == province
    staff = await town.staff()
    async with transaction(town.place.pool, staff) as conn:
        await rubrics.retire(conn, staff, *city, tomorrow, reason="试行结束", now=NOW, today=TODAY)
    assert await town.in_force(COUNTY, tomorrow) == city
    assert await town.in_force(COUNTY, tomorrow + timedelta(days=1)) == province
    assert province != national


async def test_a_city_stands_on_its_province_and_is_told_when_that_changes(town):
    await town.put_in_force(PROVINCE, "province_staff", **SHIFT)
    staff = await town.staff()
    draft = await town.begin(staff)
    found = await town.look(staff, draft)
    assert [layer.level for layer in found.above.layers] == [Level.NATIONAL, Level.PROVINCE]
    later = await town.staff("province_staff", PROVINCE)
    again = await town.begin(later, PROVINCE)
    await town.write(later, again, **STRICT)
    await town.publish(
        await town.staff("province_staff", PROVINCE), again, day=TODAY + timedelta(days=9)
    )
    async with transaction(town.place.pool, staff) as conn:
        above = await rubrics.above_of(conn, CITY, "city", TODAY + timedelta(days=9))
    assert above.layers[-1].version == "20261123.1"


async def test_a_unit_without_a_city_writes_its_own(town):
    id_, _ = await town.put_in_force(JIYUAN, **SHIFT)
    assert id_ == f"city-{JIYUAN}"
    with pytest.raises(Exception, match="请选择省或市"):
        await town.begin(await town.staff(area=COUNTY), COUNTY)


async def test_each_step_is_in_the_log(town):
    await town.put_in_force(**SHIFT)
    rows = await town.place.owner.fetch(
        "select action from audit_event where action like 'rubric:%' order by seq"
    )
    assert [row["action"] for row in rows] == ["rubric:begin", "rubric:change", "rubric:publish"]


@pytest.fixture
async def world(place):
    made = await World(place).start()
    made.people["city2"] = await place.user("市二", role="city_staff", area=CITY)
    yield made
    await made.stop()


async def test_a_case_keeps_its_rubric_and_a_later_one_takes_the_local(world, town):
    """Both bases are alike; the city asks for more before the second one applies."""
    first = await world.to_decision()
    await town.put_in_force(**SHIFT)
    second_base = await world.register("91410181MA4XEQ02X")
    # One item short of full marks shows the other weight.
    second = await world.apply(second_base)
    kept = await world.place.owner.fetch("select id, rubric_id from accreditation_case order by id")
    assert [row["rubric_id"] for row in kept] == [default_rubric().id, f"city-{CITY}"]
    short = {"A.1.1": {"A.1.1.tenure_months": "0"}}
    await world.review(second)
    for user in await world.draw(second):
        await world.score(second, user, but=short)
    assert await total(world, first) == 100
    national, local = await points(world, first), await points(world, second)
    assert (national, local) == (2, 3)
    counted = sum(item.points for item in default_rubric().at(Stage.ADMISSION))
    assert round(await total(world, second), 2) == round(100 - 100 * local / counted, 2)


async def total(world, case):
    return await world.value("select total from case_result where case_id = $1", case)


async def points(world, case):
    """What A.1.1 is worth under the rubric of the case."""
    body = await world.value(
        "select r.body from rubric r join accreditation_case c on (c.rubric_id, c.rubric_version)"
        " = (r.id, r.version) where c.id = $1",
        case,
    )
    return next(
        Decimal(str(one["points"])) for one in json.loads(body)["items"] if one["id"] == "A.1.1"
    )


async def draft_of(world):
    staff = await world.browser("city")
    to = await staff.post("/rubrics/drafts", area=CITY)
    return staff, to


async def version(world, path):
    return await world.value(
        "select version from rubric_draft where id = $1", int(path.rsplit("/", 1)[1])
    )


async def test_every_page_is_whole_in_both_languages(world):
    staff, draft = await draft_of(world)
    one = default_rubric()
    for language in ("zh", "en"):
        for path in (
            "/rubrics",
            f"/rubrics/{one.id}/{one.version}",
            draft,
            f"/rubrics/compare?old={one.id}@{one.version}&new=draft:{draft.rsplit('/', 1)[1]}",
            *(
                f"{draft}/items?kind={kind}"
                for kind in ("binary", "tiered", "ratio", "checklist", "deduction")
            ),
        ):
            check_page(await staff.get(path, language=language))
    public = await world.browser(None)
    check_page(await public.get("/rubrics"))
    check_page(await public.get("/rubrics/compare"))
    await public.get("/rubrics/compare?old=draft:1", 303)  # to sign in
    check_page(await public.get(f"/rubrics/{one.id}/{one.version}"))


async def test_faults_stand_beside_their_fields_all_at_once(world):
    staff, draft = await draft_of(world)
    form = {
        "points__A.2.1": "1",
        "target__A.1.3": "0.9",
        "at__A.1.2__0": "100",
        "grade__excellent": "80",
        "minimum__M1": "0.5",
    }
    told = await staff.post(f"{draft}/check", 200, **form)
    for name in ("points-A-2-1", "target-A-1-3", "at-A-1-2-0", "grade-excellent", "minimum-M1"):
        assert f'<p id="fault-{name}" class="govuk-error-message fault"><span' in told, name
    assert await version(world, draft) == 1
    unread = await staff.post(draft, 422, version=1, **{"points__A.1.1": "三分"})
    assert "三分" in unread
    assert 'id="fault-points-A-1-1" class="govuk-error-message fault"><span' in unread


async def test_a_check_spends_no_key_and_the_save_after_it_counts(world):
    """The page checks and saves with the one key that stands in its form."""
    staff, draft = await draft_of(world)
    form = {"idempotency_key": "the-one-key-of-the-form", "grade__excellent": "91"}
    await staff.post(f"{draft}/check", 200, **form)
    await staff.post(f"{draft}/check", 200, **form)
    await staff.post(draft, version=1, **form)
    assert await version(world, draft) == 2


async def test_the_editor_stores_what_was_typed(world):
    staff, draft = await draft_of(world)
    await staff.post(
        draft,
        version=1,
        drop=["A.2.4"],
        **{
            "points__A.1.1": "3",
            "points__A.2.3": "3",
            "grade__excellent": "91",
            "each__A.4.1": "0.75",
        },
    )
    body = json.loads(
        await world.value(
            "select body from rubric_draft where id = $1", int(draft.rsplit("/", 1)[1])
        )
    )
    assert body["points"]["A.1.1"] == 3
    assert body["drop"] == ["A.2.4"]
    assert body["grades"] == {"excellent": 91}
    assert body["raise"]["A.4.1"] == {"each": -0.75}


ITEM = {
    "code": "A.1.9",
    "section": "A.1",
    "name__zh": "本地要求",
    "name__en": "Ours",
    "points": "1",
    "stage": "both",
    "method": "site",
    "criticality": "minor",
    "evidence__zh": "照片",
    "evidence__en": "Photographs",
}
ASKED = {"question__zh": "有几处", "question__en": "How many"}
TIERS = {
    "tier__points__0": "1", "tier__zh__0": "甲", "tier__en__0": "first",
    "tier__points__1": "0", "tier__zh__1": "乙", "tier__en__1": "second",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("binary", ASKED),
        ("tiered", ASKED | TIERS),
        ("tiered", ASKED | TIERS | {"tier__at__0": "10", "tier__at__1": "0"}),
        (
            "ratio",
            {
                "part__zh": "甲",
                "part__en": "a",
                "all__zh": "乙",
                "all__en": "b",
                "target": "0.9",
                "floor": "0.5",
            },
        ),
        (
            "checklist",
            {"line__zh__0": "甲", "line__en__0": "a", "line__zh__1": "乙", "line__en__1": "b"},
        ),
        ("deduction", ASKED | {"each": "0.5"}),
    ],
)
async def test_an_item_of_each_kind_can_be_added(world, kind, more):
    staff, draft = await draft_of(world)
    await staff.post(f"{draft}/items?kind={kind}", version=1, **ITEM, **more)
    page = await staff.get(draft)
    assert "本地要求" in page
    await staff.post(draft, version=2, **{"points__A.1.3": "1"})
    assert "没有问题" in await staff.get(draft)
    await staff.post(f"{draft}/items/A.1.9/removal", version=3)
    assert "本地要求" not in await staff.get(draft)


async def test_an_item_that_is_not_whole_is_asked_again(world):
    staff, draft = await draft_of(world)
    page = await staff.post(f"{draft}/items?kind=binary", 422, version=1, code="甲")
    assert page.count("govuk-error-message") > 5


async def sent(who, draft, version, content, name="r.xlsx", status=303):
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(content), filename=name, content_type="application/zip")
    return await who.send(f"{draft}/import?csrf={who.csrf}&version={version}", form, status)


async def test_a_whole_rubric_is_imported_as_changes(world):
    staff, draft = await draft_of(world)
    whole = parse(default_text("rubric.json"))
    whole["items"].append(new_item())
    next(one for one in whole["items"] if one["id"] == "A.1.3").update(points=1)
    await sent(staff, draft, 1, files.as_workbook(whole))
    assert "没有问题" in await staff.get(draft)
    whole["items"][0]["name_zh"] = "改了名"
    page = await sent(staff, draft, 2, files.as_pretty_json(whole), "r.json", 422)
    assert "A.1.1" in page
    page = await sent(staff, draft, 2, b"PK", "r.xlsx", 422)
    assert "xlsx" in page
    assert await version(world, draft) == 2


async def test_the_whole_way_on_the_pages(world):
    staff, draft = await draft_of(world)
    await staff.post(draft, version=1, **{"points__A.1.1": "3", "points__A.1.3": "1"})
    assert "另一人" in await staff.get(draft)
    await staff.post(f"{draft}/publication", 403, version=2, valid__from="2026-12-01")
    second = await world.browser("city2")
    await second.post(f"{draft}/publication", 422, version=2, valid__from="2026-11-01")
    to = await second.post(f"{draft}/publication", version=2, valid__from="2026-12-01")
    public = await world.browser(None)
    page = await public.get(to)
    assert "调整分值" in page
    await public.get(f"{to}/json")
    other = default_rubric()
    compared = await public.get(
        f"/rubrics/compare?old={other.id}@{other.version}&new={to[9:].replace('/', '@')}"
    )
    check_page(compared)
    assert "A.1.1" in compared
    await second.post(f"{to}/retirement", last__day="2027-01-01", reason="换新版")


async def test_the_effect_names_the_bases_whose_grade_changes(world, town):
    """A base that is excellent today would only be good where 100 points are asked for it."""
    case = await world.apply(await world.register())
    await world.review(case)
    for user in await world.draw(case):
        await world.score(case, user, but={"A.2.4": {"A.2.4.met": "no"}})
    staff = await town.staff()
    strict = await town.put_in_force(grades={"excellent": 100})
    async with transaction(world.place.pool, staff) as conn:
        _, new = await rubrics.effective(conn, *strict)
        told = await rubric_effects.effect(
            conn, staff, default_rubric(), rubric_of(new.document), CITY
        )
        elsewhere = await rubric_effects.effect(
            conn, staff, default_rubric(), rubric_of(new.document), "410300"
        )
    ((base, one),) = told.other_grade
    assert (told.year, base.case_id) == (2026, case)
    assert (one.old.grade.code, one.new.grade.code) == ("excellent", "good")
    assert one.old.total == await total(world, case)
    assert elsewhere.bases == ()
    page = await (await world.browser("city")).get(
        f"/rubrics/compare?old={default_rubric().id}@{default_rubric().version}&new={'@'.join(strict)}"
    )
    assert "1家基地的等级会变" in page
    assert base.base_name in page


async def test_the_same_by_json_with_versions(world):
    staff, other = await world.browser("city"), await world.browser("city2")
    made = await staff.api("POST", "/api/rubrics/drafts", 201, {"area": CITY})
    path = f"/api/rubrics/drafts/{made['id']}"
    shown = await staff.api("GET", path, 200)
    assert shown["faults"] == []
    changes = shown["changes"] | SHIFT

    async def send(who, method, where, status, body, version):
        headers = who._headers(Accept="application/json", **{"X-CSRF-Token": who.csrf})
        headers |= {"If-Match": f'"{version}"'} if version else {}
        async with world.client.request(
            method, where, data=json.dumps(body), headers=headers
        ) as reply:
            assert reply.status == status, await reply.text()
            return reply.headers.get("ETag")

    await send(staff, "PUT", path, 428, changes, None)
    await send(staff, "PUT", path, 412, changes, 7)
    assert await send(staff, "PUT", path, 200, changes, 1) == '"2"'
    await send(staff, "PUT", path, 422, {"surprise": 1}, 2)
    await send(staff, "POST", f"{path}/publication", 403, {"valid_from": "2026-12-01"}, 2)
    await send(other, "POST", f"{path}/publication", 428, {"valid_from": "2026-12-01"}, None)
    await send(other, "POST", f"{path}/publication", 200, {"valid_from": "2026-12-01"}, 2)
    public = await world.browser(None)
    listed = await public.api("GET", "/api/rubrics", 200)
    assert [one["level"] for one in listed] == ["national", "city"]
    whole = await public.api("GET", f"/api/rubrics/city-{CITY}/20261123", 200)
    assert whole["origins"]["A.1.1"] == {"item": "national", "points": "city", "thresholds": None}
    assert next(x["points"] for x in whole["document"]["items"] if x["id"] == "A.1.1") == 3
