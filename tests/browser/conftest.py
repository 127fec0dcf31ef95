"""A real browser for the journeys. Skipped with a clear word where no Chromium is."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page, async_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without one the test is skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium fonts-noto-cjk")
    return found


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One headless Chromium for all tests."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield opened
        await opened.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A fresh page without cookies; a script error on it fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    opened = await context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    await context.close()
    assert errors == []


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], Awaitable[None]]:
    """`await axe(page)`: fails with every accessibility violation that axe finds."""

    async def check(page: Page) -> None:
        results = await Axe().run(page)
        assert results.violations_count == 0, results.generate_report()

    return check


@pytest.fixture(scope="session")
def screenshot() -> Callable[..., Awaitable[None]]:
    """`await screenshot(page, "name")`: kept where YUPEI_SCREENSHOTS says, else nowhere.

    The whole page, or with `whole=False` what the window shows.
    """
    folder = os.environ.get("YUPEI_SCREENSHOTS")

    async def keep(page: Page, name: str, *, whole: bool = True) -> None:
        if folder:
            await page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)

    return keep


@pytest.fixture(scope="session")
def sideways() -> Callable[[Page], Awaitable[int]]:
    """`await sideways(page)`: CSS pixels by which the page is wider than its window."""

    async def measure(page: Page) -> int:
        return int(
            await page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    return measure
