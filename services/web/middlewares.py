"""What happens around every request: number it, answer errors, limit it, know who asks."""

import asyncio
import hmac
import json
import re
import secrets
import time
import traceback
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import Counter, Histogram

from accreditation.errors import Refusal
from matching import errors as matching
from services.access import Actor, SignInNeeded
from services.actions import sign_in
from services.actions.documents import MOST_BYTES
from services.db import audit
from services.db.context import connection, transaction
from services.i18n import LANGUAGES, Language, _, translate_refusal, using
from services.log import log
from services.problems import (
    BAD_REQUEST,
    BY_STATUS,
    UNEXPECTED,
    CrossSite,
    Problem,
    TooLarge,
    TooSlow,
    problem_of,
)
from services.settings import Network
from services.web.keys import (
    ACTOR,
    CLOCK,
    KEYS,
    LANGUAGE,
    POOL,
    REQUEST_ID,
    SESSION,
    SETTINGS,
)
from services.web.once import once
from services.web.page import page
from services.web.routing import Area, route_of

COOKIE: Final = "yupei_session"
LANGUAGE_COOKIE: Final = "yupei_language"
BODY_SECONDS: Final = 15  # a client that sends one byte in five seconds would hold on for ever
UPLOAD_BYTES: Final = MOST_BYTES + 64 * 1024  # the file, and the fields and seams around it
_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_REQUESTS: Final = Counter("yupei_requests_total", "Requests", ["method", "status"])
_SECONDS: Final = Histogram("yupei_request_seconds", "Seconds per request", ["method"])

CSP: Final = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def wants_page(request: web.Request) -> bool:
    """Whether the asker reads pages; everything below /api/ reads problem documents."""
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


@web.middleware
async def behind_proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Believes X-Forwarded-* of a proxy that the settings trust, and of nobody else.

    The address is the last one that no trusted proxy stands behind: what is left of it, the
    client may have written itself.
    """
    trusted = request.app[SETTINGS].trusted_proxies
    if not trusted or not _within(request.remote, trusted):
        return await handler(request)
    told: dict[str, str] = {}
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for hop in reversed([each.strip() for each in hops if each.strip()]):
        told["remote"] = hop
        if not _within(hop, trusted):
            break
    if (scheme := request.headers.get("X-Forwarded-Proto")) in ("http", "https"):
        told["scheme"] = scheme
    if host := request.headers.get("X-Forwarded-Host"):
        told["host"] = host
    return await handler(request.clone(**told))  # type: ignore[arg-type]  # three of its names


def _within(address: str | None, networks: tuple[Network, ...]) -> bool:
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    return any(found in network for network in networks)


@web.middleware
async def number_and_count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives the request an id, sets the headers of every answer, counts and logs it."""
    given = request.headers.get("X-Request-Id", "")
    request[REQUEST_ID] = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
    request[ACTOR] = Actor(None, request_id=request[REQUEST_ID])
    request[LANGUAGE] = _language(request)
    begun = time.perf_counter()
    with using(request[LANGUAGE]):
        try:
            response = await handler(request)
        except web.HTTPException as redirect:
            response = redirect
    seconds = time.perf_counter() - begun
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request[REQUEST_ID]
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.app[SETTINGS].demo:
            response.headers["X-Demo"] = "1"
    _REQUESTS.labels(request.method, str(response.status)).inc()
    _SECONDS.labels(request.method).observe(seconds)
    route = route_of(request)
    log.info(
        "request",
        request_id=request[REQUEST_ID],
        method=request.method,
        route=route.path if route else "-",
        status=response.status,
        ms=round(seconds * 1000, 1),
        user=request[ACTOR].user,
    )
    if isinstance(response, web.HTTPException):
        raise response
    return response


async def keep_versioned(request: web.Request, response: web.StreamResponse) -> None:
    """A file asked for by its content (`pages.asset`) may be kept for good; told once it is found."""
    found = response.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
    if found and "v" in request.query and request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"


def _language(request: web.Request) -> Language:
    asked = request.cookies.get(LANGUAGE_COOKIE, "")
    for language in LANGUAGES:
        if asked == language:
            return language
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "zh"


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers every error from one table; what nobody foresaw is one log line and a request id."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        problem = BY_STATUS.get(error.status, BAD_REQUEST._replace(status=error.status))
        return answer(request, problem, "", headers=_kept(error))
    except Exception as error:  # the last resort of the house
        problem = problem_of(error)
        if problem is UNEXPECTED:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            log.error(
                "unexpected",
                request_id=request[REQUEST_ID],
                error=type(error).__name__,
                where=f"{frame.name}:{frame.lineno}",
            )
            return answer(request, problem, "")
        if problem.status == 503:
            log.warning("busy", request_id=request[REQUEST_ID], error=type(error).__name__)
        if problem.status in (403, 404):
            await _log_refused(request, problem)
        if problem.status == 401 and wants_page(request) and request.method == "GET":
            raise web.HTTPSeeOther(f"/sign-in?next={quote(request.path_qs)}") from None
        headers = {"Retry-After": "3"} if problem.status == 503 else {}
        detail = translate_refusal(error) if isinstance(error, (Refusal, matching.Refusal)) else ""
        return answer(
            request, problem, detail, headers=headers, faults=getattr(error, "errors", None)
        )


