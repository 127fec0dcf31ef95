"""Bases: registering one, the base's own page, the staff's list."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from aiohttp import web

from accreditation import lifecycle
from accreditation.errors import IllegalMove, Refusal
from accreditation.lifecycle import Machine
from services.access import Actor, Denied, Permission, SignInNeeded
from services.actions import accreditations, results
from services.actions import bases as actions
from services.actions import cases as case_actions
from services.actions.sign_in import TooMany
from services.db import bases, cases, notices, reference
from services.db.query import NotFound
from services.i18n import N_, Message, _, language
from services.problems import Stale
from services.web.forms import Choice, Day, Filled, Integer, Invalid, Text, filled, parse, typed
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, page, speaking
from services.web.register import page_number
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50
_CHANGE: Final = (
    Text("name", N_("基地名称"), most=100),
    Choice("kind", N_("类型"), options=tuple(actions.KINDS)),
    Text("address", N_("地址"), most=200),
    Text("trades", N_("培训工种"), most=300),
    Integer("capacity-per-year", N_("年培训能力"), most=100_000),
    Day("operating-since", N_("开始运营日期"), required=False),
)
_NEW: Final = (
    *_CHANGE[:1],
    Text("credit-code", N_("统一社会信用代码"), most=30),
    Text("county", N_("所在县（市、区）"), most=6),
    *_CHANGE[1:],
    Text("contact-name", N_("联系人"), most=50),
    Text("contact-phone", N_("联系电话"), most=20),
)


@dataclass(frozen=True, slots=True)
class Given:
    """The form as values."""

    name: str
    kind: str
    address: str
    trades: str
    capacity_per_year: int
    operating_since: date | None
    credit_code: str = ""
    county: str = ""
    contact_name: str = ""
    contact_phone: str = ""

    def facts(self) -> actions.Facts:
        trades = [one.strip() for one in self.trades.replace("，", "、").split("、")]
        return actions.Facts(
            self.name,
            self.kind,
            self.address,
            tuple(one for one in trades if one),
            self.capacity_per_year,
            self.operating_since,
            self.contact_name,
            self.contact_phone,
        )


def in_hand(asker: Actor, base: bases.Base) -> None:
    """Raises NotFound unless the base is the asker's own or lies in the asker's area."""
    if base.id in asker.bases or asker.holds(Permission.BASE_READ, county=base.county):
        return
    raise NotFound("没有找到，或者您无权查看")


@routes.get("/my/bases", permission=None, area=Area.SIGNED_IN)
async def mine(request: web.Request) -> web.Response:
    """The asker's own bases and the way to register one."""
    async with speaking(request) as conn:
        rows = await bases.of_ids.all(conn, list(actor(request).bases))
        states = {row.id: await notices.accreditation.first(conn, row.id) for row in rows}
    return page(request, "bases/mine.html", rows_in=rows, states=states, state_name=_state)


