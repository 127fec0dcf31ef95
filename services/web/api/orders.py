"""Orders, openings, offers and runs as JSON: the same actions as the pages."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from aiohttp import web

from matching.errors import Refusal
from services.access import Permission
from services.actions import offers as offer_actions
from services.actions import orders as actions
from services.actions import people as person_actions
from services.actions.drafts import Draft, checked
from services.db import market, offers, orders
from services.problems import VersionNeeded
from services.web.api.answers import answer, body
from services.web.candidates import Card as CandidateCard
from services.web.candidates import cards
from services.web.keys import CLOCK
from services.web.market import SNAPSHOT, Preview, preview_of
from services.web.market import warned as warned_words
from services.web.matching import run_now
from services.web.openings import Card, lists_of, mine
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


class QuestionAnswer(msgspec.Struct):
    about: str
    key: str
    words: str
    options: list[tuple[str, str]]


class OpeningAnswer(msgspec.Struct):
    """One opening as one person meets it."""

    order: int
    title: str
    employer: str
    county: str
    wage_min: int
    wage_max: int
    wage_basis: str
    dorm: str
    bin: str
    why: list[str]
    against: list[str]
    arranged: list[str]
    gained: list[str]
    questions: list[QuestionAnswer]
    wished: bool


class OfferAnswer(msgspec.Struct):
    id: int
    order: int
    title: str
    state: str
    reserved_until: datetime


class OpeningsAnswer(msgspec.Struct):
    """Reserved seats first, then the three lists."""

    person: int
    offers: list[OfferAnswer]
    fitting: list[OpeningAnswer]
    after_training: list[OpeningAnswer]
    to_confirm: list[OpeningAnswer]


class Reply(msgspec.Struct):
    """`event`: accept or decline."""

    event: str


class Outcome(msgspec.Struct):
    """`event`: hire or not_hire; the latter says which part of the work stands in the way."""

    event: str
    reason: str = ""


class Wish(msgspec.Struct):
    person: int


class Ask(msgspec.Struct):
    person: int
    text: str


class Unknown(msgspec.Struct):
    """One unknown of the profile: about capacity, fact or education."""

    person: int
    about: str
    key: str
    value: str


class Reservation(msgspec.Struct):
    person: int


class Done(msgspec.Struct):
    done: bool = True


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


async def _offer(request: web.Request, permission: Permission) -> int:
    """The offer of the path, if it lies in the asker's hand. Raises Denied, NotFound."""
    offer = number(request, "offer")
    async with speaking(request) as conn:
        row = await offers.by_id.one(conn, offer)
    if permission is Permission.OFFER_ANSWER:
        actor(request).require(permission, person=row.person_id)
    else:
        actor(request).require(permission, employer=row.employer_id)
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


def _opening(card: Card) -> OpeningAnswer:
    row = card.row
    return OpeningAnswer(
        row.id,
        row.title,
        row.employer,
        row.county,
        row.wage_min,
        row.wage_max,
        row.wage_basis,
        row.dorm,
        card.bin,
        card.for_it,
        card.against,
        card.arranged,
        card.gained,
        [QuestionAnswer(one.about, one.key, one.words, one.options) for one in card.questions],
        card.wished,
    )


@routes.get(
    "/api/openings",
    permission=Permission.OPENING_READ,
    area=Area.PERSON,
    reply=OpeningsAnswer,
)
async def openings(request: web.Request) -> web.Response:
    """Reserved seats and the three lists of a person, with reasons; `person` chooses whose."""
    whose = await mine(request, request.query.get("person", ""))
    lists = await lists_of(request, whose)
    async with speaking(request) as conn:
        kept = await offers.of_person.all(conn, whose.row.id)
    return answer(
        OpeningsAnswer(
            whose.row.id,
            [OfferAnswer(o.id, o.order_id, o.title, o.state, o.reserved_until) for o in kept],
            [_opening(card) for card in lists.fitting],
            [_opening(card) for card in lists.after_training],
            [_opening(card) for card in lists.to_confirm],
        )
    )


@routes.post(
    r"/api/offers/{offer:\d+}/reply",
    permission=Permission.OFFER_ANSWER,
    area=Area.PERSON,
    body=Reply,
    reply=State,
)
async def reply(request: web.Request) -> web.Response:
    """The person accepts or declines."""
    offer = await _offer(request, Permission.OFFER_ANSWER)
    given = await body(request, Reply)
    async with speaking(request) as conn:
        state = await offer_actions.reply(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            offer,
            given.event,
            today=_today(request),
            now=_now(request),
        )
    return answer(State(state))


@routes.post(
    r"/api/offers/{offer:\d+}/outcome",
    permission=Permission.ORDER_WRITE,
    area=Area.EMPLOYER,
    body=Outcome,
    reply=State,
)
async def outcome(request: web.Request) -> web.Response:
    """The employer hires or not."""
    offer = await _offer(request, Permission.ORDER_WRITE)
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


@routes.post(
    r"/api/openings/{order:\d+}/wish",
    permission=Permission.OFFER_ANSWER,
    area=Area.ANYWHERE,
    body=Wish,
    reply=Done,
)
async def wish(request: web.Request) -> web.Response:
    """A wish for an opening; it counts in the next matching."""
    given = await body(request, Wish)
    async with speaking(request) as conn:
        await offer_actions.wish(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            given.person,
            number(request, "order"),
            now=_now(request),
        )
    return answer(Done())


@routes.post(
    r"/api/openings/{order:\d+}/questions",
    permission=Permission.OFFER_ANSWER,
    area=Area.ANYWHERE,
    body=Ask,
    reply=Done,
)
async def ask(request: web.Request) -> web.Response:
    """A question to the employer, under no name."""
    given = await body(request, Ask)
    async with speaking(request) as conn:
        await offer_actions.ask(
            conn,
            actor(request),
            given.person,
            number(request, "order"),
            given.text[:1000],
            now=_now(request),
        )
    return answer(Done())


@routes.post(
    "/api/openings/answers",
    permission=Permission.OFFER_ANSWER,
    area=Area.PERSON,
    body=Unknown,
    reply=Done,
)
async def answer_unknown(request: web.Request) -> web.Response:
    """Fills one unknown of the profile."""
    given = await body(request, Unknown)
    async with speaking(request) as conn:
        await person_actions.answer(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            given.person,
            given.about,
            given.key,
            given.value,
            now=_now(request),
        )
    return answer(Done())


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
        return answer([_run(row) for row in await market.runs.all(conn, PAGE_ROWS)])


@routes.post(
    "/api/matching/runs", permission=Permission.MATCH_RUN, area=Area.ANYWHERE, reply=RunAnswer
)
async def start(request: web.Request) -> web.Response:
    """Matches the whole market now."""
    made = await run_now(request)
    async with speaking(request) as conn:
        return answer(_run(await market.run.one(conn, made.run)), status=201)


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
            conn, actor(request), number(request, "run"), today=_today(request), now=_now(request)
        )
    return answer(Confirmed(made.reserved, made.orders, made.until))
