"""Who may do what where: every route walked by every role, and what it should answer.

`python -m tests.services.matrix` writes tests/expected/access.txt and routes.txt anew; both are read
by a person before they are committed.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from accreditation.rubric import default_rubric
from services.access import ROLES, Scope
from services.app import create_app
from services.web import all_routes
from services.web.keys import Clock
from services.web.middlewares import COOKIE
from services.web.routing import Area, Route
from tests.conftest import NOW, Place
from tests.services import web
from tests.services.web import World

WRITE = "TEST_WRITE_EXPECTED"  # writes the reviewed files anew instead of comparing
EXPECTED = Path(__file__).parents[1] / "expected"
ANONYMOUS = "anonymous"
WHERE = ("own", "other", "above")  # own county; another one; own county, asked from the city above
IN, SIGN_IN, DENIED, UNKNOWN, BROKEN = "in", "sign-in", "403", "404", "5xx"
OUT = {DENIED, UNKNOWN}
PARAM = re.compile(r"\{(\w+)(?::[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")

# What a path calls its things, where it is not what the world calls them.
NAMES = {"number": "plaque"}
FIXED = {
    "token": "no-such-link",
    "section": "A",
    "item": "A.1.2",
    "rubric": default_rubric().id,
    "edition": default_rubric().version,
    "format": "json",
}

# Bodies by which a request reaches the question of where: a form that is wrong in itself is
# answered before anybody looks at whose it is.
FORMS: dict[str, dict[str, str]] = {}

# Who holds the permission and still may not: what the action adds to the declaration.
NARROWER = {
    # Who acts for an employer is changed by the employer and by who verifies it.
    r"POST /employers/{employer:\d+}/members": {"province_staff"},
    r"POST /employers/{employer:\d+}/member-ends": {"province_staff"},
    # 豫残联〔2022〕33号: the city or the province suspends, the county proposes.
    r"POST /bases/{base:\d+}/suspension": {"county_staff"},
}


class NoSuchThing(LookupError):
    """A path has a parameter of which the world holds nothing: add it to tests/services/web.py."""


def params(route: Route) -> list[str]:
    return PARAM.findall(route.path)


def path_of(route: Route, things: Mapping[str, Any]) -> str:
    """The route's path with its parameters filled from `things`. Raises NoSuchThing."""

    def fill(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in FIXED:
            return FIXED[name]
        thing = things.get(NAMES.get(name) or name)
        if thing is None:
            raise NoSuchThing(f"{route.method} {route.path}: {name}")
        return str(thing)

    return PARAM.sub(fill, route.path)


@dataclass(frozen=True, slots=True)
class Cell:
    route: Route
    role: str
    where: str


def walk(routes: list[Route]) -> Iterator[Cell]:
    """Every cell. Reading comes before writing, so that what is written disturbs no reading."""
    for route in sorted(routes, key=lambda r: (r.method != "GET", r.path, r.method)):
        for role in (*ROLES, ANONYMOUS):
            for where in WHERE:
                if where != "own" and not params(route):
                    continue  # names no thing: there is no other one
                if where == "above" and (role == ANONYMOUS or ROLES[role].scope is not Scope.AREA):
                    continue
                yield Cell(route, role, where)


def should(cell: Cell) -> set[str]:
    """What the declarations alone demand: the permission held, and the area rule."""
    route = cell.route
    if route.area is Area.PUBLIC:
        return {IN}
    if cell.role == ANONYMOUS:
        return {SIGN_IN}
    role = ROLES[cell.role]
    if route.permission is not None and route.permission not in role.may:
        return {DENIED}
    if cell.role in NARROWER.get(f"{route.method} {route.path}", ()):
        return OUT
    if route.area is Area.SIGNED_IN:
        return {IN, *OUT}  # what is one's own: the reviewed table says what that comes to
    if route.area is Area.ANYWHERE or role.scope is Scope.SYSTEM:
        return {IN}
    return OUT if cell.where == "other" else {IN}


def kind_of(cell: Cell, status: int, location: str) -> str:
    """The class of an answer."""
    if status >= 500:
        return BROKEN
    if status in (301, 302, 303) and location.startswith("/sign-in?"):
        return SIGN_IN
    if status == 401:  # a failed try to sign in is not a question of access
        return IN if cell.route.path.startswith(("/sign-in", "/join")) else SIGN_IN
    return {403: DENIED, 404: UNKNOWN}.get(status, IN)


async def ask(
    client: TestClient, place: Place, world: World, cell: Cell, sessions: dict[int, Any]
) -> str:
    """The class of the answer that the cell's user gets. `sessions` are those open already."""
    corner = world.other if cell.where == "other" else world.own
    path, headers, data = path_of(cell.route, corner.things), {"Accept": "text/html"}, None
    if cell.route.api:
        headers["Accept"] = "application/json"
    if cell.route.method != "GET":
        data = dict(FORMS.get(f"{cell.route.method} {cell.route.path}", {}))
    if cell.role != ANONYMOUS:
        user = (world.above if cell.where == "above" else world.users)[cell.role]
        opened = sessions.pop(user, None) or await web.open_session(place, user)
        if cell.route.path != "/sign-out":
            sessions[user] = opened
        headers["Cookie"] = f"{COOKIE}={opened.token}"
        headers["X-CSRF-Token"] = opened.csrf
    more = {"json": data} if cell.route.api and data is not None else {"data": data}
    async with client.request(
        cell.route.method, path, headers=headers, allow_redirects=False, **more
    ) as answer:
        return kind_of(cell, answer.status, answer.headers.get("Location", ""))


async def outcomes(
    place: Place, world: World, routes: list[Route] | None = None
) -> dict[Cell, str]:
    """The answers to every cell of `routes`, else of the whole house."""
    app = create_app(place.settings, clock=Clock(lambda: NOW))
    client = TestClient(TestServer(app), cookie_jar=aiohttp.DummyCookieJar())
    found: dict[Cell, str] = {}
    sessions: dict[int, Any] = {}
    async with client:
        for cell in walk(all_routes() if routes is None else routes):
            found[cell] = await ask(client, place, world, cell, sessions)
    return found


def printed(found: Mapping[Cell, str]) -> str:
    """One line per route and group of roles that are answered alike: own, other, from above."""
    lines: list[str] = []
    by_route: dict[tuple[str, str], dict[str, list[str]]] = {}
    for cell, kind in found.items():
        rows = by_route.setdefault((cell.route.path, cell.route.method), {})
        rows.setdefault(cell.role, []).append(kind)
    for (path, method), rows in sorted(by_route.items()):
        lines.append(f"{method} {path}")
        alike: dict[str, list[str]] = {}
        for role, kinds in rows.items():
            told = (
                kinds[0]
                if len(set(kinds)) == 1
                else " ".join(f"{where}:{kind}" for where, kind in zip(WHERE, kinds, strict=False))
            )
            alike.setdefault(told, []).append(role)
        lines += [f"  {told}: {_short(roles)}" for told, roles in sorted(alike.items())]
    return "\n".join(lines) + "\n"


def _short(roles: list[str]) -> str:
    return "everybody" if len(roles) > len(ROLES) else " ".join(roles)


def declared(routes: list[Route]) -> str:
    return "".join(f"{line}\n" for line in sorted(route.line.rstrip() for route in routes))


if __name__ == "__main__":
    os.environ[WRITE] = "1"
    sys.exit(pytest.main(["-q", str(Path(__file__).with_name("test_access_matrix.py"))]))
