"""What the market says beyond seats: what to ask and teach, why not me, what would open openings."""

import re
from dataclasses import replace

import pytest

from matching.engine.vocabulary import DIMENSIONS
from services.profiles import Profile, Wants, capacity_bytes
from services.web.advice import ADVICE
from services.web.market import SNAPSHOT
from tests.services import market_world, web
from tests.services.market_world import ABLE, SEWING, TODAY
from tests.services.test_matching_thread import Browser

UNKNOWN_FOOT = {d.key: 4 for d in DIMENSIONS if d.key != "foot_control"}


@pytest.fixture
async def market(place):
    return await market_world.market(place)


@pytest.fixture
async def browser(place):
    async with web.serve(place) as client:
        client.app[SNAPSHOT].check_seconds = 0
        client.app[ADVICE].patience_seconds = 120  # the first of all compiles
        yield Browser(place, client)


async def run_once(browser, market):
    await browser.sign_in(market.province)
    return await browser.post("/matching/runs")


def skilled(wage=0):
    return Profile(
        cap=capacity_bytes(ABLE),
        skills=[(SEWING, 2, "2026-01-01")],
        wants=Wants(occupations=[SEWING], least_wage_yuan=wage),
    )


async def test_staff_see_whom_to_ask_and_what(place, market, browser):
    """One seat, and nobody known to fit: the person whose foot nobody asked about is worth a call."""
    await market.order(seats=1)
    unknown = await market.person(Profile(cap=capacity_bytes(UNKNOWN_FOOT)))
    await browser.sign_in(market.province)
    assert "还没有运行过匹配" in await browser.get("/matching/advice")
    run = await run_once(browser, market)
    assert "/matching/advice" in await browser.get(run)
    page = await browser.get("/matching/advice")
    assert f"求职者{unknown}号" in page
    assert "您能做到什么程度" in page
    await browser.sign_in(market.county)
    assert f"求职者{unknown}号" in await browser.get("/matching/advice")


async def test_staff_of_another_county_do_not_see_whom_to_ask(place, market, browser):
    await market.order(seats=1)
    unknown = await market.person(Profile(cap=capacity_bytes(UNKNOWN_FOOT)))
    await run_once(browser, market)
    elsewhere = await place.user("宜阳残联", role="county_staff", area=web.OTHER_COUNTY)
    await browser.sign_in(elsewhere)
    page = await browser.get("/matching/advice")
    assert f"求职者{unknown}号" not in page
    assert "没有值得先问的" in page


async def test_staff_see_which_class_would_fill_the_seats(place, market, browser):
    order = await market.order(seats=5)
    await place.owner.execute(
        "insert into order_skill values ($1, $2, 2, true, false)", order, SEWING
    )
    for _ in range(3):
        await market.person(Profile(cap=capacity_bytes(ABLE)))
    await run_once(browser, market)
    page = await browser.get("/matching/advice")
    line = re.search(r"<tr[^>]*>(?:(?!</tr>).)*缝纫(?:(?!</tr>).)*</tr>", page, re.DOTALL)
    assert re.search(r">3<", line[0])


async def test_a_person_is_told_why_the_seat_is_not_theirs_and_nobody_elses_score(
    place, market, browser
):
    """One seat; the better match has it. The other stands on the threshold, in round points."""
    order = await market.order(seats=1)
    await market.person(skilled())
    second = await market.person(Profile(cap=capacity_bytes(ABLE)))
    seeker = await place.user("求职者", role="job_seeker", person=second)
    await run_once(browser, market)
    await browser.sign_in(seeker)
    page = await browser.get(f"/openings/{order}")
    assert f"/openings/{order}/why-not" in page
    page = await browser.get(f"/openings/{order}/why-not?person={second}")
    mine = int(re.search(r"匹配值：(\d+)分", page)[1])
    needed = int(re.search(r"至少要达到：(\d+)分", page)[1])
    assert mine < needed <= mine + 1
    assert "再多一个名额" in page
    told = browser.client.app[ADVICE]._told
    assert not any(str(value) in page for value in told.surplus.tolist() if value > 1000)


async def test_nothing_is_told_of_a_threshold_that_is_not_proven(place, market, browser):
    order = await market.order(seats=1)
    await market.person(skilled())
    second = await market.person(Profile(cap=capacity_bytes(ABLE)))
    seeker = await place.user("求职者", role="job_seeker", person=second)
    await run_once(browser, market)
    advice = browser.client.app[ADVICE]
    advice._told = replace(await advice.current(TODAY), slack=1)
    await browser.sign_in(seeker)
    page = await browser.get(f"/openings/{order}/why-not")
    assert "所以不公布" in page
    assert "至少要达到" not in page
    await browser.sign_in(market.province)
    assert "只是上限" in await browser.get("/matching/advice")


async def test_a_person_cannot_ask_why_not_for_another(place, market, browser):
    order = await market.order(seats=1)
    mine, other = await market.person(), await market.person()
    seeker = await place.user("求职者", role="job_seeker", person=mine)
    await browser.sign_in(seeker)
    await browser.get(f"/openings/{order}/why-not?person={other}", 403)
    await browser.get(f"/openings/what-if?person={other}", 403)


async def test_a_person_sees_which_class_opens_openings(place, market, browser):
    order = await market.order(seats=5)
    await place.owner.execute(
        "insert into order_skill values ($1, $2, 2, true, false)", order, SEWING
    )
    person = await market.person(Profile(cap=capacity_bytes(ABLE)))
    seeker = await place.user("求职者", role="job_seeker", person=person)
    await browser.sign_in(seeker)
    assert "/openings/what-if" in await browser.get("/openings")
    page = await browser.get("/openings/what-if")
    assert "初级工" in page
    assert f"/openings/{order}?person={person}" in page


async def test_seats_that_are_kept_already_count_as_seats(place, market, browser):
    """After the confirmation the market still is the whole market, not what is left of it."""
    order = await market.order(seats=1)
    await market.person(skilled())
    run = await run_once(browser, market)
    await browser.post(f"{run}/confirmation")
    advice = browser.client.app[ADVICE]
    told = await advice.current(TODAY)
    assert await place.owner.fetchval("select taken from job_order where id = $1", order) == 1
    assert told.prices == {order: 0}
    assert told.surplus.tolist()[0] > 0


async def test_a_market_without_orders_has_nothing_to_tell(place, market, browser):
    await market.person()
    await run_once(browser, market)
    page = await browser.get("/matching/advice")
    assert "没有一个班能填上空着的名额" in page


async def test_whoever_asks_while_it_is_worked_out_is_told_to_come_again(place, market, browser):
    await market.order(seats=1)
    await market.person(skilled())
    await run_once(browser, market)
    advice = browser.client.app[ADVICE]
    advice.patience_seconds = 0
    assert "正在计算" in await browser.get("/matching/advice")
    advice.patience_seconds = 120
    assert "先问这些人" in await browser.get("/matching/advice")
