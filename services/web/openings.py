"""A job-seeker's openings: what is kept, what fits and why, what must be arranged, what is unknown."""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from matching.engine.bins import Bin
from matching.engine.explain import Pair, pair
from matching.engine.explain import openings as ranked
from matching.engine.people import People, Person
from matching.errors import Refusal
from services.access import Permission
from services.actions import offers as offer_actions
from services.actions import people as person_actions
from services.db import offers, orders, people
from services.db.query import NotFound
from services.i18n import N_, Message, _
from services.problems import problem_of
from services.snapshot import Held
from services.web import order_form
from services.web.candidates import OFFER_STATES
from services.web.forms import Filled
from services.web.keys import CLOCK, KEYS
from services.web.market import BIN_WORDS, SNAPSHOT, held
from services.web.page import actor, number, page, speaking
from services.web.reasons import Asked, arranged, asked, contributions, excluded, gained
from services.web.routing import Area, Routes

routes = Routes()
# To the person whom it concerns.
OWN_STATES: Final = {**OFFER_STATES, "reserved": N_("等您答复")}
SHOWN: Final = 10  # openings in each of the three lists


@dataclass(frozen=True, slots=True)
class Card:
    """One opening as one person meets it."""

    row: orders.OrderRow
    bin: str = ""
    for_it: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    arranged: list[str] = field(default_factory=list)
    gained: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    wished: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """Whose openings these are: the person or one whom the helper acts for."""

    row: people.PersonRow
    name: str
    others: list[tuple[int, str]]
    person: Person | None  # None without a profile


@dataclass(frozen=True, slots=True)
class Lists:
    """The three lists of a person."""

    fitting: list[Card]
    after_training: list[Card]
    to_confirm: list[Card]
    not_now: int


async def mine(request: web.Request, given: str) -> Mine:
    """The person asked for, else the first the asker acts for. Raises Denied, NotFound."""
    asker = actor(request)
    persons = list(asker.persons)
    if given and not (given.isascii() and given.isdigit() and len(given) < 18):
        raise NotFound("没有找到，或者您无权查看")
    if not persons:
        raise NotFound("您的账号还没有关联求职者，请联系县残联")
    chosen = int(given) if given else persons[0]
    keys = request.app[KEYS]
    async with speaking(request) as conn:
        row = await person_actions.own(conn, asker, chosen)
        profile = await people.profile.first(conn, row.pseudonym)
        everybody = await people.all_of.all(conn, persons)
    names = [(one.id, keys.open(one.name_cipher, f"person.name.{one.id}")) for one in everybody]
    seal = request.app[SNAPSHOT].seal
    person = None if profile is None else person_actions.person_of(seal, profile)
    return Mine(row, dict(names)[chosen], [one for one in names if one[0] != chosen], person)


def _ranked(now_held: Held, person: Person) -> tuple[list[tuple[int, Pair]], ...]:
    """Order and reasons for each list; work for the engine's thread."""
    orders, distances, today = now_held.orders, now_held.distances, now_held.today
    facing = now_held.market.before(People.from_values([person]), distances)
    found = ranked(facing, 0, SHOWN)
    lists = (found.fitting, found.after_training, found.to_confirm)
    return tuple(
        [
            (int(one.order_id), pair(person, orders[int(one.order_id)], distances, today))
            for one in some
        ]
        for some in lists
    )


def _card(row: orders.OrderRow, told: Pair, wished: bool) -> Card:
    for_wants, against_wants = contributions(told.wants)
    for_hired, against_hired = contributions(told.hired)
    return Card(
        row,
        _(BIN_WORDS[told.judgement.bin]),
        [*for_wants, *for_hired],
        [*against_wants, *against_hired],
        arranged(told.judgement),
        gained(told.judgement),
        [excluded(one) for one in told.judgement.exclusions],
        [asked(one) for one in told.judgement.questions],
        wished,
    )


