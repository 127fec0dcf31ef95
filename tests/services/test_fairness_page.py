"""The fairness audit as staff see it: figures by group, the few hidden, every reading logged."""

import json
import re

import pytest

from services.profiles import Profile, capacity_bytes
from services.web.advice import ADVICE
from services.web.market import SNAPSHOT
from tests.conftest import NOW
from tests.services import market_world, web
from tests.services.market_world import ABLE
from tests.services.test_matching_thread import Browser


@pytest.fixture
async def market(place):
    return await market_world.market(place)


@pytest.fixture
async def browser(place):
    async with web.serve(place) as client:
        client.app[SNAPSHOT].check_seconds = 0
        client.app[ADVICE].patience_seconds = 120  # the first of all compiles
        yield Browser(place, client)


async def a_person(market, kinds, born="19850701", serial=0, profile=None):
    """A person with categories and a citizen number of nobody's: area 000000."""
    person = await market.person(profile)
    place = market.place
    sealed = place.keys.seal(json.dumps(kinds), f"person_category.categories.{person}")
    await place.owner.execute(
        "update person_category set categories_cipher = $2 where person_id = $1", person, sealed
    )
    number = f"000000{born}{serial:03d}0"
    await place.owner.execute(
        "update person set identity_cipher = $2 where id = $1",
        person,
        place.keys.seal(number, f"person.identity.{person}"),
    )
    return person


async def confirmed(browser, market):
    await browser.sign_in(market.province)
    run = await browser.post("/matching/runs")
    await browser.post(f"{run}/confirmation")


def line(page, name):
    """The cells of a group's line."""
    found = re.search(rf'<th scope="row"[^>]*>{name}</th>(.*?)</tr>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>|\s+", "", cell) for cell in found[1].split("</td>")]


async def test_figures_by_group_from_the_last_confirmed_run(place, market, browser):
    await market.order(seats=6)
    for at in range(12):
        await a_person(
            market,
            [[1 if at % 2 else 4, 2]],
            serial=at,
            born=f"{NOW.year - (45 if at < 7 else 35)}0101",
        )
    await browser.sign_in(market.province)
    assert "没有可以审计的结果" in await browser.get("/audit/fairness")
    await confirmed(browser, market)
    page = await browser.get("/audit/fairness")
    people, fitting, placed = (int(cell) for cell in line(page, "视力残疾")[:3])
    assert (people, fitting) == (6, 6)
    assert placed + int(line(page, "肢体残疾")[2]) == 6
    assert line(page, "女")[0] == "6"
    assert line(page, "40至49岁")[0] == "7"
    assert "需要查看" not in page.split("</ul>", 1)[1].split("<table", 1)[1]
    read = "select count(*) from audit_event where action = 'fairness:read'"
    assert await place.owner.fetchval(read) == 1


async def test_a_group_of_four_is_not_shown_and_not_told_by_subtraction(place, market, browser):
    await market.order(seats=6)
    for at, kind in enumerate([1] * 4 + [4] * 9 + [5] * 6):
        await a_person(market, [[kind, 2]], serial=at)
    await confirmed(browser, market)
    page = await browser.get("/audit/fairness")
    assert set(line(page, "视力残疾")[:7]) == {"不显示"}
    assert set(line(page, "智力残疾")[:7]) == {"不显示"}
    assert line(page, "肢体残疾")[0] == "9"


async def test_who_has_no_category_on_record_is_counted_apart(place, market, browser):
    await market.order(seats=2)
    for at in range(6):
        await a_person(market, [[4, 2]], serial=at)
    bare = [await market.person() for _ in range(2)]
    await place.owner.execute("delete from person_category where person_id = any ($1)", bare)
    await confirmed(browser, market)
    page = await browser.get("/audit/fairness")
    assert "2人没有登记这一项" in page
    assert line(page, "肢体残疾")[0] == "6"


async def test_more_than_one_category_reads_as_multiple(place, market, browser):
    await market.order(seats=2)
    for at in range(5):
        await a_person(market, [[4, 2], [1, 3]], serial=at)
    await confirmed(browser, market)
    assert line(await browser.get("/audit/fairness"), "多重残疾")[0] == "5"


async def test_who_fits_nothing_is_not_among_those_who_are_compared(place, market, browser):
    await market.order(seats=2)
    for at in range(12):
        cap = capacity_bytes(ABLE | {"foot_control": 0 if at % 2 else 4})
        await a_person(market, [[4, 2]], serial=at, profile=Profile(cap=cap))
    await confirmed(browser, market)
    assert line(await browser.get("/audit/fairness"), "肢体残疾")[:2] == ["12", "6"]


@pytest.mark.parametrize("role", ["county_staff", "city_staff", "system_administrator"])
async def test_nobody_but_the_province_and_the_auditor_reads_it(place, market, browser, role):
    area = {"county_staff": web.OWN_COUNTY, "city_staff": web.OWN_CITY}.get(role)
    await browser.sign_in(await place.user("别人", role=role, **({"area": area} if area else {})))
    await browser.get("/audit/fairness", 403)


async def test_the_auditor_sees_the_same_figures_and_no_person(place, market, browser):
    await market.order(seats=2)
    for at in range(6):
        await a_person(market, [[4, 2]], serial=at)
    await confirmed(browser, market)
    province = await browser.get("/audit/fairness")
    await browser.sign_in(await place.user("审计员", role="auditor"))
    page = await browser.get("/audit/fairness")
    assert line(page, "肢体残疾") == line(province, "肢体残疾")
    assert "王小明" not in page
