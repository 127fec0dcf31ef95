"""Routes with what they ask of the asker: each (method, path) declares permission and area rule.

The table of all of them is a reviewed file, tests/expected/routes.txt; a route without a
declaration can't be registered.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from aiohttp import web

from services.access import Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Area(StrEnum):
    """Where the permission must hold."""

    PUBLIC = "public"  # anybody, signed in or not
    SIGNED_IN = "signed-in"  # anybody signed in, for what is their own
    ANYWHERE = (
        "anywhere"  # the permission held somewhere; lists show what row security lets through
    )
    COUNTY = "county"  # the county of the thing lies below an area of the grant
    BASE = "base"  # the grant names the base
    EMPLOYER = "employer"  # the grant names the employer
    PERSON = "person"  # the grant names the person
    CASE = "case"  # a member of the case


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    permission: Permission | None
    area: Area
    summary: str  # what it does; the OpenAPI summary of an API route
    body: type[Any] | None = None
    reply: Any = None
    status: int = 200  # of the answer when all went well; an API route's description tells it
    query: tuple[str, ...] = ()  # the words of the query that an API route reads
    versioned: bool = False  # an edit that must name the version it was made from, in If-Match
    upload: bool = False  # streams its body to disk: the common size limit does not hold
    once: bool = False  # a repeat with the same key has no second effect (services/web/once.py)

    @property
    def api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"

    @property
    def line(self) -> str:
        """The row of this route in the reviewed table."""
        return f"{self.method:6} {self.path:58} {self.permission or '-':22} {self.area}"


class Routes:
    """Collects the routes of one module."""

    def __init__(self) -> None:
        self.all: list[Route] = []

    def _add(self, method: str, path: str, **told: Any) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            summary = told.pop("summary", None) or (handler.__doc__ or "").strip().split("\n")[0]
            self.all.append(Route(method, path, handler, summary=summary, **told))
            return handler

        return keep

    def get(
        self,
        path: str,
        *,
        permission: Permission | None,
        area: Area,
        reply: Any = None,
        query: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        return self._add("GET", path, permission=permission, area=area, reply=reply, query=query)

    def post(
        self,
        path: str,
        *,
        permission: Permission | None,
        area: Area,
        body: type[Any] | None = None,
        reply: Any = None,
        status: int = 200,
        versioned: bool = False,
        upload: bool = False,
        once: bool = True,
    ) -> Callable[[Handler], Handler]:
        return self._add(
            "POST",
            path,
            permission=permission,
            area=area,
            body=body,
            reply=reply,
            status=status,
            versioned=versioned,
            upload=upload,
            once=once,
        )

    def put(
        self,
        path: str,
        *,
        permission: Permission | None,
        area: Area,
        body: type[Any] | None = None,
        reply: Any = None,
        versioned: bool = False,
    ) -> Callable[[Handler], Handler]:
        return self._add(
            "PUT",
            path,
            permission=permission,
            area=area,
            body=body,
            reply=reply,
            versioned=versioned,
        )


OF: Final = web.AppKey("routes", dict[Any, Route])


def register(app: web.Application, routes: list[Route]) -> None:
    """Adds `routes` to the application. Raises ValueError for a (method, path) told twice."""
    table: dict[Any, Route] = {}
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if (route.method, route.path) in seen:
            raise ValueError(f"told twice: {route.method} {route.path}")
        seen.add((route.method, route.path))
        added = app.router.add_route(route.method, route.path, route.handler)
        table[added] = route
    app[OF] = table


def route_of(request: web.Request) -> Route | None:
    """The declaration behind a request; None for static files and unknown paths."""
    return request.app[OF].get(request.match_info.route)
