"""Orders and their candidates as JSON: the same actions as the pages."""

from datetime import date, datetime
from typing import Any

import msgspec
from aiohttp import web

from matching.errors import Refusal
from services.access import Permission
from services.actions import offers as offer_actions
from services.actions import orders as actions
from services.actions.drafts import Draft, checked
from services.db import offers, orders
from services.problems import VersionNeeded
from services.web.api import matching, openings
from services.web.api.answers import answer, body
from services.web.candidates import Card as CandidateCard
from services.web.candidates import cards
from services.web.keys import CLOCK
from services.web.market import SNAPSHOT, Preview, preview_of
from services.web.market import warned as warned_words
from services.web.orders import PAGE_ROWS, STATES, page_of
from services.web.page import actor, number, speaking
from services.web.routing import Area, Routes

routes = Routes()


class Posted(msgspec.Struct):
    """A new order in the name of an employer."""

    employer: int
    order: Draft


class Made(msgspec.Struct):
    id: int
    version: int = 1


class Move(msgspec.Struct):
    """`event`: submit, close or cancel by the employer; return or open by the county."""

    event: str
    reason: str = ""


class State(msgspec.Struct):
    state: str


class OrderAnswer(msgspec.Struct):
    """An order with everything that belongs to it."""

    id: int
    number: str
    employer: str
    state: str
    taken: int
    version: int
    simulated: bool
    order: Draft


class PreviewAnswer(msgspec.Struct):
    """Who fits, as the asker may know it; small counts are words."""

    counts: list[tuple[str, str]]
    changes: list[tuple[str, str]]
    warnings: list[str]


class Outcome(msgspec.Struct):
    """`event`: hire or not_hire; the latter says which part of the work stands in the way."""

    event: str
    reason: str = ""


class Reservation(msgspec.Struct):
    person: int


def _today(request: web.Request) -> date:
    return request.app[CLOCK].today()


def _now(request: web.Request) -> datetime:
    return request.app[CLOCK].now()


def version_of(request: web.Request) -> int:
    """The version in If-Match. Raises VersionNeeded."""
    given = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise VersionNeeded("请在If-Match中写明所改内容的版本号")
    return int(given)


async def _in_hand(request: web.Request, permission: Permission) -> int:
    """The order of the path, if it lies in the asker's hand; asked before the body is read.

    Raises Denied, NotFound.
    """
    order = number(request, "order")
    async with speaking(request) as conn:
        row = await orders.by_id.one(conn, order)
    if permission is Permission.ORDER_CHECK:
        actor(request).require(permission, county=row.county)
    else:
        actor(request).require(permission, employer=row.employer_id)
    return order


async def _offer(request: web.Request) -> int:
    """The offer of the path, if its order is the asker's. Raises Denied, NotFound."""
    offer = number(request, "offer")
    async with speaking(request) as conn:
        row = await offers.by_id.one(conn, offer)
    actor(request).require(Permission.ORDER_WRITE, employer=row.employer_id)
    return offer


def _versioned(value: Any, version: int, *, status: int = 200) -> web.Response:
    response = answer(value, status=status)
    response.headers["ETag"] = f'"{version}"'
    return response


@routes.get(
    "/api/orders",
    permission=Permission.ORDER_READ,
    area=Area.ANYWHERE,
    reply=list[orders.Listed],
    query=("state", "page"),
)
async def listing(request: web.Request) -> web.Response:
    """Orders of the employer, or of the area of the staff, 50 a page."""
    asker, state = actor(request), request.query.get("state", "")
    async with speaking(request) as conn:
        rows = await orders.listed.all(
            conn,
            list(asker.employers),
            sorted(asker.below) if not asker.employers else [],
            state if state in STATES else "",
            PAGE_ROWS,
            (page_of(request) - 1) * PAGE_ROWS,
        )
    return answer(rows)


@routes.get(
    r"/api/orders/{order:\d+}",
    permission=Permission.ORDER_READ,
    area=Area.ANYWHERE,
    reply=OrderAnswer,
)
async def show(request: web.Request) -> web.Response:
    """One order; its version is the ETag."""
    async with speaking(request) as conn:
        found = await actions.whole(conn, number(request, "order"))
    row = found.row
    told = OrderAnswer(
        row.id,
        row.number,
        row.employer,
        row.state,
        row.taken,
        row.version,
        row.simulated,
        found.draft,
    )
    return _versioned(told, row.version)


@routes.post(
    "/api/orders",
    permission=Permission.ORDER_WRITE,
    area=Area.EMPLOYER,
    body=Posted,
    reply=Made,
    status=201,
)
async def create(request: web.Request) -> web.Response:
    """A new draft order."""
    given = await body(request, Posted)
    async with speaking(request) as conn:
        made = await actions.create(
            conn,
            actor(request),
            given.employer,
            given.order,
            today=_today(request),
            now=_now(request),
        )
    return _versioned(Made(made), 1, status=201)


