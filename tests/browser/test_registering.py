"""Somebody with a phone in hand registers, in large text, by keyboard; then an employer does."""

import pytest

from services.web.middlewares import COOKIE
from tests.browser.keyboard import Keyboard
from tests.services import web
from tests.services.market_world import market
from tests.services.test_registration import Codes, credit
from tests.services.web import OWN_COUNTY

pytestmark = pytest.mark.browser
PHONE = "1990000" + "0055"


async def sound(page, axe, sideways, screenshot, name):
    assert await sideways(page) == 0, name
    await axe(page)
    await screenshot(page, name)


async def test_a_person_registers_at_360_pixels_and_an_employer_at_1280(
    place, page, axe, sideways, screenshot
):
    sms, made = Codes(), await market(place)
    async with web.serve(place, sms=sms) as client:
        home = str(client.make_url("/")).rstrip("/")
        await page.set_viewport_size({"width": 360, "height": 740})
        keyboard = Keyboard(page)
        await page.goto(f"{home}/join")
        await sound(page, axe, sideways, screenshot, "join-360")
        await page.fill("#phone", PHONE)
        await keyboard.open('main button[type="submit"]')
        await page.fill("#code", sms.last)
        await sound(page, axe, sideways, screenshot, "join-code-360")
        await keyboard.open('main button[type="submit"]')
        await page.wait_for_url("**/people/new")
        await keyboard.open('main button[type="submit"]')
        await sound(page, axe, sideways, screenshot, "person-new-faults-360")
        await page.fill("#name", "周小满")
        await page.select_option("#county", OWN_COUNTY)
        for part, value in (("", "1990"), ("-month", "3"), ("-day", "7")):
            await page.fill(f"#birth{part}", value)
        await keyboard.reach('[name="purposes"]')
        await page.keyboard.press("Space")
        await keyboard.open('main button[type="submit"]')
        await page.wait_for_url("**/people/*")
        own = page.url
        await sound(page, axe, sideways, screenshot, "person-360")
        for path in ("abilities", "abilities?sheet=4", "abilities?sheet=5", "wishes", "skills",
                     "identity", "consents", "comparison", "looks", "erasure"):  # fmt: skip
            await page.goto(f"{own}/{path}")
            await sound(page, axe, sideways, screenshot, f"person-{path.replace('?', '-')}-360")
        await page.set_viewport_size({"width": 1280, "height": 900})
        for path in ("abilities", "consents"):
            await page.goto(f"{own}/{path}")
            await sound(page, axe, sideways, screenshot, f"person-{path}-1280")
        await page.goto(f"{home}/employers/new")
        for name, value in {
            "name": "新厂", "credit-code": credit(8), "address": "人民路1号",
            "contact-name": "钱经理", "contact-phone": "0371-66660000", "staff": "30",
        }.items():  # fmt: skip
            await page.fill(f"#{name}", value)
        await page.select_option("#county", OWN_COUNTY)
        await sound(page, axe, sideways, screenshot, "employer-new-1280")
        await keyboard.open('main button[type="submit"]')
        await page.wait_for_url("**/employers/*")
        firm = page.url
        await sound(page, axe, sideways, screenshot, "employer-own-1280")
        opened = await web.open_session(place, made.county)
        await page.context.add_cookies([{"name": COOKIE, "value": opened.token, "url": home}])
        for width in (1280, 360):
            await page.set_viewport_size({"width": width, "height": 800})
            for url, name in (
                (firm, "employer-county"), (f"{home}/employers", "employers"),
                (f"{home}/people", "people"), (f"{home}/people/new", "person-new-staff"),
                (own, "person-staff"), (f"{own}/abilities", "abilities-staff"),
            ):  # fmt: skip
                await page.goto(url)
                await sound(page, axe, sideways, screenshot, f"{name}-{width}")
