"""An assessor on a phone: one indicator a screen, by keyboard, saved and found again."""

from collections.abc import AsyncIterator

import pytest

from services.web.middlewares import COOKIE
from tests.conftest import Place
from tests.services.accreditation_world import World

pytestmark = pytest.mark.browser


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    yield made
    await made.stop()


async def _wide(page) -> bool:
    """Whether anything makes the page scroll sideways."""
    return await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


async def _tab_to(page, selector: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


async def test_the_sheet_works_at_360_pixels_by_keyboard_alone(world, page, axe, screenshot):
    case = await world.apply(await world.register())
    await world.review(case)
    user = (await world.draw(case))[0]
    sheet, who = await world.sheet(case, user), await world.browser(user)
    home = str(world.client.make_url("/")).rstrip("/")
    await page.context.add_cookies([{"name": COOKIE, "value": who.token, "url": home}])
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(f"{home}/sheets/{sheet}")
    assert not await _wide(page)
    await axe(page)
    await screenshot(page, "assessor-sheet-360")
    await _tab_to(page, f'a[href="/sheets/{sheet}/items/A.1.1"]')
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/items/A.1.1")
    assert not await _wide(page)
    await axe(page)
    await screenshot(page, "assessor-item-360")
    await _tab_to(page, '[name="A.1.1.tenure_months"]')
    await page.keyboard.type("20")
    await _tab_to(page, '[name="reason"]')
    await page.keyboard.type("租期还有二十个月")
    await _tab_to(page, 'button[value="next"]')
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/items/A.1.2")
    await page.goto(f"{home}/sheets/{sheet}/items/A.1.1")
    assert await page.input_value('[name="A.1.1.tenure_months"]') == "20"
    assert await page.input_value('[name="reason"]') == "租期还有二十个月"
    await page.goto(f"{home}/cases/{case}")
    assert not await _wide(page)
    await axe(page)
