"""Runs of the allotment as JSON: the same actions as the pages."""

import json
from dataclasses import dataclass
from datetime import datetime

import msgspec
from aiohttp import web

from services.access import Permission
from services.actions import offers as offer_actions
from services.db import market
from services.web.api.answers import answer
from services.web.keys import CLOCK
from services.web.matching import SHOWN, run_now
from services.web.page import actor, number, speaking
from services.web.routing import Area, Routes

routes = Routes()


@dataclass(frozen=True, slots=True)
class RunAnswer:
    """A run of the allotment with its certificate; value and bound in millionths."""

    id: int
    started_at: datetime
    people: int
    orders: int
    seats: int
    filled: int
    value: int
    bound: int
    gap: str
    bins: dict[str, int]
    confirmed: bool


class Confirmed(msgspec.Struct):
    reserved: int
    orders: int
    until: datetime


def _run(row: market.RunRow) -> RunAnswer:
    return RunAnswer(
        row.id,
        row.started_at,
        row.people,
        row.orders,
        row.seats,
        row.filled,
        row.value,
        row.bound,
        f"{row.gap:f}",
        json.loads(row.bins),
        row.confirmed_at is not None,
    )


@routes.get(
    "/api/matching/runs",
    permission=Permission.MATCH_RUN,
    area=Area.ANYWHERE,
    reply=list[RunAnswer],
)
async def runs(request: web.Request) -> web.Response:
    """Runs of the allotment, newest first."""
    async with speaking(request) as conn:
        return answer([_run(row) for row in await market.runs.all(conn, SHOWN)])


@routes.post(
    "/api/matching/runs",
    permission=Permission.MATCH_RUN,
    area=Area.ANYWHERE,
    reply=RunAnswer,
    status=201,
)
async def start(request: web.Request) -> web.Response:
    """Matches the whole market; the answer comes when it is done."""
    made = await run_now(request, patient=True)
    async with speaking(request) as conn:
        return answer(_run(await market.run.one(conn, made)), status=201)


@routes.post(
    r"/api/matching/runs/{run:\d+}/confirmation",
    permission=Permission.MATCH_CONFIRM,
    area=Area.ANYWHERE,
    reply=Confirmed,
)
async def confirm(request: web.Request) -> web.Response:
    """Reserves the proposed seats as offers that lapse."""
    async with speaking(request) as conn:
        made = await offer_actions.confirm(
            conn,
            actor(request),
            number(request, "run"),
            today=request.app[CLOCK].today(),
            now=request.app[CLOCK].now(),
        )
    return answer(Confirmed(made.reserved, made.orders, made.until))
