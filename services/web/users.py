"""Accounts and grants, for the system and the security administrator; the first one's link."""

from datetime import date

from aiohttp import web

from accreditation.errors import Refusal
from services.access import ROLES, Permission
from services.actions import users as actions
from services.db import reference, users
from services.i18n import N_, Message, _
from services.web.forms import Choice, Day, Filled, Invalid, Text, parse
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
_STAFF_ROLES = tuple(role.key for role in ROLES.values() if role.needs_totp)
_ACCOUNT = (
    Text("login", N_("账号"), most=50),
    Text("name", N_("姓名"), most=50),
    Text("password", N_("密码"), most=200),
)


@routes.get("/users", permission=None, area=Area.SIGNED_IN)
async def show(request: web.Request) -> web.Response:
    """Every account with its roles. For either administrator, who each do half of the work."""
    asker = actor(request)
    if not asker.may(Permission.USER_WRITE):
        asker.require(Permission.GRANT_WRITE)
    return await _list(request, Filled(), 200)


async def _list(request: web.Request, form: Filled, status: int) -> web.Response:
    async with speaking(request) as conn:
        rows = await users.list_users.all(conn, 0, 200)
        grants = {row.id: await users.grants_of.all(conn, row.id) for row in rows}
        areas = await reference.divisions.all(conn)
    keys, asker = request.app[KEYS], actor(request)
    return page(
        request,
        "users/list.html",
        status=status,
        form=form,
        rows=[
            (row, keys.open(row.name_cipher, f"app_user.name.{row.id}"), grants[row.id])
            for row in rows
        ],
        roles=[(key, _(ROLES[key].zh)) for key in _STAFF_ROLES],
        role_names={key: _(role.zh) for key, role in ROLES.items()},
        areas=[(d.code, d.name) for d in areas if d.level != "zone"],
        may_add=asker.may(Permission.USER_WRITE),
        may_grant=asker.may(Permission.GRANT_WRITE),
    )


@routes.post("/users", permission=Permission.USER_WRITE, area=Area.ANYWHERE)
async def add(request: web.Request) -> web.Response:
    """A new account, shown once with the secret of its authenticator."""
    try:
        login, name, password = parse(
            lambda **v: (v["login"], v["name"], v["password"]), _ACCOUNT, await request.post()
        )
        async with speaking(request) as conn:
            made = await actions.add_staff(
                conn,
                actor(request),
                request.app[KEYS],
                login,
                name,
                password,
                now=request.app[CLOCK].now(),
            )
    except Invalid as invalid:
        return await _list(request, invalid.filled, 422)
    except Refusal as refusal:
        wrong = {"login": Message(refusal.text, **refusal.values)}
        return await _list(request, Filled({"login": (login,), "name": (name,)}, wrong), 422)
    return page(request, "users/made.html", status=201, login=login, secret=made.totp_secret)


@routes.post(r"/users/{user:\d+}/grants", permission=Permission.GRANT_WRITE, area=Area.ANYWHERE)
async def grant(request: web.Request) -> web.Response:
    """Grants a role in an area, until a day if one is given."""
    fields = (
        Choice("role", N_("角色"), options=_STAFF_ROLES),
        Text("area", N_("管辖区域"), most=6, required=False),
        Day("until", N_("有效期至"), required=False),
    )
    until: date | None
    try:
        role, area, until = parse(
            lambda **v: (v["role"], v["area"], v["until"]), fields, await request.post()
        )
        async with speaking(request) as conn:
            await actions.grant(
                conn,
                actor(request),
                number(request, "user"),
                role,
                area=area or None,
                until=until,
                now=request.app[CLOCK].now(),
            )
    except Invalid as invalid:
        return await _list(request, invalid.filled, 422)
    raise web.HTTPSeeOther("/users")


@routes.post(
    r"/grants/{grant:\d+}/revocation", permission=Permission.GRANT_WRITE, area=Area.ANYWHERE
)
async def revoke(request: web.Request) -> web.Response:
    """Ends a grant; its user's sessions end with it."""
    form = await request.post()
    async with speaking(request) as conn:
        await actions.revoke(
            conn,
            actor(request),
            number(request, "grant"),
            now=request.app[CLOCK].now(),
            reason=str(form.get("reason", ""))[:500],
        )
    raise web.HTTPSeeOther("/users")


@routes.post(r"/users/{user:\d+}/disabling", permission=Permission.USER_WRITE, area=Area.ANYWHERE)
async def disable(request: web.Request) -> web.Response:
    """Shuts an account."""
    form = await request.post()
    async with speaking(request) as conn:
        await actions.disable(
            conn,
            actor(request),
            number(request, "user"),
            now=request.app[CLOCK].now(),
            reason=str(form.get("reason", ""))[:500],
        )
    raise web.HTTPSeeOther("/users")


@routes.get("/bootstrap/{token}", permission=None, area=Area.PUBLIC)
async def bootstrap_form(request: web.Request) -> web.Response:
    """The form behind the one-time link."""
    return page(request, "users/bootstrap.html", form=Filled(), token=request.match_info["token"])


@routes.post("/bootstrap/{token}", permission=None, area=Area.PUBLIC, once=False)
async def bootstrap(request: web.Request) -> web.Response:
    """Makes the first administrator. The link is good once, and only while there is none."""
    token = request.match_info["token"]
    try:
        login, name, password = parse(
            lambda **v: (v["login"], v["name"], v["password"]), _ACCOUNT, await request.post()
        )
        async with speaking(request) as conn:
            made = await actions.bootstrap(
                conn, request.app[KEYS], token, login, name, password, now=request.app[CLOCK].now()
            )
    except Invalid as invalid:
        return page(request, "users/bootstrap.html", status=422, form=invalid.filled, token=token)
    except Refusal as refusal:
        wrong = {"login": Message(refusal.text, **refusal.values)}
        form = Filled({"login": (login,), "name": (name,)}, wrong)
        return page(request, "users/bootstrap.html", status=422, form=form, token=token)
    return page(request, "users/made.html", status=201, login=login, secret=made.totp_secret)
