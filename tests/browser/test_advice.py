"""What to ask and teach, why not me, and the fairness audit, in a real browser."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from services.profiles import Profile, capacity_bytes
from services.web.advice import ADVICE
from services.web.market import SNAPSHOT
from services.web.middlewares import COOKIE
from tests.conftest import Place
from tests.services import market_world, web
from tests.services.market_world import ABLE, SEWING
from tests.services.test_advice import UNKNOWN_FOOT
from tests.services.test_fairness_page import a_person
from tests.services.test_matching_thread import Browser

pytestmark = pytest.mark.browser


@dataclass
class Site:
    """A small market, matched and confirmed, and who looks at it."""

    place: Place
    url: str
    order: int
    staff: int
    seeker: int

    async def enter(self, page: Page, user: int, path: str) -> None:
        opened = await web.open_session(self.place, user)
        await page.context.add_cookies([{"name": COOKIE, "value": opened.token, "url": self.url}])
        await page.goto(self.url + path)


@pytest.fixture
async def site(place: Place) -> AsyncIterator[Site]:
    market = await market_world.market(place)
    order, lesson = await market.order(seats=3), await market.order(seats=8)
    await place.owner.execute(
        "insert into order_skill values ($1, $2, 2, true, false)", lesson, SEWING
    )
    for at in range(12):
        await a_person(market, [[1 if at % 2 else 4, 2]], serial=at)
    await market.person(Profile(cap=capacity_bytes(UNKNOWN_FOOT), skills=[(SEWING, 4, "")]))
    last = await market.person(Profile(cap=capacity_bytes(ABLE)))
    seeker = await place.user("求职者", role="job_seeker", person=last)
    async with web.serve(place) as client:
        client.app[SNAPSHOT].check_seconds = 0
        client.app[ADVICE].patience_seconds = 120  # the first of all compiles
        staff = Browser(place, client)
        await staff.sign_in(market.province)
        run = await staff.post("/matching/runs")
        await staff.post(f"{run}/confirmation")
        url = str(client.make_url("")).rstrip("/")
        yield Site(place, url, order, market.province, seeker)


@pytest.mark.parametrize("width", [1280, 320])
async def test_no_page_of_advice_or_audit_has_an_accessibility_fault(
    page: Page,
    site: Site,
    axe: Callable[[Page], Awaitable[None]],
    sideways: Callable[[Page], Awaitable[int]],
    screenshot: Callable[[Page, str], Awaitable[None]],
    width: int,
) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    for user, name, path in (
        (site.staff, "advice", "/matching/advice"),
        (site.staff, "fairness", "/audit/fairness"),
        (site.seeker, "why-not", f"/openings/{site.order}/why-not"),
        (site.seeker, "what-if", "/openings/what-if"),
    ):
        await site.enter(page, user, path)
        assert await page.locator("h1").count() == 1
        await screenshot(page, f"{name}-{width}")
        await axe(page)
        assert await sideways(page) == 0
