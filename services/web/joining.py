"""Coming in for the first time: a phone, a one-time code, an account. No picture puzzle."""

from typing import Final

from aiohttp import web

from accreditation.errors import Refusal
from services.actions import registration, sign_in
from services.i18n import N_, Message, _
from services.web.forms import Filled, text_of
from services.web.keys import CLOCK, KEYS, REQUEST_ID, SETTINGS, SMS
from services.web.page import page, speaking
from services.web.routing import Area, Routes
from services.web.sign_in import let_in

routes = Routes()
# Where each goes once the account is there.
KINDS: Final = {"person": "/people/new", "employer": "/employers/new", "base": "/bases/new"}
WORDS: Final = {
    "person": N_("我找工作，或者帮家人找工作"),
    "employer": N_("我代表用人单位"),
    "base": N_("我代表培训基地"),
}


def _kind(given: str) -> str:
    return given if given in KINDS else "person"


def _first(request: web.Request, form: Filled, status: int = 200) -> web.Response:
    kinds = [(key, _(words)) for key, words in WORDS.items()]
    return page(request, "join.html", status=status, form=form, kinds=kinds)


@routes.get("/join", permission=None, area=Area.PUBLIC)
async def first(request: web.Request) -> web.Response:
    """Who are you, and which phone?"""
    return _first(request, Filled({"kind": (_kind(request.query.get("kind", "")),)}))


@routes.post("/join", permission=None, area=Area.PUBLIC, once=False)
async def send(request: web.Request) -> web.Response:
    """Sends a code to the number, whether or not it is known."""
    form = await request.post()
    given, kind = text_of(form, "phone"), _kind(text_of(form, "kind"))
    keys, now = request.app[KEYS], request.app[CLOCK].now()
    try:
        async with speaking(request) as conn:
            await sign_in.limit_tries(conn, keys, given, request.remote or "-", now)
            token = await sign_in.send_code(
                conn, keys, request.app[SMS], given, now=now, simulated=request.app[SETTINGS].demo
            )
    except Refusal as refusal:
        said = Filled(
            {"phone": (given,), "kind": (kind,)},
            {"phone": Message(refusal.text, **refusal.values)},
        )
        return _first(request, said, 429 if isinstance(refusal, sign_in.TooMany) else 422)
    return _second(request, Filled(), token, given, kind)


def _second(
    request: web.Request, form: Filled, token: str, phone: str, kind: str, status: int = 200
) -> web.Response:
    return page(
        request,
        "join_code.html",
        status=status,
        form=form,
        request_token=token,
        phone=phone,
        kind=kind,
    )


@routes.post("/join/code", permission=None, area=Area.PUBLIC, once=False)
async def code(request: web.Request) -> web.Response:
    """Opens the account, or the one that is there, and goes on to the first question."""
    form = await request.post()
    token, phone, kind = (text_of(form, name) for name in ("request", "phone", "kind"))
    keys, now = request.app[KEYS], request.app[CLOCK].now()
    async with speaking(request) as conn:
        index = await sign_in.try_code(conn, keys, token, text_of(form, "code"), now=now)
    try:
        async with speaking(request) as conn:
            opened = await registration.account(
                conn,
                keys,
                phone,
                index,
                now=now,
                request_id=request[REQUEST_ID],
                simulated=request.app[SETTINGS].demo,
            )
    except sign_in.SignInRefused as refusal:
        said = Filled({}, {"code": Message(refusal.text)})
        return _second(request, said, token, phone, _kind(kind), 401)
    raise let_in(request, opened, KINDS[_kind(kind)])
