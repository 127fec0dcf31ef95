"""Choosing the occupation of an order by keyboard, without a script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page

from tests.conftest import Place
from tests.services import market_world, web

pytestmark = pytest.mark.browser


async def test_a_title_is_typed_and_an_occupation_chosen_by_keyboard(
    place: Place,
    browser: Browser,
    axe: Callable[[Page], Awaitable[None]],
    screenshot: Callable[..., Awaitable[None]],
) -> None:
    """The page works with scripts switched off; axe needs them, so it looks at it apart."""
    market = await market_world.market(place)
    async with web.serve(place) as client:
        session = await web.open_session(place, market.boss)
        root = str(client.make_url("/"))
        cookie = {"name": web.COOKIE, "value": session.token, "url": root}
        for scripts in (True, False):
            context = await browser.new_context(java_script_enabled=scripts, locale="zh-CN")
            await context.add_cookies([cookie])  # type: ignore[list-item]
            page = await context.new_page()
            await page.set_viewport_size({"width": 320 if scripts else 1280, "height": 900})
            await page.goto(f"{root}orders/new")
            await page.focus("#trade")
            await page.keyboard.type("早餐店急招面点师傅（包吃住）")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("#trade-1")
            if scripts:
                await screenshot(page, "occupation-320")
                await axe(page)
            else:
                await screenshot(page, "occupation")
            await page.focus("#trade-1")
            await page.keyboard.press("Space")
            await page.keyboard.press("Enter")
            await page.wait_for_selector("#title")
            assert await page.input_value("#trade") == "中式面点师"
            assert await page.input_value("#title") == "早餐店急招面点师傅（包吃住）"
            await page.goto(f"{root}orders/new?trade=none&title=x")
            if scripts:
                await axe(page)
            await context.close()
