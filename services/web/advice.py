"""What the market says beyond seats: to staff what to ask and teach, to a person why not and what would."""

from typing import Final

from aiohttp import web

from matching.engine.explain import pair
from services.access import Permission
from services.actions import advice as actions
from services.advice import Advice
from services.db import market, orders, people
from services.i18n import _
from services.web.keys import CLOCK
from services.web.market import SNAPSHOT, held, occupation_name
from services.web.openings import mine
from services.web.order_form import LEVEL_WORDS
from services.web.page import actor, number, page, speaking
from services.web.reasons import asked, contributions
from services.web.routing import Area, Routes

routes = Routes()
ADVICE: Final = web.AppKey("advice", Advice)
SHOWN: Final = 50
OPENINGS_SHOWN: Final = 5  # of each class
POINT: Final = 10_000  # millionths: pages tell values in points of 100


@routes.get("/matching/advice", permission=Permission.PERSON_READ, area=Area.ANYWHERE)
async def show(request: web.Request) -> web.Response:
    """Questions worth asking first and training worth offering, in the asker's area."""
    asker = actor(request)
    told = await request.app[ADVICE].current(request.app[CLOCK].today())
    async with speaking(request) as conn:
        runs = await market.runs.all(conn, 1)
        calls = await actions.calls(conn, asker, told, SHOWN) if told else []
        classes = await actions.classes(conn, asker, told, SHOWN) if told else []
        dear = sorted(told.prices.items(), key=lambda one: -one[1])[:SHOWN] if told else []
        rows = {one.id: one for one in await orders.some.all(conn, [order for order, _ in dear])}
    return page(
        request,
        "matching/advice.html",
        run=runs[0] if runs else None,
        told=told,
        calls=[(one, [asked(question).words for question in one.ask.questions]) for one in calls],
        classes=[(one, course_name(*_course(one))) for one in classes],
        seats=[(rows[order], price) for order, price in dear if price and order in rows],
        points=points,
    )


def _course(one: actions.Offered) -> tuple[str, int]:
    return one.training.course.occupation, one.training.course.level


def course_name(occupation: str, level: int) -> str:
    """A class by its occupation and, where a certificate is asked for, its level."""
    name = occupation_name(occupation)
    if not level:
        return name
    return f"{name} · {_(LEVEL_WORDS[str(level)])}"


def points(millionths: int, *, up: bool = False) -> int:
    """Points of 100, rounded down, or up: what somebody else reached can't be read from it."""
    return -(-millionths // POINT) if up else millionths // POINT


@routes.get(
    r"/openings/{order:\d+}/why-not", permission=Permission.OPENING_READ, area=Area.ANYWHERE
)
async def why_not(request: web.Request) -> web.Response:
    """What a fit would have to be worth to get the seat, what it is, and why. No other person."""
    order, today = number(request, "order"), request.app[CLOCK].today()
    whose = await mine(request, request.query.get("person", ""))
    now_held, told = await held(request), await request.app[ADVICE].current(today)
    async with speaking(request) as conn:
        row = await orders.by_id.one(conn, order)
        profile = await people.profile.first(conn, whose.row.pseudonym)
    post, said, why = now_held.orders.get(order), None, None
    if post is not None and whose.person is not None and profile is not None:
        said = pair(whose.person, post, now_held.distances, today)
        if told is not None:
            why = actions.why_not(
                actor(request), told, whose.row.id, whose.row.pseudonym, order, said,
                profile.waiting_since, today,
            )  # fmt: skip
    both = [contributions(said.wants), contributions(said.hired)] if said else []
    return page(
        request,
        "openings/why_not.html",
        whose=whose,
        row=row,
        fits=said is not None and said.judgement.bin.fits,
        why=why,
        points=points,
        for_it=[words for these, _ in both for words in these],
        against=[words for _, these in both for words in these],
    )


@routes.get("/openings/what-if", permission=Permission.OPENING_READ, area=Area.PERSON)
async def what_if(request: web.Request) -> web.Response:
    """Which classes would open openings to the person, and which ones."""
    whose = await mine(request, request.query.get("person", ""))
    now_held = await held(request)
    found: list[tuple[str, int, list[int]]] = []
    if whose.person is not None and now_held.orders:
        found = await request.app[SNAPSHOT].work(
            actions.openers,
            now_held.market, whose.person, now_held.distances, now_held.today,
        )  # fmt: skip
    ids = sorted({order for _, _, some in found for order in some[:OPENINGS_SHOWN]})
    async with speaking(request) as conn:
        rows = {one.id: one for one in await orders.some.all(conn, ids)}
    return page(
        request,
        "openings/what_if.html",
        whose=whose,
        classes=[
            (
                course_name(occupation, level),
                len(some),
                [rows[order] for order in some[:OPENINGS_SHOWN] if order in rows],
            )
            for occupation, level, some in found[:SHOWN]
        ],
    )
