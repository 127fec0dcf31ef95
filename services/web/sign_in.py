"""Signing in, out, and choosing the language."""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from accreditation.errors import Refusal
from services.access import ROLES
from services.actions import sign_in
from services.db import users
from services.i18n import LANGUAGES, Message, _
from services.web.forms import Filled
from services.web.keys import CLOCK, KEYS, REQUEST_ID, SESSION, SETTINGS, SMS
from services.web.middlewares import COOKIE, LANGUAGE_COOKIE
from services.web.page import actor, page, speaking, whole_number
from services.web.routing import Area, Routes

routes = Routes()
_YEAR_SECONDS: Final = 365 * 24 * 3600


def local(target: str) -> str:
    """`target` if it is a path on this site, else the home page: no open redirect."""
    try:
        parts = urlsplit(target)
    except ValueError:  # "//["
        return "/"
    fine = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if fine and not parts.netloc and not parts.scheme else "/"


def let_in(request: web.Request, opened: sign_in.Opened, target: str) -> web.HTTPSeeOther:
    away = web.HTTPSeeOther(local(target))
    away.set_cookie(
        COOKIE,
        opened.token,
        httponly=True,
        # Behind a proxy the service itself is asked in plain HTTP.
        secure=request.secure or request.app[SETTINGS].public_url.startswith("https:"),
        samesite="Lax",
        path="/",
        expires=opened.ends_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    )
    return away


@routes.get("/sign-in", permission=None, area=Area.PUBLIC)
async def choose(request: web.Request) -> web.Response:
    """The ways to sign in; in a demonstration the personas."""
    personas: list[dict[str, object]] = []
    if request.app[SETTINGS].demo:
        async with speaking(request) as conn:
            rows = await users.personas.all(conn)
        keys = request.app[KEYS]
        personas = [
            {
                "id": row.id,
                "role": _(ROLES[row.persona].zh) if row.persona in ROLES else row.persona,
                "name": keys.open(row.name_cipher, f"app_user.name.{row.id}"),
            }
            for row in rows
        ]
    return page(
        request, "sign_in.html", personas=personas, next=local(request.query.get("next", "/"))
    )


@routes.post("/sign-in/staff", permission=None, area=Area.PUBLIC, once=False)
async def staff(request: web.Request) -> web.Response:
    """Signs staff in: name, password and time code."""
    form = await request.post()
    login, address = str(form.get("login", "")), request.remote or "-"
    keys, now = request.app[KEYS], request.app[CLOCK].now()
    try:
        async with speaking(request) as conn:
            await sign_in.limit_tries(conn, keys, login, address, now)
        async with speaking(request) as conn:
            opened = await sign_in.with_password(
                conn,
                keys,
                login,
                str(form.get("password", "")),
                str(form.get("code", "")),
                now=now,
                request_id=request[REQUEST_ID],
            )
    except (sign_in.SignInRefused, sign_in.TooMany) as refusal:
        status = 429 if isinstance(refusal, sign_in.TooMany) else 401
        return page(
            request,
            "sign_in_staff.html",
            status=status,
            form=Filled({"login": (login,)}, {"login": Message(refusal.text)}),
            next=local(str(form.get("next", "/"))),
        )
    raise let_in(request, opened, str(form.get("next", "/")))


@routes.get("/sign-in/staff", permission=None, area=Area.PUBLIC)
async def staff_form(request: web.Request) -> web.Response:
    """The form for staff."""
    return page(
        request,
        "sign_in_staff.html",
        form=Filled(),
        next=local(request.query.get("next", "/")),
    )


@routes.get("/sign-in/phone", permission=None, area=Area.PUBLIC)
async def phone_form(request: web.Request) -> web.Response:
    """The form for a phone number."""
    return page(
        request,
        "sign_in_phone.html",
        form=Filled(),
        next=local(request.query.get("next", "/")),
    )


@routes.post("/sign-in/phone", permission=None, area=Area.PUBLIC, once=False)
async def phone(request: web.Request) -> web.Response:
    """Sends a code to the number, whether or not it is known."""
    form = await request.post()
    given, target = str(form.get("phone", "")), local(str(form.get("next", "/")))
    keys, now = request.app[KEYS], request.app[CLOCK].now()
    try:
        async with speaking(request) as conn:
            await sign_in.limit_tries(conn, keys, given, request.remote or "-", now)
            token = await sign_in.send_code(
                conn, keys, request.app[SMS], given, now=now, simulated=request.app[SETTINGS].demo
            )
    except Refusal as refusal:
        return page(
            request,
            "sign_in_phone.html",
            status=429 if isinstance(refusal, sign_in.TooMany) else 422,
            form=Filled({"phone": (given,)}, {"phone": Message(refusal.text, **refusal.values)}),
            next=target,
        )
    return page(request, "sign_in_code.html", request_token=token, form=Filled(), next=target)


@routes.post("/sign-in/code", permission=None, area=Area.PUBLIC, once=False)
async def code(request: web.Request) -> web.Response:
    """Signs in with the code that was sent."""
    form = await request.post()
    token, target = str(form.get("request", "")), local(str(form.get("next", "/")))
    keys, now = request.app[KEYS], request.app[CLOCK].now()
    async with speaking(request) as conn:
        index = await sign_in.try_code(conn, keys, token, str(form.get("code", "")), now=now)
    try:
        async with speaking(request) as conn:
            opened = await sign_in.with_phone(
                conn, keys, index, now=now, request_id=request[REQUEST_ID]
            )
    except sign_in.SignInRefused as refusal:
        return page(
            request,
            "sign_in_code.html",
            status=401,
            request_token=token,
            form=Filled({}, {"code": Message(refusal.text)}),
            next=target,
        )
    raise let_in(request, opened, target)


@routes.post("/sign-in/persona", permission=None, area=Area.PUBLIC, once=False)
async def persona(request: web.Request) -> web.Response:
    """Signs in as a simulated persona. There is no such page outside a demonstration."""
    if not request.app[SETTINGS].demo:
        raise web.HTTPNotFound
    form = await request.post()
    async with speaking(request) as conn:
        opened = await sign_in.as_persona(
            conn,
            request.app[KEYS],
            whole_number(str(form.get("persona", ""))),
            now=request.app[CLOCK].now(),
            request_id=request[REQUEST_ID],
        )
    raise let_in(request, opened, str(form.get("next", "/")))


@routes.post("/sign-out", permission=None, area=Area.SIGNED_IN, once=False)
async def sign_out(request: web.Request) -> web.Response:
    """Ends this session here and on the server."""
    held = request[SESSION]
    async with speaking(request) as conn:
        if held is not None:
            await sign_in.close(conn, actor(request), held.token_hash, now=request.app[CLOCK].now())
    away = web.HTTPSeeOther("/")
    away.del_cookie(COOKIE, path="/")
    away.headers["Clear-Site-Data"] = '"cache", "storage"'
    raise away


@routes.get("/language", permission=None, area=Area.PUBLIC)
async def language(request: web.Request) -> web.Response:
    """Keeps the chosen language in a cookie; a link, so that it works on every page without a form."""
    chosen = request.query.get("to", "zh")
    away = web.HTTPSeeOther(local(request.query.get("back", "/")))
    away.set_cookie(
        LANGUAGE_COOKIE,
        chosen if chosen in LANGUAGES else "zh",
        max_age=_YEAR_SECONDS,
        samesite="Lax",
        path="/",
    )
    raise away
