"""Previews over HTTP: exact for staff, for employers rounded, standing for a while, and counted."""

from contextlib import asynccontextmanager

import pytest

from services.previews import QUESTIONS_A_DAY, STANDS_SECONDS
from services.web.market import PREVIEWER, SNAPSHOT
from tests.services import market_world, web
from tests.services.market_world import TODAY
from tests.services.test_matching_thread import FORM, Browser


@pytest.fixture
async def market(place):
    made = await market_world.market(place)
    for _ in range(12):
        await made.person()
    return made


@asynccontextmanager
async def a_browser(place, ticking):
    async with web.serve(place, clock=ticking) as client:
        client.app[SNAPSHOT].check_seconds = 0
        yield Browser(place, client)


@pytest.fixture
async def ticking():
    return web.Ticking()


async def figures(browser, **changes):
    page = await browser.post("/orders", 200, **(FORM | changes), act="preview")
    return page[page.index("preview-title") : page.index("</dl>")]


async def test_an_employer_reads_round_figures_and_staff_the_true_ones(place, market, ticking):
    order = await market.order()
    async with a_browser(place, ticking) as browser:
        await browser.sign_in(market.boss)
        shown = await figures(browser)
        assert "约5" in shown or "约10" in shown
        assert "12" not in shown
        await browser.sign_in(market.county)
        assert ">12<" in await browser.get(f"/orders/{order}")


async def test_who_joins_within_the_quarter_of_an_hour_is_not_told_by_asking_again(
    place, market, ticking
):
    async with a_browser(place, ticking) as browser:
        await browser.sign_in(market.boss)
        before = await figures(browser)
        for _ in range(20):
            await market.person()
        assert await figures(browser) == before
        ticking.move(seconds=STANDS_SECONDS)
        await browser.sign_in(market.boss)
        assert await figures(browser) != before


async def test_an_employer_asks_so_many_questions_a_day_and_the_same_one_freely(
    place, market, ticking
):
    async with a_browser(place, ticking) as browser:
        await browser.sign_in(market.boss)
        asked = 0
        while asked < QUESTIONS_A_DAY:
            ticking.move(seconds=6)  # slow enough for the limit of each user
            await figures(browser, wage_min=str(2200 + asked % 10))  # ten orders, asked again
            asked += 1
        await place.owner.execute(
            "update rate_bucket set tokens = 0 where key = $1", f"questions:{market.employer}"
        )
        await figures(browser, wage_min="2200")
        refused = await browser.post("/orders", 429, **(FORM | {"wage_min": "2999"}), act="preview")
        assert "试算次数太多" in refused


async def test_colleagues_share_the_questions_of_their_employer(place, market, ticking):
    other = await place.user("副厂长", role="employer", employer=market.employer)
    async with a_browser(place, ticking) as browser:
        for user in (market.boss, other):
            await browser.sign_in(user)
            await figures(browser, wage_min=str(2200 + user))
    left = await place.owner.fetchval(
        "select tokens from rate_bucket where key = $1", f"questions:{market.employer}"
    )
    assert left == pytest.approx(QUESTIONS_A_DAY - 2)


async def test_what_staff_read_is_never_what_was_kept_for_employers(place, market, ticking):
    order = await market.order()
    async with a_browser(place, ticking) as browser:
        previews = browser.client.app[PREVIEWER]
        held = await browser.client.app[SNAPSHOT].current(TODAY)
        told = await previews.rounded(held.orders[order], TODAY, ticking())
        exact = await previews.exact(held.orders[order], TODAY)
        assert exact.fitting == 12
        assert all(count % 5 == 0 for count in told.counts.values())
