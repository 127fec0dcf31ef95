"""Runs of the allotment: what each came to, and the province's confirmation."""

import json
from typing import Final

from aiohttp import web

from matching.errors import Refusal
from services.access import Permission
from services.actions import offers as actions
from services.actions import runs as proposals
from services.db import audit, idempotency, market
from services.i18n import Message, _
from services.web.forms import Filled
from services.web.keys import CLOCK, SETTINGS
from services.web.market import BIN_OF, BIN_WORDS, SNAPSHOT
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
SHOWN: Final = 50
ORDERS_SHOWN: Final = 200


@routes.get("/matching", permission=Permission.MATCH_RUN, area=Area.ANYWHERE)
async def runs(request: web.Request) -> web.Response:
    """Every run, newest first."""
    async with speaking(request) as conn:
        found = await market.runs.all(conn, SHOWN)
    return page(request, "matching/list.html", runs=found)


@routes.post("/matching/runs", permission=Permission.MATCH_RUN, area=Area.ANYWHERE)
async def start(request: web.Request) -> web.Response:
    """Matches the whole market now; nobody gets an offer until staff confirm."""
    made = await run_now(request)
    raise web.HTTPSeeOther(f"/matching/runs/{made.run}")


async def run_now(request: web.Request) -> proposals.Told:
    """One run as the matcher's role, logged. Raises Denied."""
    asker, app = actor(request), request.app
    asker.require(Permission.MATCH_RUN)
    now = app[CLOCK].now()
    async with speaking(request) as mine:
        await idempotency.take_time.run(mine)
        # Inside, so that a second press of the button waits for this run and starts none.
        async with app[SNAPSHOT].matcher() as conn:
            told = await proposals.propose(
                conn, app[CLOCK].today(), now, app[SNAPSHOT].seal, simulated=app[SETTINGS].demo
            )
        await audit.write(
            mine, asker, "match:run", "match_run", told.run, at=now, filled=told.seats_filled
        )
    return told


@routes.get(r"/matching/runs/{run:\d+}", permission=Permission.MATCH_CONFIRM, area=Area.ANYWHERE)
async def show(request: web.Request) -> web.Response:
    """One run with its certificate, and what it proposes for each order."""
    return await _show(request, Filled(), 200)


async def _show(request: web.Request, form: Filled, status: int) -> web.Response:
    run = number(request, "run")
    async with speaking(request) as conn:
        found = await market.run.one(conn, run)
        proposed = await market.by_order.all(conn, run, ORDERS_SHOWN)
        newer = await market.newer_run.value(conn, run)
    return page(
        request,
        "matching/run.html",
        status=status,
        form=form,
        run=found,
        bins=[(_(BIN_WORDS[BIN_OF[key]]), count) for key, count in json.loads(found.bins).items()],
        proposed=proposed,
        newest=newer is None,
    )


@routes.post(
    r"/matching/runs/{run:\d+}/confirmation",
    permission=Permission.MATCH_CONFIRM,
    area=Area.ANYWHERE,
)
async def confirm(request: web.Request) -> web.Response:
    """Reserves the proposed seats as offers that lapse."""
    run = number(request, "run")
    try:
        async with speaking(request) as conn:
            await actions.confirm(
                conn,
                actor(request),
                run,
                today=request.app[CLOCK].today(),
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        said = Filled({}, {"confirm": Message(refusal.text, **refusal.values)})
        return await _show(request, said, 422)
    raise web.HTTPSeeOther(f"/matching/runs/{run}")
