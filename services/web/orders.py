"""Orders: the employer's form with its preview, the county's check, the candidates."""

from typing import Final

from aiohttp import web

from matching.engine.vocabulary import EDUCATION
from matching.errors import IllegalMove, Refusal
from matching.orders.states import NEEDS_REASON
from services.access import Permission
from services.actions import offers as offer_actions
from services.actions import orders as actions
from services.actions.drafts import Draft, Faulty, checked
from services.actions.sign_in import TooMany
from services.db import offers, orders
from services.i18n import N_, Message, _
from services.problems import problem_of
from services.web import candidates as candidate_pages
from services.web import order_form as form_of_orders
from services.web import order_writing
from services.web.forms import Filled
from services.web.keys import CLOCK
from services.web.market import (
    SNAPSHOT,
    Preview,
    accommodation_name,
    anchor,
    dimension,
    held,
    name_of,
    occupation_name,
    preview_of,
)
from services.web.market import warned as warned_words
from services.web.order_writing import version_of
from services.web.page import actor, number, page, speaking
from services.web.reasons import DEGREES
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50
STATES: Final = {
    "draft": N_("草稿"),
    "submitted": N_("待县残联核对"),
    "returned": N_("已退回"),
    "open": N_("招人中"),
    "closed": N_("已结束"),
    "cancelled": N_("已取消"),
}
EVENTS: Final = {
    "submit": N_("提交"),
    "return": N_("退回"),
    "open": N_("开放"),
    "close": N_("结束"),
    "cancel": N_("取消"),
}


def page_of(request: web.Request) -> int:
    """The page asked for, from 1."""
    text = request.query.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


