"""The public register of accredited bases, and the page that a plaque's code opens."""

from typing import Final

from aiohttp import web

from services.db import coverage
from services.web.page import page, speaking
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50
_MAX_PAGE: Final = 10_000


def page_number(request: web.Request) -> int:
    """The page asked for, from 1; anything else than a number is the first."""
    text = request.query.get("page", "1")
    return (
        min(max(int(text), 1), _MAX_PAGE)
        if text.isascii() and text.isdecimal() and len(text) < 6
        else 1
    )


@routes.get("/register", permission=None, area=Area.PUBLIC)
async def search(request: web.Request) -> web.Response:
    """Accredited bases by name, county or plaque number."""
    # PostgreSQL takes no NUL in a text.
    asked = request.query.get("q", "").replace("\0", "").strip()[:100]
    shown = page_number(request)
    async with speaking(request) as conn:
        rows = await coverage.register.all(conn, asked, "", PAGE_ROWS, (shown - 1) * PAGE_ROWS)
    total = rows[0].total if rows else 0
    return page(
        request,
        "register/search.html",
        q=asked,
        rows_in=rows,
        total=total,
        page=shown,
        pages=max(1, -(-total // PAGE_ROWS)),
    )


@routes.get(r"/plaques/{number:[A-Z0-9-]+}", permission=None, area=Area.PUBLIC)
async def check(request: web.Request) -> web.Response:
    """Whether a plaque holds today."""
    async with speaking(request) as conn:
        entry = await coverage.plaque.one(conn, request.match_info["number"])
    return page(request, "register/plaque.html", entry=entry)
