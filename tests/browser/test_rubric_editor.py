"""A city writes its rubric by keyboard alone, told of each fault at once; a second person publishes."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from accreditation.rubric import default_rubric
from services.web.middlewares import COOKIE, LANGUAGE_COOKIE
from tests.browser.keyboard import Keyboard
from tests.conftest import Place
from tests.services.accreditation_world import CITY, World

pytestmark = pytest.mark.browser


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    made = await World(place).start()
    made.people["city2"] = await place.user("市二", role="city_staff", area=CITY)
    yield made
    await made.stop()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_city_writes_and_publishes_its_rubric_by_keyboard(
    world, page, axe, sideways, screenshot, language, width
):
    home = str(world.client.make_url("/")).rstrip("/")
    keys = Keyboard(page)

    async def be(who: str) -> None:
        token = (await world.browser(who)).token
        await page.context.add_cookies(
            [
                {"name": COOKIE, "value": token, "url": home},
                {"name": LANGUAGE_COOKIE, "value": language, "url": home},
            ]
        )

    async def seen(name: str) -> None:
        assert keys.status == 200, page.url
        await axe(page)
        assert await sideways(page) == 0, page.url
        await screenshot(page, f"rubric-{name}-{language}-{width}", whole=False)

    await page.set_viewport_size({"width": width, "height": 900})
    await be("city")
    await page.goto(f"{home}/rubrics")
    await seen("list")
    await keys.pick("#area", CITY)
    await keys.open('form[action="/rubrics/drafts"] button')
    draft = page.url
    await seen("draft")

    # The check comes by itself, beside the field and above the form, and stores nothing.
    await keys.write('[id="points-A.1.1"]', "4")
    await page.keyboard.press("Tab")
    await expect(page.locator("#fault-points-A-1-1")).not_to_be_empty()
    await expect(page.locator("#lint .govuk-error-summary")).to_be_visible()
    await seen("fault")
    await keys.write('[id="points-A.1.1"]', "3")
    await keys.write('[id="points-A.1.3"]', "1")
    await page.keyboard.press("Tab")
    await expect(page.locator("#lint .tag--good")).to_be_visible()
    await expect(page.locator("#fault-points-A-1-1")).to_be_empty()
    await keys.open(f'form[action="{draft.removeprefix(home)}"] button:not([formaction])')
    assert await page.input_value('[id="points-A.1.1"]') == "3"

    await keys.open(f'a[href="{draft.removeprefix(home)}/items"]')
    await seen("item")
    await page.goto(draft)
    await keys.open('a[href^="/rubrics/compare"]')
    await seen("compare")

    await be("city2")
    await page.goto(draft)
    await keys.write('[id="valid-from"]', "2026-12-01")
    await keys.open('form[action$="/publication"] button')
    await seen("published")
    national = default_rubric()
    await page.goto(f"{home}/rubrics/{national.id}/{national.version}")
    await seen("national")


async def test_without_scripts_the_check_is_a_button(world, browser):
    who = await world.browser("city")
    home = str(world.client.make_url("/")).rstrip("/")
    context = await browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = await context.new_page()
    await context.add_cookies([{"name": COOKIE, "value": who.token, "url": home}])
    draft = home + await who.post("/rubrics/drafts", area=CITY)
    await page.goto(draft)
    await page.fill('[id="points-A.1.1"]', "4")
    await page.click('button[formaction$="/check"]')
    assert "A.1.1" in await page.inner_text("#fault-points-A-1-1")
    assert await page.input_value('[id="points-A.1.1"]') == "4"
    await context.close()
