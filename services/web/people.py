"""A person's record: registering, numbers, consents, who looked, a copy, leaving."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping

import accreditation.errors
import matching.errors
from matching.errors import Refusal
from services.access import ROLES, Denied, Permission, SignInNeeded
from services.actions import abilities, categories, consents, own_data, registration
from services.actions.people import in_hand
from services.actions.sign_in import TooMany, plain_digits
from services.db import Conn, people, reference
from services.db import consents as consent_rows
from services.db.people import PersonRow
from services.db.query import NotFound
from services.i18n import N_, Message, _
from services.problems import problem_of
from services.sealing import mask_name
from services.web.forms import Choice, Choices, Day, Filled, Invalid, Text, Yes, parse, typed
from services.web.keys import CLOCK, KEYS
from services.web.market import SNAPSHOT
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50
WHO: Final = {"self": N_("本人"), "helper": N_("协助人"), "staff": N_("工作人员代办")}
Act = Callable[[Conn], Awaitable[object]]
Show = Callable[[Filled, int], Awaitable[web.Response]]
REASON: Final = Text("reason", N_("代办理由"), most=200, required=False)


@dataclass(frozen=True, slots=True)
class Whose:
    """The person of a page; `own` is the person or a helper, else staff by proxy."""

    row: PersonRow
    name: str  # masked for staff until it is revealed
    own: bool


async def whose(request: web.Request, permission: Permission = Permission.PERSON_WRITE) -> Whose:
    """The person of the path. Raises Denied, NotFound."""
    asker, person = actor(request), number(request, "person")
    async with speaking(request) as conn:
        row = await in_hand(conn, asker, person, permission)
    name = request.app[KEYS].open(row.name_cipher, f"person.name.{person}")
    return Whose(row, name, person in asker.persons)


async def attempt(
    request: web.Request,
    act: Act,
    show: Show,
    given: Mapping[str, tuple[str, ...]],
    beside: str,
) -> web.Response | None:
    """Does it in one transaction; a refusal shows the form again, said beside a field."""
    try:
        async with speaking(request) as conn:
            await act(conn)
    except (Denied, NotFound, SignInNeeded):
        raise
    except (accreditation.errors.Refusal, matching.errors.Refusal) as refusal:
        said = {beside: Message(refusal.text, **refusal.values)}
        return await show(Filled(given, said), problem_of(refusal).status)
    return None


# The list of staff, and the first form


@routes.get("/people", permission=Permission.PERSON_READ, area=Area.ANYWHERE)
async def listed(request: web.Request) -> web.Response:
    """People of the asker's areas, names masked."""
    text = request.query.get("page", "1")
    at = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    async with speaking(request) as conn:
        rows = await people.listed.all(conn, PAGE_ROWS, (at - 1) * PAGE_ROWS)
    keys, total = request.app[KEYS], rows[0].total if rows else 0
    return page(
        request,
        "people/list.html",
        rows_in=[
            (row, mask_name(keys.open(row.name_cipher, f"person.name.{row.id}"))) for row in rows
        ],
        may_write=actor(request).may(Permission.PERSON_WRITE),
        page=at,
        pages=max(1, -(-total // PAGE_ROWS)),
        total=total,
    )


_NEW: Final = (
    Text("name", N_("姓名"), most=50),
    Text("county", N_("所在县（市、区）"), most=6),
    Day("birth", N_("出生日期"), required=False),
    Text("identity", N_("身份证号"), most=30, required=False),
    Text("phone", N_("手机号码"), most=20, required=False),
    Choices("purposes", N_("同意"), options=tuple(consents.TEXTS), required=False),
    Yes("told", N_("本人在场，已逐条念给本人听并得到同意"), required=False),
    REASON,
)


def _staff(request: web.Request) -> bool:
    return any(ROLES[role].needs_totp for role in actor(request).roles)


async def _new(
    request: web.Request,
    form: Filled,
    status: int = 200,
    found: list[registration.Match] | None = None,
) -> web.Response:
    async with speaking(request) as conn:
        counties = await reference.counties.all(conn)
    return page(
        request,
        "people/new.html",
        status=status,
        form=form,
        staff=_staff(request),
        found=found or [],
        counties=[(one.code, f"{one.city_name} {one.name}".strip()) for one in counties],
        purposes=purpose_options(),
    )


def purpose_options() -> list[tuple[str, str, str]]:
    return [(key, _(consents.NAMES[key]), _(text)) for key, text in consents.TEXTS.items()]


@routes.get("/people/new", permission=None, area=Area.SIGNED_IN)
async def new(request: web.Request) -> web.Response:
    """The first form; who is registered already goes on where they stopped."""
    own = actor(request).persons
    if own:
        raise web.HTTPSeeOther(f"/people/{own[0]}")
    if _staff(request):
        actor(request).require(Permission.PERSON_WRITE)
    return await _new(request, Filled())


def _newcomer(form: MultiMapping[Any], *, staff: bool) -> registration.Newcomer:
    """The form as values. Raises Invalid; staff must have asked the person."""
    values = parse(lambda **v: v, _NEW, form)
    if staff and not values["told"]:
        raise Invalid({"told": Message("代办须本人在场并同意")}, typed(_NEW, form))
    del values["told"]
    return registration.Newcomer(**values)


@routes.post("/people", permission=None, area=Area.SIGNED_IN)
async def register(request: web.Request) -> web.Response:
    """Registers a person: oneself, or by staff as proxy."""
    form, now = await request.post(), request.app[CLOCK].now()
    given = typed(_NEW, form)
    async with speaking(request) as conn:
        await registration.limit(conn, actor(request), now=now)
    try:
        newcomer = _newcomer(form, staff=_staff(request))
        async with speaking(request) as conn:
            made = await registration.register(
                conn,
                request.app[KEYS],
                request.app[SNAPSHOT].seal,
                actor(request),
                newcomer,
                today=request.app[CLOCK].today(),
                now=now,
            )
    except Invalid as invalid:
        return await _new(request, invalid.filled, 422)
    except registration.Duplicate as duplicate:
        said = {"identity": Message(duplicate.text)}
        return await _new(request, Filled(given, said), 409, duplicate.found)
    except (Refusal, TooMany) as refusal:
        said = {"name": Message(refusal.text, **refusal.values)}
        return await _new(request, Filled(given, said), problem_of(refusal).status)
    raise web.HTTPSeeOther(f"/people/{made}")


@routes.post("/people/claim", permission=None, area=Area.SIGNED_IN)
async def claim(request: web.Request) -> web.Response:
    """Joins the account to a record that staff made with the same phone and number."""
    written, now = str((await request.post()).get("identity", ""))[:30], request.app[CLOCK].now()
    async with speaking(request) as conn:
        await registration.limit(conn, actor(request), now=now)
    async with speaking(request) as conn:
        person = await registration.claim(
            conn,
            request.app[KEYS],
            actor(request),
            written,
            today=request.app[CLOCK].today(),
            now=now,
        )
    raise web.HTTPSeeOther(f"/people/{person}")


# One person


@routes.get(r"/people/{person:\d+}", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def show(request: web.Request) -> web.Response:
    """What is there, what is still open, and where to go on."""
    return await _show(request, Filled(), 200)


async def _show(
    request: web.Request, form: Filled, status: int, revealed: tuple[str, str] | None = None
) -> web.Response:
    one = await whose(request)
    seal = request.app[SNAPSHOT].seal
    async with speaking(request) as conn:
        profile = await abilities.profile_of(conn, seal, one.row)
        compared = await abilities.side_by_side(conn, seal, one.row)
        skills = await people.skills.all(conn, one.row.id)
        live = {given.purpose for given in await consent_rows.live.all(conn, one.row.id)}
        details = await people.details.one(conn, one.row.id)
    said = {word.dimension for word in compared if "self" in word.words}
    return page(
        request,
        "people/show.html",
        status=status,
        form=form,
        one=one,
        shown_name=one.name if one.own or revealed else mask_name(one.name),
        revealed=revealed,
        answered=len(said),
        differ=sum(word.differ for word in compared),
        skills=len(skills),
        wishes=bool(profile.wants.occupations),
        identified=details.identity_index is not None,
        matching="matching" in live,
        consents=len(live),
        may_reveal=not one.own and actor(request).may(Permission.PERSON_REVEAL),
        may_erase=actor(request).may(Permission.PERSON_ERASE),
    )


@routes.post(
    r"/people/{person:\d+}/reveal",
    permission=Permission.PERSON_REVEAL,
    area=Area.COUNTY,
    once=False,
)
async def reveal(request: web.Request) -> web.Response:
    """Shows name, phone and identity number to staff, with a reason that the person reads."""
    person, reason = number(request, "person"), str((await request.post()).get("reason", ""))[:200]
    found: list[tuple[str, str]] = []

    async def act(conn: Conn) -> None:
        found.append(
            await own_data.reveal(
                conn,
                actor(request),
                request.app[KEYS],
                person,
                reason,
                now=request.app[CLOCK].now(),
            )
        )

    async def again(form: Filled, status: int) -> web.Response:
        return await _show(request, form, status)

    return await attempt(request, act, again, {}, "reason") or await _show(
        request, Filled(), 200, found[0]
    )


_NUMBERS: Final = (
    Text("identity", N_("身份证号"), most=30, required=False),
    Text("certificate", N_("残疾人证号"), most=30, required=False),
    Day("certified-on", N_("发证日期"), required=False),
    *(
        Choice(f"kind-{kind}", text, options=("", "1", "2", "3", "4"), required=False)
        for kind, text in categories.KINDS.items()
    ),
    REASON,
)


async def _numbers(
    request: web.Request,
    form: Filled,
    status: int = 200,
    saved: bool | None = None,
    found: list[registration.Match] | None = None,
) -> web.Response:
    one = await whose(request)
    async with speaking(request) as conn:
        details = await people.details.one(conn, one.row.id)
    return page(
        request,
        "people/identity.html",
        status=status,
        form=form,
        one=one,
        there=details.identity_index is not None,
        saved=saved,
        found=found or [],
        kinds=[(str(kind), _(text)) for kind, text in categories.KINDS.items()],
        grades=[(str(grade), _("{grade}级", grade=grade)) for grade in categories.GRADES],
    )


@routes.get(r"/people/{person:\d+}/identity", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def identity_form(request: web.Request) -> web.Response:
    """Numbers of identity card and certificate."""
    return await _numbers(request, Filled())


@routes.post(r"/people/{person:\d+}/identity", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def identity(request: web.Request) -> web.Response:
    """Checks and stores the numbers; a second record of one number is prevented."""
    one, form = await whose(request), await request.post()
    now, given = request.app[CLOCK].now(), typed(_NUMBERS, form)
    async with speaking(request) as conn:
        await registration.limit(conn, actor(request), now=now)
    try:
        values = parse(lambda **v: v, _NUMBERS, form)
        kinds = {
            kind: int(values[f"kind_{kind}"]) for kind in categories.KINDS if values[f"kind_{kind}"]
        }
        numbers = registration.Numbers(
            values["identity"], values["certificate"], values["certified_on"], kinds,
            values["reason"],
        )  # fmt: skip
        async with speaking(request) as conn:
            known = await registration.identify(
                conn,
                request.app[KEYS],
                actor(request),
                one.row.id,
                numbers,
                today=request.app[CLOCK].today(),
                now=now,
            )
    except Invalid as invalid:
        return await _numbers(request, invalid.filled, 422)
    except registration.Duplicate as duplicate:
        said = Filled(given, {"identity": Message(duplicate.text)})
        return await _numbers(request, said, 409, None, duplicate.found)
    except Refusal as refusal:
        beside = (
            "certificate"
            if given["certificate"][0:1] != ("",) and plain_digits("".join(given["certificate"]))
            else "identity"
        )
        said = Filled(given, {beside: Message(refusal.text, **refusal.values)})
        return await _numbers(request, said, problem_of(refusal).status)
    return await _numbers(request, Filled(), 200, known)


async def _consents(request: web.Request, form: Filled, status: int = 200) -> web.Response:
    one = await whose(request)
    async with speaking(request) as conn:
        rows = await consent_rows.of_person.all(conn, one.row.id)
    live = {row.purpose: row for row in rows if row.withdrawn_at is None}
    return page(
        request,
        "people/consents.html",
        status=status,
        form=form,
        one=one,
        purposes=[(*each, live.get(each[0])) for each in purpose_options()],
        history=[
            (row, _(consents.NAMES[row.purpose]), _(WHO.get(row.given_through, WHO["staff"])))
            for row in reversed(rows)
        ],
    )


@routes.get(r"/people/{person:\d+}/consents", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def consents_page(request: web.Request) -> web.Response:
    """Each purpose with its text, whether it is given, and its history."""
    return await _consents(request, Filled())


@routes.post(r"/people/{person:\d+}/consents", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def consent(request: web.Request) -> web.Response:
    """Gives one consent, or takes it back with effect at once."""
    one, form = await whose(request), await request.post()
    purpose, reason = str(form.get("purpose", "")), str(form.get("reason", ""))[:200]

    async def act(conn: Conn) -> None:
        now, asker = request.app[CLOCK].now(), actor(request)
        if form.get("act") == "withdraw":
            await consents.withdraw(conn, asker, one.row.id, purpose, reason=reason, now=now)
        else:
            await consents.give(conn, asker, one.row.id, [purpose], reason=reason, now=now)

    async def again(shown: Filled, status: int) -> web.Response:
        return await _consents(request, shown, status)

    failed = await attempt(request, act, again, {"reason": (reason,)}, "purposes")
    if failed is not None:
        return failed
    raise web.HTTPSeeOther(f"/people/{one.row.id}/consents")