@routes.put(
    r"/api/orders/{order:\d+}",
    permission=Permission.ORDER_WRITE,
    area=Area.EMPLOYER,
    body=Draft,
    reply=Made,
    versioned=True,
)
async def change(request: web.Request) -> web.Response:
    """Replaces a draft or returned order; If-Match names the version it was made from."""
    order = await _in_hand(request, Permission.ORDER_WRITE)
    version, draft = version_of(request), await body(request, Draft)
    async with speaking(request) as conn:
        made = await actions.change(
            conn,
            actor(request),
            order,
            version,
            draft,
            today=_today(request),
            now=_now(request),
        )
    return _versioned(Made(order, made), made)


@routes.post(
    "/api/orders/preview",
    permission=Permission.ORDER_PREVIEW,
    area=Area.ANYWHERE,
    body=Draft,
    reply=PreviewAnswer,
)
async def preview(request: web.Request) -> web.Response:
    """How many fit an order that is not posted yet, and what would change that."""
    draft, asker = await body(request, Draft), actor(request)
    async with speaking(request) as conn:
        warned = await checked(conn, draft, today=_today(request))
        if asker.employers:
            await actions.employer_of(conn, asker, asker.employers[0])
    told: Preview = await preview_of(request, draft)
    return answer(
        PreviewAnswer(
            told.counts,
            [(one.what, one.more) for one in told.changes],
            [warned_words(one) for one in warned],
        )
    )


async def _move(request: web.Request, order: int, lawful: frozenset[str]) -> web.Response:
    given = await body(request, Move)
    version = version_of(request)
    if given.event not in lawful:
        raise Refusal("请从列出的选项中选择")
    async with speaking(request) as conn:
        state = await actions.move(
            conn,
            actor(request),
            order,
            version,
            given.event,
            reason=given.reason[:500],
            today=_today(request),
            now=_now(request),
        )
    return answer(State(state))


@routes.post(
    r"/api/orders/{order:\d+}/moves",
    permission=Permission.ORDER_WRITE,
    area=Area.EMPLOYER,
    body=Move,
    reply=State,
    versioned=True,
)
async def move(request: web.Request) -> web.Response:
    """The employer submits, closes or cancels; If-Match names the version."""
    order = await _in_hand(request, Permission.ORDER_WRITE)
    return await _move(request, order, frozenset({"submit", "close", "cancel"}))


@routes.post(
    r"/api/orders/{order:\d+}/checks",
    permission=Permission.ORDER_CHECK,
    area=Area.COUNTY,
    body=Move,
    reply=State,
    versioned=True,
)
async def check(request: web.Request) -> web.Response:
    """The county opens or returns; If-Match names the version."""
    order = await _in_hand(request, Permission.ORDER_CHECK)
    return await _move(request, order, actions.COUNTY_MOVES)


@routes.get(
    r"/api/orders/{order:\d+}/candidates",
    permission=Permission.ORDER_WRITE,
    area=Area.EMPLOYER,
    reply=list[CandidateCard],
)
async def candidates(request: web.Request) -> web.Response:
    """Who has a seat: pseudonymous until the person accepted."""
    return answer(await cards(request, number(request, "order")))


@routes.post(
    r"/api/orders/{order:\d+}/reservations",
    permission=Permission.ORDER_CHECK,
    area=Area.COUNTY,
    body=Reservation,
    reply=Made,
    status=201,
)
async def reserve(request: web.Request) -> web.Response:
    """Staff keep a seat for one person whom the post fits."""
    order = await _in_hand(request, Permission.ORDER_CHECK)
    given = await body(request, Reservation)
    held = await request.app[SNAPSHOT].current(_today(request))
    async with speaking(request) as conn:
        made = await offer_actions.reserve(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            held.distances,
            order,
            given.person,
            today=_today(request),
            now=_now(request),
        )
    return answer(Made(made), status=201)


@routes.post(
    r"/api/offers/{offer:\d+}/outcome",
    permission=Permission.ORDER_WRITE,
    area=Area.EMPLOYER,
    body=Outcome,
    reply=State,
)
async def outcome(request: web.Request) -> web.Response:
    """The employer hires or not."""
    offer = await _offer(request)
    given = await body(request, Outcome)
    async with speaking(request) as conn:
        state = await offer_actions.outcome(
            conn,
            actor(request),
            offer,
            given.event,
            given.reason[:500],
            now=_now(request),
        )
    return answer(State(state))


routes.all.extend(openings.routes.all)
routes.all.extend(matching.routes.all)
