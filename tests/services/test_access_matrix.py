"""Every route, every role, own county and another: what is declared is what is answered."""

import os

import pytest

from services.access import ROLES, Actor, Permission
from services.web import all_routes
from services.web.routing import Area, Route
from tests.services import matrix, web
from tests.services.matrix import BROKEN, EXPECTED, IN, OUT, Cell, NoSuchThing


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture(scope="module")
async def world(place):
    return await web.world(place)


@pytest.fixture(scope="module")
async def found(place, world):
    """The answer to every cell of the table."""
    return await matrix.outcomes(place, world)


def compare(name, text):
    """`text` against the reviewed file `name`; writes it anew if asked to."""
    file = EXPECTED / name
    if os.environ.get(matrix.WRITE):
        file.write_text(text, "utf-8")
    assert file.read_text("utf-8") == text, f"{name}: python -m tests.services.matrix, then read it"


def wrong(found):
    """The cells whose answer is not what the declarations demand."""
    return [
        f"{cell.route.method} {cell.route.path} {cell.role} {cell.where}: {kind}"
        for cell, kind in found.items()
        if kind not in matrix.should(cell)
    ]


def test_every_answer_is_what_permission_and_area_demand(found):
    assert wrong(found) == []


def test_no_role_breaks_a_page(found):
    assert [f"{c.route.path} {c.role}" for c, kind in found.items() if kind == BROKEN] == []


def test_the_whole_table_is_the_reviewed_one(found):
    compare("access.txt", matrix.printed(found))


def test_every_declaration_is_the_reviewed_one():
    compare("routes.txt", matrix.declared(all_routes()))


def test_a_write_that_anybody_may_try_is_one_of_the_few_reviewed():
    """Without a session there is nothing to hold a change to: signing in, and an objection."""
    free = {r.path for r in all_routes() if r.method != "GET" and r.area is Area.PUBLIC}
    assert free <= {
        "/bootstrap/{token}",
        "/sign-in/staff",
        "/sign-in/phone",
        "/sign-in/code",
        "/sign-in/persona",
        "/join",
        "/join/code",
        r"/notices/{notice:\d+}/objections",
        r"/api/notices/{notice:\d+}/objections",
    }


def test_a_path_that_names_an_unheard_of_thing_fails_the_walk():
    async def handler(request): ...

    route = Route("GET", r"/moons/{moon:\d+}", handler, None, Area.PUBLIC, "")
    with pytest.raises(NoSuchThing, match="moon"):
        matrix.path_of(route, {"case": 1})


async def test_without_the_permission_check_the_table_is_wrong(place, world, monkeypatch):
    """Takes the guard away: the table must see it."""
    gated = [r for r in all_routes() if r.permission is not None and r.method == "GET"][:4]
    assert not wrong(await matrix.outcomes(place, world, gated))
    monkeypatch.setattr(Actor, "require", lambda *args, **named: None)
    assert wrong(await matrix.outcomes(place, world, gated))


async def test_without_the_declaration_the_table_is_another(place, world, monkeypatch):
    """A role that is given one more permission shows in the printed table."""
    route = next(r for r in all_routes() if r.path == "/audit")
    before = matrix.printed(await matrix.outcomes(place, world, [route]))
    more = ROLES["teacher"].__class__(
        "teacher", "教师", ROLES["teacher"].scope, False, frozenset({Permission.AUDIT_READ})
    )
    monkeypatch.setitem(ROLES, "teacher", more)
    assert matrix.printed(await matrix.outcomes(place, world, [route])) != before


def test_who_is_let_in_nowhere_else_is_let_in_somewhere(found):
    """A route that answers nobody guards nothing: its world or its declaration is wrong."""
    reached: dict[str, bool] = {}
    for cell, kind in found.items():
        name = f"{cell.route.method} {cell.route.path}"
        reached[name] = reached.get(name, False) or kind == IN
    assert [name for name, hit in reached.items() if not hit] == []


def test_the_oracle_knows_its_own_county_from_another():
    async def handler(request): ...

    route = Route("GET", r"/cases/{case:\d+}", handler, Permission.CASE_READ, Area.COUNTY, "")
    assert matrix.should(Cell(route, "county_staff", "own")) == {IN}
    assert matrix.should(Cell(route, "county_staff", "other")) == OUT
    assert matrix.should(Cell(route, "auditor", "own")) == {matrix.DENIED}