async def lists_of(request: web.Request, whose: Mine) -> Lists:
    """The three lists, best first, each with its reasons."""
    now_held = await held(request)
    if whose.person is None or not now_held.orders or not whose.row.recommendations:
        return Lists([], [], [], 0)
    told = await request.app[SNAPSHOT].work(_ranked, now_held, whose.person)
    ids = [order for some in told for order, _pair in some]
    async with speaking(request) as conn:
        rows = {row.id: row for row in await orders.some.all(conn, ids)}
        wished = {one.order_id for one in await offers.wishes.all(conn, whose.row.id)}
    cards = [
        [_card(rows[order], one, order in wished) for order, one in some if order in rows]
        for some in told
    ]
    return Lists(cards[0], cards[1], cards[2], len(now_held.orders) - len(ids))


@routes.get("/openings", permission=Permission.OPENING_READ, area=Area.PERSON)
async def show(request: web.Request) -> web.Response:
    """Reserved seats first, then what fits, what fits after training, and what to confirm."""
    return await _show(request, request.query.get("person", ""), Filled(), 200)


async def _show(request: web.Request, given: str, form: Filled, status: int) -> web.Response:
    whose = await mine(request, given)
    lists = await lists_of(request, whose)
    async with speaking(request) as conn:
        kept = await offers.of_person.all(conn, whose.row.id)
        rows = await orders.some.all(conn, [one.order_id for one in kept])
        told = await offers.questions_of_person.all(conn, whose.row.id)
    by_id = {row.id: row for row in rows}
    # What is kept for somebody stands at the top, with its answer; once is enough.
    above = {one.order_id for one in kept if one.state in ("reserved", "accepted")}
    below = [
        [card for card in some if card.row.id not in above]
        for some in (lists.fitting, lists.after_training, lists.to_confirm)
    ]
    return page(
        request,
        "openings/list.html",
        status=status,
        form=form,
        whose=whose,
        lists=[
            (_("现在就合适"), "fits", below[0]),
            (_("培训以后合适"), "training", below[1]),
            (_("回答几个问题就知道"), "confirm", below[2]),
        ],
        kept=[
            (one, by_id[one.order_id], _(OWN_STATES[one.state]))
            for one in kept
            if one.order_id in by_id
        ],
        asked=told,
        now=request.app[CLOCK].now(),
        wording=order_form,
    )


@routes.get(r"/openings/{order:\d+}", permission=Permission.OPENING_READ, area=Area.ANYWHERE)
async def one(request: web.Request) -> web.Response:
    """One opening in full: why it fits, or why not and what would change it."""
    return await _one(
        request, number(request, "order"), request.query.get("person", ""), Filled(), 200
    )


async def _one(
    request: web.Request, order: int, given: str, form: Filled, status: int
) -> web.Response:
    whose = await mine(request, given)
    now_held = await held(request)
    async with speaking(request) as conn:
        row = await orders.by_id.one(conn, order)
        wished = {each.order_id for each in await offers.wishes.all(conn, whose.row.id)}
        kept = await offers.of_person.all(conn, whose.row.id)
    post = now_held.orders.get(order)
    card = Card(row, wished=order in wished)
    fits = False
    if post is not None and whose.person is not None:
        told = pair(whose.person, post, now_held.distances, now_held.today)
        card, fits = _card(row, told, order in wished), told.judgement.bin >= Bin.TRAINING
    return page(
        request,
        "openings/one.html",
        status=status,
        form=form,
        whose=whose,
        card=card,
        fits=fits,
        full=row.taken >= row.seats,
        kept=next((each for each in kept if each.order_id == order), None),
        elsewhere=any(
            each.order_id != order and each.state in ("reserved", "accepted") for each in kept
        ),
        now=request.app[CLOCK].now(),
        wording=order_form,
    )


async def _person(request: web.Request) -> int:
    """The person in whose name the form was sent. Raises NotFound."""
    given = str((await request.post()).get("person", ""))
    if given.isascii() and given.isdigit() and len(given) < 18:
        return int(given)
    if not given and actor(request).persons:
        return actor(request).persons[0]
    raise NotFound("没有找到，或者您无权查看")


def _back(person: int) -> web.HTTPSeeOther:
    return web.HTTPSeeOther(f"/openings?person={person}")


