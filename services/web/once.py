"""A POST that is sent again has one effect and one answer, on whichever replica it arrives.

Each form carries a key; a program sends `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
The key is written in the very transaction that makes the change, so that the change and the mark
that it was made are one: a crash leaves both or neither. Requests of the same key stand in line at
an advisory lock; whoever comes later gets the answer of the first. A request that was refused
leaves no mark and may be sent again with other content.
"""

import asyncio
import hashlib
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from accreditation.errors import Refusal
from services.access import Actor
from services.db import Conn, idempotency
from services.db.context import transaction
from services.problems import KeyReused, UnderWay, problem_of
from services.web.keys import ACTOR, CLOCK, KEYS, POOL
from services.web.routing import Route, route_of

HEADER: Final = "Idempotency-Key"
FIELD: Final = "idempotency_key"
REPLAYED: Final = "Idempotent-Replayed"
KEPT: Final = timedelta(hours=24)  # our default
_PATIENCE_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 0.1
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


class LookAgain(Exception):  # neither an answer nor a failure: no handler may catch it
    """Another request of the same key is inside, or was."""


@dataclass(slots=True)
class Claim:
    """This request's hold on its key."""

    actor: str
    key: str
    route: str
    request_hash: bytes
    now: datetime
    held: bool = False  # the key stands in the database, written by this request

    async def enter(self, conn: Conn) -> None:
        """Stands in line, at the start of a transaction. Raises LookAgain if it is not our turn."""
        if self.held:
            return
        if not await idempotency.take_turn.value(conn, self.actor, self.key):
            raise LookAgain
        # A statement of its own: it sees what was committed while the one above was refused or let in.
        if await self.earlier(conn) is not None:
            raise LookAgain

    async def leave(self, conn: Conn) -> None:
        """Marks the key, just before the commit of a transaction that changed something."""
        if not self.held:
            self.held = bool(
                await idempotency.claim.value(
                    conn, self.actor, self.key, self.route, self.request_hash, self.now
                )
            )

    async def earlier(self, conn: Conn) -> idempotency.Kept | None:
        return await idempotency.kept.first(conn, self.actor, self.key, self.now - KEPT)

    @property
    def place(self) -> str:
        """What a sealed answer is bound to: nobody else's key opens it."""
        return f"idempotency.body.{self.actor}.{self.key}"


CLAIM: Final = web.RequestKey("claim", Claim)


@web.middleware
async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets a keyed POST through once. Raises KeyReused, UnderWay, Refusal for a key that is none."""
    route = route_of(request)
    key = await _key(request, route) if route is not None and route.once else None
    if route is None or key is None:
        return await handler(request)
    claim = Claim(
        _asker(request), key, route.line, await _hash(request, route), request.app[CLOCK].now()
    )
    request[CLAIM] = claim
    tired = time.monotonic() + _PATIENCE_SECONDS
    spent = False
    while True:
        async with transaction(request.app[POOL], request[ACTOR]) as conn:
            kept = await claim.earlier(conn)
        if kept is not None:
            if (kept.route, kept.request_hash) != (claim.route, claim.request_hash):
                raise KeyReused("这个提交编号已经用于另一次提交，内容不同；这一次没有办理")
            if kept.status is not None:
                return _answer_again(request, claim, kept)
        elif not spent:
            try:
                return await _first(request, handler, claim)
            except LookAgain:
                spent = route.upload  # its body streamed away: only the other's answer is left
        if time.monotonic() > tired:
            raise UnderWay("同样的提交已经收到，答复还没有出来或者没有保留")
        await asyncio.sleep(_PAUSE_SECONDS)


async def _first(request: web.Request, handler: Handler, claim: Claim) -> web.StreamResponse:
    """The handler's answer, kept if it changed something; a refusal sets the key free again."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        await _settle(request, claim, error)
        raise
    except Exception as error:
        # What nobody foresaw may have come after the change: its key stays taken.
        if claim.held and problem_of(error).status < 500:
            await _release(request, claim)
        raise
    await _settle(request, claim, response)
    return response


async def _settle(request: web.Request, claim: Claim, response: web.StreamResponse) -> None:
    if not claim.held:
        return
    if 400 <= response.status < 500:
        await _release(request, claim)
    elif response.status < 400 and isinstance(response, web.Response):
        sealed = request.app[KEYS].seal(response.text or "", claim.place)
        async with transaction(request.app[POOL], request[ACTOR]) as conn:
            await idempotency.keep_answer.run(
                conn,
                claim.actor,
                claim.key,
                response.status,
                response.headers.get("Location"),
                sealed,
                response.content_type,
            )


async def _release(request: web.Request, claim: Claim) -> None:
    async with transaction(request.app[POOL], request[ACTOR]) as conn:
        await idempotency.release.run(conn, claim.actor, claim.key)


def _answer_again(request: web.Request, claim: Claim, kept: idempotency.Kept) -> web.Response:
    response = web.Response(
        status=kept.status or 200,
        text=request.app[KEYS].open(kept.body or b"", claim.place),
        content_type=kept.content_type,
    )
    response.headers[REPLAYED] = "true"
    if kept.location is not None:
        response.headers["Location"] = kept.location
    return response


def _asker(request: web.Request) -> str:
    """Whose key it is: of the user; of the address, unreadable, for who is not signed in."""
    actor: Actor = request[ACTOR]
    if actor.user is not None:
        return f"user:{actor.user}"
    return f"from:{request.app[KEYS].index('once', request.remote or '-').hex()}"


async def _key(request: web.Request, route: Route) -> str | None:
    """The key of a POST, None if it has none. Raises Refusal for one that is none."""
    given: object = request.headers.get(HEADER)
    if given is None and not route.api:
        given = request.query.get(FIELD)
        if given is None and not route.upload:
            given = (await request.post()).get(FIELD)
    if given is None:
        return None
    key = str(given).strip('"')  # the draft's structured string, or bare
    if not _KEY.fullmatch(key):
        raise Refusal("提交编号须为1至255个可见的ASCII字符")
    return key


async def _hash(request: web.Request, route: Route) -> bytes:
    """SHA-256 of where it goes and what it says, whatever session it is said in.

    An upload is known by its length: its body streams.
    """
    digest = hashlib.sha256(repr((request.path, _said(request.query))).encode())
    if route.upload:
        digest.update(str(request.content_length).encode())
    elif request.content_type == "application/x-www-form-urlencoded":
        digest.update(repr(_said(await request.post())).encode())
    else:
        digest.update(await request.read())
    return digest.digest()


def _said(fields: MultiMapping[Any]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in fields.items() if name not in (FIELD, "csrf")]
