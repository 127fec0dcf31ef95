"""Runs of the allotment: what each came to, and the province's confirmation."""

import json
from typing import Final

from aiohttp import web

from matching.errors import Refusal
from services.access import Permission
from services.actions import offers as actions
from services.db import audit, jobs, market
from services.i18n import Message, _
from services.problems import problem_of
from services.running import JOB, Runner
from services.web.forms import Filled
from services.web.keys import CLOCK
from services.web.market import BIN_OF, BIN_WORDS
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
RUNNER: Final = web.AppKey("runner", Runner)
SHOWN: Final = 50
ORDERS_SHOWN: Final = 200


@routes.get("/matching", permission=Permission.MATCH_RUN, area=Area.ANYWHERE)
async def runs(request: web.Request) -> web.Response:
    """Every run, newest first, and whether one goes on."""
    return await _listing(request, Filled(), 200)


async def _listing(request: web.Request, form: Filled, status: int) -> web.Response:
    async with speaking(request) as conn:
        found = await market.runs.all(conn, SHOWN)
        underway = await jobs.underway.value(conn, JOB)
    return page(
        request, "matching/list.html", status=status, form=form, runs=found, underway=underway
    )


@routes.post("/matching/runs", permission=Permission.MATCH_RUN, area=Area.ANYWHERE)
async def start(request: web.Request) -> web.Response:
    """Matches the whole market; nobody gets an offer until staff confirm."""
    try:
        made = await run_now(request)
    except Refusal as refusal:
        said = Filled({}, {"run": Message(refusal.text, **refusal.values)})
        return await _listing(request, said, problem_of(refusal).status)
    raise web.HTTPSeeOther("/matching" if made is None else f"/matching/runs/{made}")


async def run_now(request: web.Request, *, patient: bool = False) -> int | None:
    """The id of the run, None if it goes on. Logged as asked for. Raises Denied, Refusal."""
    asker, clock = actor(request), request.app[CLOCK]
    asker.require(Permission.MATCH_RUN)
    now = clock.now()
    async with speaking(request) as conn:
        await audit.write(conn, asker, "match:run", "match_run", now.isoformat(), at=now)
    return await request.app[RUNNER].run(clock.today(), now, patient=patient)


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
