"""What every handler of a page needs: a transaction in the asker's name, a page, a redirect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from services.access import ROLES, Actor, Permission
from services.db import Conn
from services.db.context import transaction
from services.i18n import HTML_LANG, N_, _
from services.web.keys import ACTOR, CLOCK, LANGUAGE, PAGES, POOL, REQUEST_ID, SESSION, SETTINGS
from services.web.once import CLAIM
from services.web.pages import Link, Shell

# The places of the house, shown to who may enter them.
_PLACES = (
    (Permission.STAFF_HOME, N_("工作台"), "/staff"),
    (Permission.CASE_READ, N_("评估案件"), "/cases"),
    (Permission.BASE_APPLY, N_("我的基地"), "/my/bases"),
    (Permission.CASE_ASSESS, N_("我的评分表"), "/sheets"),
    (Permission.QUALITY_READ, N_("评分质量"), "/quality"),
    (Permission.ORDER_READ, N_("用工订单"), "/orders"),
    (Permission.OPENING_READ, N_("我的岗位"), "/openings"),
    (Permission.OPENING_READ, N_("我的资料"), "/people/new"),
    (Permission.PERSON_READ, N_("求职者"), "/people"),
    (Permission.ORDER_READ, N_("用人单位"), "/employers"),
    (Permission.MATCH_RUN, N_("匹配运行"), "/matching"),
    (Permission.USER_WRITE, N_("用户"), "/users"),
    (Permission.GRANT_WRITE, N_("授权"), "/users"),
    (Permission.AUDIT_READ, N_("审计日志"), "/audit"),
    (Permission.FAIRNESS_READ, N_("公平审计"), "/audit/fairness"),
    (None, N_("覆盖情况"), "/coverage"),
    (None, N_("基地名录"), "/register"),
    (None, N_("公示"), "/notices"),
    (None, N_("指标体系"), "/rubrics"),
)


@asynccontextmanager
async def speaking(request: web.Request) -> AsyncIterator[Conn]:
    """A transaction in the name of who asked. Raise redirects after it, not inside."""
    claim = request.get(CLAIM)
    async with transaction(request.app[POOL], request[ACTOR]) as conn:
        if claim is not None:
            await claim.enter(conn)
        yield conn
        if claim is not None:
            await claim.leave(conn)


def actor(request: web.Request) -> Actor:
    return request[ACTOR]


def shell_of(request: web.Request) -> Shell:
    """Who is signed in and which places they may enter."""
    asker, session = request[ACTOR], request.get(SESSION)
    roles = [_(ROLES[role].zh) for role in asker.roles if role in ROLES]
    return Shell(
        person=asker.name or None,
        role="、".join(roles) or None,
        csrf=session.csrf if session else "",
        here=request.path_qs,
        demo=request.app[SETTINGS].demo,
        navigation=tuple(
            Link(_(text), href, request.path.startswith(href))
            for permission, text, href in _PLACES
            if permission is None or asker.may(permission)
        ),
    )


def page(
    request: web.Request, template: str, /, *, status: int = 200, **values: object
) -> web.Response:
    """The rendered template, never cached: it may hold what only the asker may see."""
    text = (
        request.app[PAGES]
        .get_template(template)
        .render(
            shell=shell_of(request),
            actor=request[ACTOR],
            language=request[LANGUAGE],
            html_lang=HTML_LANG[request[LANGUAGE]],
            request_id=request[REQUEST_ID],
            today=request.app[CLOCK].today(),
            **values,
        )
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def whole_number(text: str) -> int:
    """A plain number of our own making; 0, which is nobody's, for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def number(request: web.Request, name: str) -> int:
    """A path's number. What is too long to be one of ours is not found, not a server error."""
    text = request.match_info[name]
    if len(text) > 18:
        raise web.HTTPNotFound
    return int(text)
