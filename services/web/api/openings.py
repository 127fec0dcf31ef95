"""A job-seeker's openings and answers as JSON: the same actions as the pages."""

from datetime import date, datetime

import msgspec
from aiohttp import web

from services.access import Permission
from services.actions import offers as offer_actions
from services.actions import people as person_actions
from services.db import offers
from services.web.api.answers import answer, body
from services.web.keys import CLOCK
from services.web.market import SNAPSHOT
from services.web.openings import Card, lists_of, mine
from services.web.page import actor, number, speaking
from services.web.routing import Area, Routes

routes = Routes()


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


class Done(msgspec.Struct):
    done: bool = True


class OfferState(msgspec.Struct):
    state: str


def _today(request: web.Request) -> date:
    return request.app[CLOCK].today()


def _now(request: web.Request) -> datetime:
    return request.app[CLOCK].now()


async def _offer(request: web.Request) -> int:
    """The offer of the path, if the asker answers for its person. Raises Denied, NotFound."""
    offer = number(request, "offer")
    async with speaking(request) as conn:
        row = await offers.by_id.one(conn, offer)
    actor(request).require(Permission.OFFER_ANSWER, person=row.person_id)
    return offer


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
    query=("person",),
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
    reply=OfferState,
)
async def reply(request: web.Request) -> web.Response:
    """The person accepts or declines."""
    offer = await _offer(request)
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
    return answer(OfferState(state))


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
