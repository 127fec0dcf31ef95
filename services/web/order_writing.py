"""Writing an order: the occupation, the form with its preview, an edit."""

from dataclasses import dataclass

from aiohttp import web

from matching.engine.vocabulary import ACCOMMODATIONS, DIMENSIONS, EDUCATION
from matching.errors import Refusal
from services.access import Permission
from services.actions import orders as actions
from services.actions.drafts import Draft, Faulty, checked, occupation, prefilled
from services.actions.sign_in import TooMany
from services.db import orders, reference
from services.i18n import Message, _
from services.problems import Stale, problem_of
from services.web import order_form as form_of_orders
from services.web.forms import Filled, Invalid
from services.web.keys import CLOCK
from services.web.market import (
    Preview,
    anchor,
    name_of,
    preview_of,
)
from services.web.market import warned as warned_words
from services.web.occupations import asked, choose
from services.web.order_form import form_of, parse_draft, parts_of, typed_of
from services.web.page import actor, number, page, speaking
from services.web.reasons import DEGREES
from services.web.routing import Area, Routes

routes = Routes()


@routes.get("/orders/new", permission=Permission.ORDER_WRITE, area=Area.ANYWHERE)
async def new(request: web.Request) -> web.Response:
    """First which occupation, then the form with its demands filled in."""
    words = asked(request, "trade")
    found = occupation(words)
    if found is None:
        return await choose(request, words)
    asker = actor(request)
    async with speaking(request) as conn:
        mine = await orders.employers.all(conn, list(asker.employers))
    home = mine[0].county if mine else ""
    typed = {
        "title": (asked(request, "title") or found.zh,),
        "trade": (found.zh,),
        "county": (home,),
        "min_headcount": ("1",),
        "work_type": ("on_site",),
        "wage_basis": ("month",),
        "contract_months": ("12",),
        "insurance": tuple(form_of_orders.INSURANCE_WORDS),
        "dorm": ("none",),
        "shift": ("day",),
    }
    return await _form(request, Filled(typed | parts_of(prefilled(found.zh), [], {})))


