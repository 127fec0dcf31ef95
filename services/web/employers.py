"""Employers: registering, the county's verification, signs to look at, who acts for them."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from matching.orders.affiliation import Sign
from services.access import Permission
from services.actions import employers as actions
from services.db import Conn, employers, reference
from services.i18n import N_, _
from services.sealing import mask_name, mask_phone
from services.web.forms import Day, Filled, Integer, Invalid, Text, parse, typed
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, page, speaking, whole_number
from services.web.people import attempt
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50
SIGNS: Final = {
    "shared_address": N_("同一地址还有{count}家登记的单位"),
    "shared_phone": N_("联系电话与另外{count}家单位相同"),
    "more_seats_than_staff": N_("要招{seats}人，比在职职工{staff}人还多"),
    "all_at_home": N_("{seats}个岗位全部在家工作，请核实有没有真实的工作内容"),
    "least_contracts": N_("{count}个订单的合同都正好{months}个月"),
    "paid_without_work": N_("有{count}人领了工资，却没有出勤或交付的记录"),
    "one_address": N_("有{count}名职工登记在同一个地址"),
    "end_after_levy": N_("有{count}人的合同在申报以后一个月内结束"),
}
CHECK_WORDS: Final = {**actions.CHECKS, "affiliation": N_("核查是否挂靠")}
_NEW: Final = (
    Text("name", N_("单位名称"), most=100),
    Text("credit-code", N_("统一社会信用代码"), most=30),
    Text("county", N_("所在县（市、区）"), most=6),
    Text("address", N_("地址"), most=200),
    Text("contact-name", N_("联系人"), most=50),
    Text("contact-phone", N_("联系电话"), most=20),
    Integer("staff", N_("在职职工人数"), least=1, most=1_000_000, required=False),
    Integer("staff-counted", N_("已安排的残疾职工人数"), most=100_000, required=False),
)
_MEMBER: Final = (
    Text("name", N_("姓名"), most=50),
    Text("phone", N_("手机号码"), most=20),
    Day("until", N_("有效期至"), required=False),
)


def words_of(sign: Sign) -> str:
    """A sign in words."""
    return _(SIGNS[sign.key], **sign.values)


@routes.get("/employers", permission=Permission.ORDER_READ, area=Area.ANYWHERE)
async def listed(request: web.Request) -> web.Response:
    """The asker's employers, or those of the area; who waits for the county comes first."""
    text = request.query.get("page", "1")
    at = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    asker = actor(request)
    async with speaking(request) as conn:
        rows = await employers.listed.all(
            conn, list(asker.employers), sorted(asker.below), PAGE_ROWS, (at - 1) * PAGE_ROWS
        )
    total = rows[0].total if rows else 0
    return page(
        request,
        "employers/list.html",
        rows_in=rows,
        page=at,
        pages=max(1, -(-total // PAGE_ROWS)),
        total=total,
    )


async def _form(request: web.Request, form: Filled, status: int = 200) -> web.Response:
    async with speaking(request) as conn:
        counties = await reference.counties.all(conn)
    return page(
        request,
        "employers/form.html",
        status=status,
        form=form,
        counties=[(one.code, f"{one.city_name} {one.name}".strip()) for one in counties],
    )


@routes.get("/employers/new", permission=None, area=Area.SIGNED_IN)
async def new(request: web.Request) -> web.Response:
    """The form for a new employer."""
    return await _form(request, Filled())


@routes.post("/employers", permission=None, area=Area.SIGNED_IN)
async def register(request: web.Request) -> web.Response:
    """Registers an employer; the county verifies it before it sees a count."""
    form, now = await request.post(), request.app[CLOCK].now()
    async with speaking(request) as conn:
        await actions.limit(conn, actor(request), now=now)
    try:
        facts = parse(actions.Facts, _NEW, form)
    except Invalid as invalid:
        return await _form(request, invalid.filled, 422)
    made: list[int] = []

    async def act(conn: Conn) -> None:
        made.append(
            await actions.register(
                conn,
                request.app[KEYS],
                actor(request),
                facts,
                today=request.app[CLOCK].today(),
                now=now,
            )
        )

    async def again(shown: Filled, status: int) -> web.Response:
        return await _form(request, shown, status)

    failed = await attempt(request, act, again, typed(_NEW, form), "credit-code")
    if failed is not None:
        return failed
    raise web.HTTPSeeOther(f"/employers/{made[0]}")


@dataclass(frozen=True, slots=True)
class Member:
    """Who acts for the employer, as the page shows it."""

    grant: int
    name: str
    phone: str


@routes.get(r"/employers/{employer:\d+}", permission=Permission.ORDER_READ, area=Area.COUNTY)
async def show(request: web.Request) -> web.Response:
    """One employer: its facts, its verification, what to look at, who acts for it."""
    return await _show(request, Filled(), 200)


async def _show(request: web.Request, form: Filled, status: int) -> web.Response:
    asker, keys, employer = actor(request), request.app[KEYS], number(request, "employer")
    async with speaking(request) as conn:
        row = await actions.in_hand(conn, asker, employer, Permission.ORDER_READ)
        checks = await employers.checks.all(conn, employer)
        members = await employers.members.all(conn, employer, request.app[CLOCK].today())
        found = await actions.signs_of(conn, employer)
    county = asker.holds(Permission.ORDER_CHECK, county=row.county)

    def opened(sealed: bytes | None, what: str) -> str:
        return keys.open(sealed, f"employer.{what}.{row.id}") if sealed else ""

    return page(
        request,
        "employers/show.html",
        status=status,
        form=form,
        row=row,
        county=county,
        contact=(
            opened(row.contact_name_cipher, "contact_name"),
            opened(row.contact_phone_cipher, "contact_phone"),
        ),
        checks=[(one, _(CHECK_WORDS[one.what])) for one in checks],
        to_check=[(key, _(words)) for key, words in actions.CHECKS.items()],
        signs=[words_of(one) for one in found] if county else [],
        may_change=county or row.id in asker.employers,
        members=[
            Member(
                one.grant_id,
                mask_name(keys.open(one.name_cipher, f"app_user.name.{one.user_id}")),
                mask_phone(keys.open(one.phone_cipher, f"app_user.phone.{one.user_id}"))
                if one.phone_cipher
                else "",
            )
            for one in members
        ],
    )


async def _do(request: web.Request, act: object, beside: str) -> web.Response:
    form = await request.post()
    given = {name: tuple(str(one) for one in form.getall(name)) for name in form}

    async def again(shown: Filled, status: int) -> web.Response:
        return await _show(request, shown, status)

    failed = await attempt(request, act, again, given, beside)  # type: ignore[arg-type]
    if failed is not None:
        return failed
    raise web.HTTPSeeOther(f"/employers/{number(request, 'employer')}")


@routes.post(
    r"/employers/{employer:\d+}/verification", permission=Permission.ORDER_CHECK, area=Area.COUNTY
)
async def verify(request: web.Request) -> web.Response:
    """The county looked at code, licence and contact."""
    form = await request.post()
    looked = {str(one) for one in form.getall("looked", ())}

    async def act(conn: Conn) -> None:
        await actions.verify(
            conn,
            actor(request),
            number(request, "employer"),
            looked,
            note=str(form.get("note", ""))[:500],
            now=request.app[CLOCK].now(),
        )

    return await _do(request, act, "looked")


@routes.post(
    r"/employers/{employer:\d+}/findings", permission=Permission.ORDER_CHECK, area=Area.COUNTY
)
async def find(request: web.Request) -> web.Response:
    """What the county found behind the signs."""
    form = await request.post()

    async def act(conn: Conn) -> None:
        await actions.find(
            conn,
            actor(request),
            number(request, "employer"),
            clear=form.get("clear") == "yes",
            note=str(form.get("finding", ""))[:500],
            now=request.app[CLOCK].now(),
        )

    return await _do(request, act, "finding")


@routes.post(
    r"/employers/{employer:\d+}/members", permission=Permission.ORDER_READ, area=Area.COUNTY
)
async def add_member(request: web.Request) -> web.Response:
    """Lets the holder of a phone act for the employer."""
    form = await request.post()
    async with speaking(request) as conn:
        await actions.in_hand(conn, actor(request), number(request, "employer"))
    try:
        name, phone, until = parse(lambda **v: (v["name"], v["phone"], v["until"]), _MEMBER, form)
    except Invalid as invalid:
        return await _show(request, invalid.filled, 422)

    async def act(conn: Conn) -> None:
        await actions.add_member(
            conn,
            request.app[KEYS],
            actor(request),
            number(request, "employer"),
            name,
            phone,
            until=until,
            today=request.app[CLOCK].today(),
            now=request.app[CLOCK].now(),
        )

    return await _do(request, act, "phone")


@routes.post(
    r"/employers/{employer:\d+}/member-ends", permission=Permission.ORDER_READ, area=Area.COUNTY
)
async def end_member(request: web.Request) -> web.Response:
    """Who left the employer acts for it no more, from now on."""
    form = await request.post()

    async def act(conn: Conn) -> None:
        await actions.end_member(
            conn,
            actor(request),
            number(request, "employer"),
            whole_number(str(form.get("grant", ""))),
            now=request.app[CLOCK].now(),
        )

    return await _do(request, act, "members")
