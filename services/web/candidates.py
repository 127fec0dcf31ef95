"""The candidates of an order, as its employer may see them."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from matching.errors import Refusal
from services.access import Permission
from services.actions import offers as actions
from services.actions.offers import Candidate
from services.db import offers, orders
from services.i18n import N_, Message, _
from services.problems import problem_of
from services.web.forms import Filled
from services.web.keys import CLOCK, KEYS
from services.web.market import (
    BIN_OF,
    BIN_WORDS,
    SNAPSHOT,
    accommodation_name,
    occupation_name,
)
from services.web.order_form import LEVEL_WORDS
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
OFFER_STATES: Final = {
    "reserved": N_("等待本人答复"),
    "accepted": N_("本人已接受"),
    "declined": N_("本人不接受"),
    "lapsed": N_("保留期已过"),
    "withdrawn": N_("已撤回"),
    "not_hired": N_("未录用"),
    "hired": N_("已录用"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A candidate as an employer may see one: never category, grade or number."""

    offer: int
    version: int
    name: str | None
    state: str
    state_words: str
    bin: str
    skills: list[str]
    arranged: list[str]


async def cards(request: web.Request, order: int) -> list[Card]:
    """The candidates of an order. Raises Denied, NotFound."""
    async with speaking(request) as conn:
        found = await actions.candidates(
            conn, actor(request), request.app[KEYS], order, now=request.app[CLOCK].now()
        )

    known = await request.app[SNAPSHOT].people([one.offer.pseudonym for one in found])

    def card(one: Candidate) -> Card:
        person = known.get(one.offer.pseudonym)
        return Card(
            one.offer.id,
            one.offer.version,
            one.name,
            one.offer.state,
            _(OFFER_STATES[one.offer.state]),
            _(BIN_WORDS[BIN_OF[one.offer.bin]]),
            [
                f"{occupation_name(s.occupation)} {_(LEVEL_WORDS[str(int(s.level))])}"
                for s in (person.skills if person else ())
            ],
            [accommodation_name(key) for key in one.offer.accommodations],
        )

    return [card(one) for one in found]


@routes.get(
    r"/orders/{order:\d+}/candidates", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER
)
async def candidates(request: web.Request) -> web.Response:
    """Who has a seat: what they can do and need; the name once they accepted."""
    return await _candidates(request, number(request, "order"), Filled(), 200)


async def _candidates(request: web.Request, order: int, form: Filled, status: int) -> web.Response:
    async with speaking(request) as conn:
        row = await orders.by_id.one(conn, order)
    shown = await cards(request, order)
    return page(request, "orders/candidates.html", status=status, row=row, cards=shown, form=form)


@routes.post(r"/offers/{offer:\d+}/outcome", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def outcome(request: web.Request) -> web.Response:
    """The employer hires, or says which part of the work stands in the way."""
    form, offer = await request.post(), number(request, "offer")
    reason = str(form.get("reason", "")).strip()[:500]
    async with speaking(request) as conn:
        row = await offers.by_id.one(conn, offer)
    try:
        async with speaking(request) as conn:
            await actions.outcome(
                conn,
                actor(request),
                offer,
                str(form.get("event", "")),
                reason,
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        name = f"reason-{offer}"
        said = {name: Message(refusal.text, **refusal.values)}
        shown = Filled({name: (reason,)}, said)
        return await _candidates(request, row.order_id, shown, problem_of(refusal).status)
    raise web.HTTPSeeOther(f"/orders/{row.order_id}/candidates")


@routes.post(
    r"/questions/{question:\d+}/answer", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER
)
async def answer(request: web.Request) -> web.Response:
    """The employer answers a question that somebody asked without a name."""
    words = str((await request.post()).get("answer", ""))[:1000]
    async with speaking(request) as conn:
        order = await actions.reply_to_question(
            conn,
            actor(request),
            number(request, "question"),
            words,
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther(f"/orders/{order}")