@routes.get("/orders", permission=Permission.ORDER_READ, area=Area.ANYWHERE)
async def listing(request: web.Request) -> web.Response:
    """The orders of the employer, or of the area of the staff."""
    asker, at = actor(request), page_of(request)
    state = request.query.get("state", "")
    state = state if state in STATES else ""
    async with speaking(request) as conn:
        rows = await orders.listed.all(
            conn,
            list(asker.employers),
            sorted(asker.below) if not asker.employers else [],
            state,
            PAGE_ROWS,
            (at - 1) * PAGE_ROWS,
        )
        mine = await orders.employers.all(conn, list(asker.employers))
        waiting = (
            await orders.unverified.all(conn, sorted(asker.below))
            if asker.may(Permission.ORDER_CHECK)
            else []
        )
    total = rows[0].total if rows else 0
    return page(
        request,
        "orders/list.html",
        rows_in=rows,
        state=state,
        states=[(key, _(words)) for key, words in STATES.items()],
        mine=mine,
        waiting=waiting,
        may_write=asker.may(Permission.ORDER_WRITE),
        page=at,
        pages=max(1, -(-total // PAGE_ROWS)),
        total=total,
    )


@routes.get(r"/orders/{order:\d+}", permission=Permission.ORDER_READ, area=Area.ANYWHERE)
async def show(request: web.Request) -> web.Response:
    """One order: terms, demands, who fits, and the next step."""
    return await _shown(request, Filled(), 200)


def _person_number(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 18):
        raise Refusal("请填写人员编号")
    return int(given)


async def _shown(request: web.Request, form: Filled, status: int) -> web.Response:
    asker, order = actor(request), number(request, "order")
    async with speaking(request) as conn:
        found = await actions.whole(conn, order)
        history = await orders.history.all(conn, order)
        asked = await offers.questions_of_order.all(conn, order)
    row = found.row
    own = row.employer_id in asker.employers
    checks = asker.holds(Permission.ORDER_CHECK, county=row.county)
    in_hand = own or row.county in asker.below
    warned: list[str] = []
    preview = None
    if in_hand and asker.may(Permission.ORDER_PREVIEW) and (row.verified or not own):
        preview = await _try_preview(request, found.draft)
        warned = await _warned(request, found.draft)
    return page(
        request,
        "orders/show.html",
        status=status,
        form=form,
        row=row,
        state=_(STATES[row.state]),
        own=own,
        checks=checks,
        in_hand=in_hand,
        demands=[
            (name_of(dimension(one.dimension)), anchor(one.dimension, one.level), one)
            for one in found.draft.demands
        ],
        accommodations=[
            (accommodation_name(one.accommodation), form_of_orders.STANCE_WORDS[one.stance], one)
            for one in found.draft.accommodations
            if in_hand or one.stance != "refused"
        ],
        skills=[
            (occupation_name(one.code), form_of_orders.LEVEL_WORDS[str(one.level)], one)
            for one in found.draft.skills
        ],
        wording=form_of_orders,
        degree=DEGREES[EDUCATION[row.education_min]] if row.education_min else "",
        history=[(one, _(EVENTS[one.event])) for one in history] if in_hand else [],
        asked=asked if in_hand else [],
        preview=preview,
        warned=warned,
    )


async def _try_preview(request: web.Request, draft: Draft) -> Preview | None:
    try:
        return await preview_of(request, draft)
    except (Refusal, TooMany):
        return None  # the page is still worth showing


async def _warned(request: web.Request, draft: Draft) -> list[str]:
    try:
        async with speaking(request) as conn:
            found = await checked(conn, draft, today=request.app[CLOCK].today())
    except Faulty as faulty:
        return [str(message) for message in faulty.errors.values()]
    return [warned_words(one) for one in found]


async def _move(request: web.Request, event: str) -> web.Response:
    order, reason = number(request, "order"), str((await request.post()).get("reason", "")).strip()
    try:
        async with speaking(request) as conn:
            await actions.move(
                conn,
                actor(request),
                order,
                await version_of(request),
                event,
                reason=reason[:500],
                today=request.app[CLOCK].today(),
                now=request.app[CLOCK].now(),
            )
    except Faulty as faulty:
        told = "；".join(str(message) for message in faulty.errors.values())
        said = {"moves": Message("{faults}", faults=told)}
        return await _shown(request, Filled({"reason": (reason,)}, said), 422)
    except Refusal as refusal:
        beside = event in NEEDS_REASON and not isinstance(refusal, IllegalMove)
        name = "reason" if beside else "moves"
        said = {name: Message(refusal.text, **refusal.values)}
        shown = Filled({"reason": (reason,)}, said)
        return await _shown(request, shown, problem_of(refusal).status)
    raise web.HTTPSeeOther(f"/orders/{order}")


@routes.post(r"/orders/{order:\d+}/submit", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def submit(request: web.Request) -> web.Response:
    """Hands the order to the county for its check."""
    return await _move(request, "submit")


@routes.post(r"/orders/{order:\d+}/close", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def close(request: web.Request) -> web.Response:
    """Takes nobody more; who has a place keeps it."""
    return await _move(request, "close")


@routes.post(r"/orders/{order:\d+}/cancel", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def cancel(request: web.Request) -> web.Response:
    """Gives the order up, with the reason that everybody who loses a place reads."""
    return await _move(request, "cancel")


@routes.post(r"/orders/{order:\d+}/return", permission=Permission.ORDER_CHECK, area=Area.COUNTY)
async def send_back(request: web.Request) -> web.Response:
    """The county asks for something to be changed, with the reason."""
    return await _move(request, "return")


@routes.post(r"/orders/{order:\d+}/open", permission=Permission.ORDER_CHECK, area=Area.COUNTY)
async def open_order(request: web.Request) -> web.Response:
    """The county found the terms fair: from now on the order takes people."""
    return await _move(request, "open")


@routes.post(
    r"/orders/{order:\d+}/reservations", permission=Permission.ORDER_CHECK, area=Area.COUNTY
)
async def reserve(request: web.Request) -> web.Response:
    """Staff keep a seat for one person whom the post fits."""
    order, given = number(request, "order"), str((await request.post()).get("person", "")).strip()
    async with speaking(request) as conn:
        row = await orders.by_id.one(conn, order)
    actor(request).require(Permission.ORDER_CHECK, county=row.county)
    now_held = await held(request)
    try:
        async with speaking(request) as conn:
            await offer_actions.reserve(
                conn,
                actor(request),
                request.app[SNAPSHOT].seal,
                now_held.distances,
                order,
                _person_number(given),
                today=request.app[CLOCK].today(),
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        said = {"person": Message(refusal.text, **refusal.values)}
        shown = Filled({"person": (given,)}, said)
        return await _shown(request, shown, problem_of(refusal).status)
    raise web.HTTPSeeOther(f"/orders/{order}")


routes.all.extend(order_writing.routes.all)
routes.all.extend(candidate_pages.routes.all)