def _kept(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}


async def _log_refused(request: web.Request, problem: Problem) -> None:
    """An attempt that was refused leaves a row too: the wrong role or county is worth knowing."""
    actor, route = request[ACTOR], route_of(request)
    if actor.user is None or route is None:
        return
    async with transaction(request.app[POOL], actor) as conn:
        await audit.write(
            conn,
            actor,
            "access:refused",
            "route",
            f"{route.method} {route.path}",
            at=request.app[CLOCK].now(),
            status=problem.status,
            path=request.path,
        )


def answer(
    request: web.Request,
    problem: Problem,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    faults: object = None,
) -> web.Response:
    """The problem as a page or as problem+json, in the asker's language."""
    if wants_page(request):
        response = page(
            request,
            "problem.html",
            status=problem.status,
            title=_(problem.title),
            detail=detail,
            advice=[_(problem.next_step)],
        )
    else:
        body: dict[str, object] = {
            "type": f"/problems/{problem.slug}",
            "title": _(problem.title),
            "status": problem.status,
            "detail": detail or _(problem.next_step),
            "instance": request.path,
            "request_id": request[REQUEST_ID],
        }
        if faults:
            body["errors"] = {name: str(fault) for name, fault in dict(faults).items()}  # type: ignore[call-overload]
        response = web.Response(
            status=problem.status,
            text=json.dumps(body, ensure_ascii=False),
            content_type="application/problem+json",
        )
    response.headers.update(headers or {})
    return response


@web.middleware
async def limits(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Reads the body within a size and a time, so that a slow or huge one can't hold a worker."""
    route = route_of(request)
    streamed = route is not None and route.upload
    most = UPLOAD_BYTES if streamed else request.app[SETTINGS].body_bytes
    if (request.content_length or 0) > most:
        raise TooLarge("提交的内容超过{limit}字节", limit=most)
    if request.can_read_body and not streamed:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await request.read()
        except TimeoutError:
            raise TooSlow("提交的内容没有在{seconds}秒内收完", seconds=BODY_SECONDS) from None
        except web.HTTPRequestEntityTooLarge:
            raise TooLarge("提交的内容超过{limit}字节", limit=most) from None
        await _read_form(request)
    return await handler(request)


async def _read_form(request: web.Request) -> None:
    """Takes a form apart here, once: one that can't be is its sender's fault, not an error of ours."""
    try:
        await request.post()
    except (ValueError, LookupError, AssertionError):  # wrong bytes, charset or parts
        raise web.HTTPBadRequest from None


@web.middleware
async def session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Knows who asks; roles and areas are read anew each time, so that what ends, ends now."""
    request[SESSION] = None
    token = request.cookies.get(COOKIE)
    if token and not request.path.startswith(("/static/", "/healthz", "/readyz", "/metrics")):
        clock = request.app[CLOCK]
        async with connection(request.app[POOL]) as conn:  # nobody yet: one statement, one trip
            found = await sign_in.resume(
                conn,
                request.app[KEYS],
                token,
                now=clock.now(),
                today=clock.today(),
                request_id=request[REQUEST_ID],
            )
        if found is not None:
            request[SESSION], request[ACTOR] = found, found.actor
    return await handler(request)


@web.middleware
async def same_site(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets no other site's page change anything: origin, fetch metadata, and the form's own token."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise CrossSite("请求来自其他网站")
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise CrossSite("请求来自其他网站")
        held = request[SESSION]
        if held is not None:
            given = request.headers.get("X-CSRF-Token")
            if given is None and not request.path.startswith("/api/"):
                given = request.query.get("csrf") or str((await _fields(request)).get("csrf", ""))
            if not hmac.compare_digest((given or "").encode(), held.csrf.encode()):
                raise CrossSite("页面已过期，请刷新后重试")
    return await handler(request)


async def _fields(request: web.Request) -> "dict[str, object]":
    route = route_of(request)
    if route is not None and route.upload:
        return {}  # its token stands in the query: the body is a stream
    return dict(await request.post())


@web.middleware
async def permission(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The first gate: the declared permission must be held somewhere. Actions check where."""
    route = route_of(request)
    if route is None:
        return await handler(request)
    actor = request[ACTOR]
    if route.area is not Area.PUBLIC and actor.user is None:
        raise SignInNeeded("请先登录")
    if route.permission is not None:
        actor.require(route.permission)
    return await handler(request)


ALL: Final = [
    behind_proxy,
    number_and_count,
    problems,
    limits,
    session,
    same_site,
    permission,
    once,
]