async def _form(
    request: web.Request,
    form: Filled,
    *,
    status: int = 200,
    row: orders.OrderRow | None = None,
    preview: Preview | None = None,
    warned: list[str] | None = None,
    message: str = "",
) -> web.Response:
    async with speaking(request) as conn:
        mine = await orders.employers.all(conn, list(actor(request).employers))
        counties = await reference.counties.all(conn)
    first = [one for one in DIMENSIONS if form.value(f"level-{one.key}") not in ("", "0")]
    rest = [one for one in DIMENSIONS if one not in first]
    useful = {one.key for one in first}
    levels = {one.key: [(str(n), anchor(one.key, n)) for n in range(5)] for one in DIMENSIONS}
    wording = form_of_orders

    def options(words: dict[str, str]) -> list[tuple[str, str]]:
        return [(key, _(text)) for key, text in words.items()]

    return page(
        request,
        "orders/form.html",
        status=status,
        form=form,
        row=row,
        mine=mine,
        employer_chosen=request.query.get("employer", ""),
        counties=[(one.code, f"{one.city_name} {one.name}".strip()) for one in counties],
        first=[(one.key, name_of(one), one.trainable) for one in first],
        rest=[(one.key, name_of(one), one.trainable) for one in rest],
        levels=levels,
        helpful=[
            (one.key, name_of(one))
            for one in ACCOMMODATIONS
            if useful & set(one.relaxes) and not one.in_capacity
        ],
        other=[
            (one.key, name_of(one))
            for one in ACCOMMODATIONS
            if not useful & set(one.relaxes) and not one.in_capacity
        ],
        work_types=options(wording.WORK_TYPES),
        wage_bases=options(wording.WAGE_BASES),
        dorms=options(wording.DORM_WORDS),
        shifts=options(wording.SHIFT_WORDS),
        stances=options(wording.STANCE_WORDS),
        insurance=options(wording.INSURANCE_WORDS),
        skills=options(wording.SKILL_WORDS),
        skill_levels=options(wording.LEVEL_WORDS),
        degrees=[(key, _(DEGREES[key])) for key in EDUCATION[1:]],
        preview=preview,
        warned=warned or [],
        message=message,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    draft: Draft
    typed: Filled
    act: str


async def _read(request: web.Request) -> _Read:
    form = await request.post()
    draft = parse_draft(form)
    return _Read(draft, Filled(typed_of(form)), str(form.get("act", "save")))


async def _previewed(
    request: web.Request, read: _Read, row: orders.OrderRow | None
) -> web.Response:
    async with speaking(request) as conn:
        warned = await checked(conn, read.draft, today=request.app[CLOCK].today())
        employer = row.employer_id if row else await _employer(request)
        await actions.employer_of(conn, actor(request), employer)
    shown = await preview_of(request, read.draft)
    words = [warned_words(one) for one in warned]
    return await _form(request, read.typed, row=row, preview=shown, warned=words)


async def _employer(request: web.Request) -> int:
    """The employer in whose name the form was sent; who has one needn't say."""
    given = str((await request.post()).get("employer", ""))
    mine = actor(request).employers
    if given.isascii() and given.isdigit() and len(given) < 18:
        return int(given)
    if not mine:
        raise Refusal("您没有登记用人单位")
    return mine[0]


async def _again(
    request: web.Request, error: Exception, row: orders.OrderRow | None
) -> web.Response:
    """The form with what was typed, and what is wrong beside the fields."""
    typed = typed_of(await request.post())
    if isinstance(error, Invalid):
        return await _form(request, error.filled, status=422, row=row)
    if isinstance(error, Faulty):
        return await _form(request, Filled(typed, error.errors), status=422, row=row)
    assert isinstance(error, Refusal | TooMany | Stale)  # noqa: S101  # what the callers catch
    said = Message(error.text, **error.values)
    status = problem_of(error).status
    return await _form(request, Filled(typed, {"title": said}), status=status, row=row)


@routes.post("/orders", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def create(request: web.Request) -> web.Response:
    """Counts who fits, or keeps the order as a draft."""
    try:
        read = await _read(request)
        if read.act == "preview":
            return await _previewed(request, read, None)
        async with speaking(request) as conn:
            made = await actions.create(
                conn,
                actor(request),
                await _employer(request),
                read.draft,
                today=request.app[CLOCK].today(),
                now=request.app[CLOCK].now(),
            )
    except (Invalid, Refusal, TooMany) as error:
        return await _again(request, error, None)
    raise web.HTTPSeeOther(f"/orders/{made}")


@routes.get(r"/orders/{order:\d+}/edit", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def edit(request: web.Request) -> web.Response:
    """The form of a draft or returned order."""
    async with speaking(request) as conn:
        found = await actions.whole(conn, number(request, "order"))
    actor(request).require(Permission.ORDER_WRITE, employer=found.row.employer_id)
    return await _form(request, form_of(found.draft), row=found.row)


@routes.post(r"/orders/{order:\d+}", permission=Permission.ORDER_WRITE, area=Area.EMPLOYER)
async def change(request: web.Request) -> web.Response:
    """Counts who fits, or keeps the changed order."""
    order = number(request, "order")
    async with speaking(request) as conn:
        row = await orders.by_id.one(conn, order)
    actor(request).require(Permission.ORDER_WRITE, employer=row.employer_id)
    try:
        read = await _read(request)
        if read.act == "preview":
            return await _previewed(request, read, row)
        async with speaking(request) as conn:
            await actions.change(
                conn,
                actor(request),
                order,
                await version_of(request),
                read.draft,
                today=request.app[CLOCK].today(),
                now=request.app[CLOCK].now(),
            )
    except (Invalid, Refusal, TooMany, Stale) as error:
        return await _again(request, error, row)
    raise web.HTTPSeeOther(f"/orders/{order}")


async def version_of(request: web.Request) -> int:
    """The version that the page showed; 0, which is stale, if it is none."""
    given = str((await request.post()).get("version", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
