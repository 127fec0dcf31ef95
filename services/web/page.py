"""What every handler of a page needs: a transaction in the asker's name, a page, a redirect."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from services.access import Actor
from services.db import Conn
from services.db.context import transaction
from services.web.keys import ACTOR, CLOCK, LANGUAGE, PAGES, POOL, REQUEST_ID, SESSION, SETTINGS


@asynccontextmanager
async def speaking(request: web.Request) -> AsyncIterator[Conn]:
    """A transaction in the name of who asked. Raise redirects after it, not inside."""
    async with transaction(request.app[POOL], request[ACTOR]) as conn:
        yield conn


def actor(request: web.Request) -> Actor:
    return request[ACTOR]


def page(
    request: web.Request, template: str, /, *, status: int = 200, **values: object
) -> web.Response:
    """The rendered template, never cached: it may hold what only the asker may see."""
    session = request.get(SESSION)
    text = (
        request.app[PAGES]
        .get_template(template)
        .render(
            actor=request[ACTOR],
            language=request[LANGUAGE],
            csrf=session.csrf if session else "",
            idempotency_key=secrets.token_urlsafe(16),
            request_id=request[REQUEST_ID],
            path=request.path_qs,
            demo=request.app[SETTINGS].demo,
            today=request.app[CLOCK].today(),
            **values,
        )
    )
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def number(request: web.Request, name: str) -> int:
    """A path's number. What is too long to be one of ours is not found, not a server error."""
    text = request.match_info[name]
    if len(text) > 18:
        raise web.HTTPNotFound
    return int(text)