async def _reply(request: web.Request, event: str) -> web.Response:
    offer = number(request, "offer")
    async with speaking(request) as conn:
        person = (await offers.by_id.one(conn, offer)).person_id
    try:
        async with speaking(request) as conn:
            await offer_actions.reply(
                conn,
                actor(request),
                request.app[SNAPSHOT].seal,
                offer,
                event,
                today=request.app[CLOCK].today(),
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        said = Filled({}, {f"offer-{offer}": Message(refusal.text, **refusal.values)})
        return await _show(request, str(person), said, problem_of(refusal).status)
    raise _back(person)


@routes.post(
    r"/offers/{offer:\d+}/acceptance", permission=Permission.OFFER_ANSWER, area=Area.PERSON
)
async def accept(request: web.Request) -> web.Response:
    """Takes the seat that is kept; from now on the employer sees the name."""
    return await _reply(request, "accept")


@routes.post(r"/offers/{offer:\d+}/decline", permission=Permission.OFFER_ANSWER, area=Area.PERSON)
async def decline(request: web.Request) -> web.Response:
    """Gives the seat back: no reason asked, nothing lost."""
    return await _reply(request, "decline")


@routes.post(r"/openings/{order:\d+}/wish", permission=Permission.OFFER_ANSWER, area=Area.ANYWHERE)
async def wish(request: web.Request) -> web.Response:
    """Wishes for an opening; it counts in the next matching."""
    order, person = number(request, "order"), await _person(request)
    try:
        async with speaking(request) as conn:
            await offer_actions.wish(
                conn,
                actor(request),
                request.app[SNAPSHOT].seal,
                person,
                order,
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        said = Filled({}, {"wish": Message(refusal.text, **refusal.values)})
        return await _one(request, order, str(person), said, 422)
    raise web.HTTPSeeOther(f"/openings/{order}?person={person}")


@routes.post(
    r"/openings/{order:\d+}/wish-withdrawal", permission=Permission.OFFER_ANSWER, area=Area.ANYWHERE
)
async def unwish(request: web.Request) -> web.Response:
    """Takes a wish back."""
    order, person = number(request, "order"), await _person(request)
    async with speaking(request) as conn:
        await offer_actions.unwish(
            conn, actor(request), person, order, now=request.app[CLOCK].now()
        )
    raise web.HTTPSeeOther(f"/openings/{order}?person={person}")


@routes.post(
    r"/openings/{order:\d+}/questions", permission=Permission.OFFER_ANSWER, area=Area.ANYWHERE
)
async def ask(request: web.Request) -> web.Response:
    """Asks the employer something, under no name."""
    order, person = number(request, "order"), await _person(request)
    words = str((await request.post()).get("text", ""))[:1000]
    try:
        async with speaking(request) as conn:
            await offer_actions.ask(
                conn, actor(request), person, order, words, now=request.app[CLOCK].now()
            )
    except Refusal as refusal:
        said = Filled({"text": (words,)}, {"text": Message(refusal.text, **refusal.values)})
        return await _one(request, order, str(person), said, 422)
    raise _back(person)


@routes.post("/openings/answers", permission=Permission.OFFER_ANSWER, area=Area.PERSON)
async def answer(request: web.Request) -> web.Response:
    """Fills one unknown of the profile; the lists are made anew at once."""
    form, person = await request.post(), await _person(request)
    about, key = str(form.get("about", "")), str(form.get("key", ""))
    try:
        async with speaking(request) as conn:
            await person_actions.answer(
                conn,
                actor(request),
                request.app[SNAPSHOT].seal,
                person,
                about,
                key,
                str(form.get("value", "")),
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        said = {"answers": Message(refusal.text, **refusal.values)}
        return await _show(request, str(person), Filled({}, said), 422)
    raise _back(person)


@routes.post("/openings/recommendations", permission=Permission.OFFER_ANSWER, area=Area.PERSON)
async def recommendations(request: web.Request) -> web.Response:
    """Turns recommendations on or off."""
    form, person = await request.post(), await _person(request)
    async with speaking(request) as conn:
        await person_actions.set_recommendations(
            conn,
            actor(request),
            person,
            form.get("on") == "yes",
            now=request.app[CLOCK].now(),
        )
    raise _back(person)