@routes.get("/bases", permission=Permission.BASE_READ, area=Area.ANYWHERE)
async def listed(request: web.Request) -> web.Response:
    """Bases of the asker's areas."""
    asked = request.query.get("q", "").replace("\0", "").strip()[:100]
    state = request.query.get("state", "")
    states = (*lifecycle.states(Machine.ACCREDITATION),)
    state, shown = state if state in states else "", page_number(request)
    async with speaking(request) as conn:
        rows = await bases.listed.all(
            conn, list(actor(request).areas), asked, state, PAGE_ROWS, (shown - 1) * PAGE_ROWS
        )
    total = rows[0].total if rows else 0
    return page(
        request,
        "bases/list.html",
        rows_in=rows,
        q=asked,
        state=state,
        states=[(one, _state(one)) for one in states if one != "ended"],
        state_name=_state,
        total=total,
        page=shown,
        pages=max(1, -(-total // PAGE_ROWS)),
    )


def _state(state: str) -> str:
    return lifecycle.state_name(Machine.ACCREDITATION, state, "staff", language())


async def _form(
    request: web.Request, form: Filled, *, status: int = 200, base: bases.Base | None = None
) -> web.Response:
    async with speaking(request) as conn:
        counties = await reference.counties.all(conn)
    return page(
        request,
        "bases/form.html",
        status=status,
        form=form,
        base=base,
        kinds=[(key, _(text)) for key, text in actions.KINDS.items()],
        counties=[(c.code, f"{c.city_name} {c.name}".strip()) for c in counties],
    )


@routes.get("/bases/new", permission=None, area=Area.SIGNED_IN)
async def new(request: web.Request) -> web.Response:
    """The form for a new base."""
    return await _form(request, Filled())


@routes.post("/bases", permission=None, area=Area.SIGNED_IN)
async def register(request: web.Request) -> web.Response:
    """Registers a base; the asker becomes its manager."""
    form, clock = await request.post(), request.app[CLOCK]
    try:
        given = parse(Given, _NEW, form)
        async with speaking(request) as conn:
            await actions.limit(conn, actor(request), now=clock.now())
        async with speaking(request) as conn:
            made = await actions.register(
                conn,
                request.app[KEYS],
                actor(request),
                given.facts(),
                written_code=given.credit_code,
                county=given.county,
                now=clock.now(),
                today=clock.today(),
            )
    except Invalid as invalid:
        return await _form(request, invalid.filled, status=422)
    except Refusal as refusal:
        return await _form(request, refused(refusal, "credit-code", typed(_NEW, form)), status=422)
    raise web.HTTPSeeOther(f"/bases/{made}")


def refused(refusal: Refusal, field: str, kept: Any) -> Filled:
    """The form again with what a rule said beside `field`. Who may not know or act gets no form."""
    if isinstance(refusal, Denied | SignInNeeded | NotFound | Stale | TooMany | IllegalMove):
        raise refusal
    return Filled(kept, {field: Message(refusal.text, **refusal.values)})


@routes.get(r"/bases/{base:\d+}", permission=None, area=Area.SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """One base: its state, its cases, the next step and who takes it."""
    async with speaking(request) as conn:
        base = await bases.by_id.one(conn, number(request, "base"))
        in_hand(actor(request), base)
        every = await cases.of_base.all(conn, base.id)
        clocks = {
            case.id: await cases.clocks.all(conn, case.id) for case in every if not case.closed_at
        }
        accreditation = await notices.accreditation.first(conn, base.id)
        history = (
            await notices.accreditation_history.all(conn, accreditation.id) if accreditation else []
        )
        vetoes: list[tuple[str, str]] = []
        if accreditation and every:
            rubric = await results.rubric_of(conn, every[0])
            vetoes = [
                (v.id, f"{v.id} {v.zh if language() == 'zh' else v.en}")
                for v in rubric.vetoes
                if "suspend" in v.effect
            ]
    own, asker = base.id in actor(request).bases, actor(request)
    reader: lifecycle.Reader = "base" if own else "staff"
    return page(
        request,
        "bases/show.html",
        base=base,
        kind=_(actions.KINDS[base.kind]),
        own=own,
        cases=every,
        clocks=clocks,
        accreditation=accreditation,
        history=history,
        vetoes=vetoes,
        may_suspend=bool({"city_staff", "province_staff"} & set(asker.roles)),
        may_review=asker.may(Permission.CASE_SCHEDULE),
        may_apply=own
        and not any(c.kind == "admission" and not c.closed_at for c in every)
        and (accreditation is None or accreditation.state == "ended"),
        state_name=lambda state: lifecycle.state_name(Machine.CASE, state, reader, language()),
        accreditation_name=lambda state: lifecycle.state_name(
            Machine.ACCREDITATION, state, reader, language()
        ),
        label=lambda of, key: lifecycle.label(of, key, language()),
        contact=_contact(request, base) if own else "",
        form=Filled(),
    )


def _contact(request: web.Request, base: bases.Base) -> str:
    if base.contact_name_cipher is None:
        return ""
    return request.app[KEYS].open(base.contact_name_cipher, f"base.contact_name.{base.id}")


@routes.get(r"/bases/{base:\d+}/edit", permission=Permission.BASE_APPLY, area=Area.BASE)
async def edit(request: web.Request) -> web.Response:
    """The form with what is known of the base."""
    async with speaking(request) as conn:
        base = await bases.by_id.one(conn, number(request, "base"))
    in_hand(actor(request), base)
    values = {
        "name": base.name,
        "kind": base.kind,
        "address": base.address,
        "trades": "、".join(base.trades),
        "capacity_per_year": base.capacity_per_year,
        "operating_since": base.operating_since,
    }
    return await _form(request, filled(_CHANGE, values), base=base)


@routes.post(r"/bases/{base:\d+}", permission=Permission.BASE_APPLY, area=Area.BASE)
async def change(request: web.Request) -> web.Response:
    """Changes the base's facts, from the version that was read."""
    form, base_id = await request.post(), number(request, "base")
    async with speaking(request) as conn:
        base = await bases.by_id.one(conn, base_id)
    in_hand(actor(request), base)
    try:
        given = parse(Given, _CHANGE, form)
        async with speaking(request) as conn:
            await actions.change(
                conn,
                actor(request),
                base_id,
                version_of(form.get("version")),
                given.facts(),
                now=request.app[CLOCK].now(),
            )
    except Invalid as invalid:
        return await _form(request, invalid.filled, status=422, base=base)
    raise web.HTTPSeeOther(f"/bases/{base_id}")


def version_of(text: object) -> int:
    """The version that a form was made from; -1, which no row has, for anything else."""
    given = str(text or "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else -1


@routes.post(r"/bases/{base:\d+}/applications", permission=Permission.BASE_APPLY, area=Area.BASE)
async def apply(request: web.Request) -> web.Response:
    """Opens an application for admission."""
    async with speaking(request) as conn:
        case = await case_actions.open_application(
            conn, actor(request), number(request, "base"), now=request.app[CLOCK].now()
        )
    raise web.HTTPSeeOther(f"/cases/{case}")


@routes.post(r"/bases/{base:\d+}/reviews", permission=Permission.CASE_SCHEDULE, area=Area.COUNTY)
async def review(request: web.Request) -> web.Response:
    """Opens an annual review, a renewal or a spot check of an accredited base."""
    kind = str((await request.post()).get("kind", ""))
    async with speaking(request) as conn:
        case = await case_actions.open_review(
            conn, actor(request), number(request, "base"), kind, now=request.app[CLOCK].now()
        )
    raise web.HTTPSeeOther(f"/cases/{case}")


@routes.post(r"/bases/{base:\d+}/suspension", permission=Permission.CASE_REVIEW, area=Area.COUNTY)
async def suspend(request: web.Request) -> web.Response:
    """Suspends an accreditation on a veto. A county's last base going opens its gap, at once."""
    form = await request.post()
    async with speaking(request) as conn:
        base_id = await accreditations.suspend_on_veto(
            conn,
            actor(request),
            number(request, "base"),
            veto=str(form.get("veto", "")),
            reason=str(form.get("reason", "")),
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther(f"/bases/{base_id}")
