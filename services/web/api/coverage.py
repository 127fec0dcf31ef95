"""Coverage and the register as JSON."""

from aiohttp import web

from services.db import coverage
from services.web.api.answers import answer
from services.web.page import speaking
from services.web.register import PAGE_ROWS, page_number
from services.web.routing import Area, Routes

routes = Routes()


@routes.get("/api/coverage", permission=None, area=Area.PUBLIC, reply=list[coverage.CountyRow])
async def counties(request: web.Request) -> web.Response:
    """Every county-level unit that counts, with its accredited bases."""
    async with speaking(request) as conn:
        return answer(await coverage.counties.all(conn))


@routes.get("/api/figures", permission=None, area=Area.PUBLIC, reply=coverage.Figures)
async def figures(request: web.Request) -> web.Response:
    """The public counts of the front page."""
    async with speaking(request) as conn:
        return answer(await coverage.figures.one(conn))


@routes.get(
    "/api/demonstration", permission=None, area=Area.PUBLIC, reply=list[coverage.DemonstrationRow]
)
async def demonstration(request: web.Request) -> web.Response:
    """The ranked demonstration list."""
    async with speaking(request) as conn:
        return answer(await coverage.demonstration.all(conn))


@routes.get(
    "/api/register",
    permission=None,
    area=Area.PUBLIC,
    reply=list[coverage.Entry],
    query=("q", "page"),
)
async def register(request: web.Request) -> web.Response:
    """Accredited bases of the public register, 50 a page; `q` searches."""
    asked = request.query.get("q", "").replace("\0", "").strip()[:100]
    async with speaking(request) as conn:
        rows = await coverage.register.all(
            conn, asked, "", PAGE_ROWS, (page_number(request) - 1) * PAGE_ROWS
        )
    return answer(rows)


@routes.get(
    r"/api/plaques/{number:[A-Z0-9-]+}", permission=None, area=Area.PUBLIC, reply=coverage.Entry
)
async def plaque(request: web.Request) -> web.Response:
    """Whether a plaque holds."""
    async with speaking(request) as conn:
        return answer(await coverage.plaque.one(conn, request.match_info["number"]))
