"""Every part of the shell in a real browser, in both languages and at every width."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page

from services.i18n import Language
from services.web import pages
from services.web.forms import Filled
from tests.services.gallery import gallery, wrong_form

pytestmark = pytest.mark.browser

CSP = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self'"


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async def show(request: web.Request) -> web.Response:
        language: Language = "en" if request.match_info["language"] == "en" else "zh"
        if request.query.get("page") == "problem":
            text = pages.render(
                "problem.html",
                language,
                title="找不到这个页面",
                detail=None,
                advice=[],
                request_id="01JD7",
            )
        else:
            text = gallery(language, wrong_form() if "wrong" in request.query else Filled())
        return web.Response(
            text=text, content_type="text/html", headers={"Content-Security-Policy": CSP}
        )

    app = web.Application()
    app.router.add_get("/{language:zh|en}", show)
    app.router.add_static("/static", pages.HERE / "static")
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", ["zh", "zh?wrong=1", "en?wrong=1", "zh?page=problem"])
async def test_no_page_of_the_shell_has_an_accessibility_fault(
    page: Page,
    site: str,
    axe: Callable[[Page], Awaitable[None]],
    screenshot: Callable[[Page, str], Awaitable[None]],
    path: str,
    width: int,
) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(site + path)
    await screenshot(page, f"gallery-{width}-{path.replace('?', '-')}")
    await axe(page)


async def test_axe_finds_a_planted_fault(
    page: Page, site: str, axe: Callable[[Page], Awaitable[None]]
) -> None:
    await page.goto(site + "zh")
    await page.evaluate("document.querySelector('label[for=name]').remove()")
    with pytest.raises(AssertionError):
        await axe(page)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_at_400_percent_nothing_runs_out_sideways(
    page: Page, site: str, sideways: Callable[[Page], Awaitable[int]], language: str
) -> None:
    await page.set_viewport_size({"width": 320, "height": 256})  # 1280 px at 400 %
    await page.goto(f"{site}{language}?wrong=1")
    assert await sideways(page) == 0


async def test_everything_to_press_is_44_px_high(page: Page, site: str) -> None:
    await page.set_viewport_size({"width": 360, "height": 800})
    await page.goto(site + "zh?wrong=1")
    small = await page.evaluate(
        """[...document.querySelectorAll(
             'button, input:not([type=hidden]), select, textarea, summary, nav a, .top a, .list a'
           )].filter(one => one.offsetParent && !one.closest('.govuk-breadcrumbs'))
             .filter(one => one.getBoundingClientRect().height < 43.5)
             .filter(one => !['radio', 'checkbox'].includes(one.type))
             .map(one => one.outerHTML.slice(0, 90))"""
    )
    assert small == []


async def test_the_error_summary_leads_to_the_field_by_keyboard(page: Page, site: str) -> None:
    await page.goto(site + "zh?wrong=1")
    await page.focus(".govuk-error-summary__list a[href='#start']")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.name") == "start"


async def test_the_first_tab_offers_to_skip_to_the_content(page: Page, site: str) -> None:
    await page.goto(site + "zh")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
