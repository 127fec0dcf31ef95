"""Registering people and employers as JSON: the same actions as the pages."""

from datetime import date
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from services.access import Permission
from services.actions import abilities, consents, employers, own_data, people, registration
from services.web.api.answers import answer, body
from services.web.keys import CLOCK, KEYS
from services.web.market import SNAPSHOT
from services.web.page import actor, number, speaking
from services.web.routing import Area, Routes

routes = Routes()
Words = Annotated[str, Meta(max_length=200)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class NewPerson(msgspec.Struct):
    """The birth date may come with the identity number; staff say why they act."""

    name: Words
    county: Words
    birth: date | None = None
    identity: Words = ""
    phone: Words = ""
    purposes: list[str] = []
    reason: Words = ""


class PersonMade(msgspec.Struct):
    person: int


class Abilities(msgspec.Struct):
    """Levels 0 to 4 by dimension; `source`: self, observer or class; `basis`: told, seen, measured."""

    levels: dict[str, Annotated[int, Meta(ge=0, le=4)]]
    facts: dict[str, bool] = {}
    education: str = ""
    source: str = "self"
    basis: str = "told"
    reason: Words = ""


class Consent(msgspec.Struct):
    """`given`: false takes it back, with effect at once."""

    purpose: str
    given: bool
    reason: Words = ""


class NewEmployer(msgspec.Struct):
    name: Words
    credit_code: Words
    county: Words
    address: Words
    contact_name: Words
    contact_phone: Words
    staff: Count | None = None
    staff_counted: Count | None = None


class EmployerMade(msgspec.Struct):
    employer: int


class Verification(msgspec.Struct):
    """`looked`: credit_code, licence and contact, all three."""

    looked: list[str]
    note: Words = ""


class Kept(msgspec.Struct):
    done: bool = True


async def _in_hand(request: web.Request) -> None:
    """Whose it is comes before what is wrong with the body. Raises Denied, NotFound."""
    async with speaking(request) as conn:
        await people.in_hand(conn, actor(request), number(request, "person"))


@routes.post(
    "/api/people",
    permission=None,
    area=Area.SIGNED_IN,
    body=NewPerson,
    reply=PersonMade,
    status=201,
)
async def register(request: web.Request) -> web.Response:
    """Registers a person: oneself, or by staff as proxy."""
    given, now = await body(request, NewPerson), request.app[CLOCK].now()
    async with speaking(request) as conn:
        await registration.limit(conn, actor(request), now=now)
    async with speaking(request) as conn:
        person = await registration.register(
            conn,
            request.app[KEYS],
            request.app[SNAPSHOT].seal,
            actor(request),
            registration.Newcomer(
                given.name,
                given.county,
                given.birth,
                given.identity,
                given.phone,
                tuple(given.purposes),
                given.reason,
            ),
            today=request.app[CLOCK].today(),
            now=now,
        )
    return answer(PersonMade(person), status=201)


@routes.get(
    r"/api/people/{person:\d+}",
    permission=Permission.PERSON_ERASE,
    area=Area.PERSON,
    reply=dict[str, Any],
)
async def show(request: web.Request) -> web.Response:
    """Everything that is kept of a person; the reading is logged."""
    async with speaking(request) as conn:
        found = await own_data.export(
            conn,
            actor(request),
            request.app[KEYS],
            request.app[SNAPSHOT].seal,
            number(request, "person"),
            now=request.app[CLOCK].now(),
        )
    return answer(found)


@routes.post(
    r"/api/people/{person:\d+}/abilities",
    permission=Permission.PERSON_WRITE,
    area=Area.PERSON,
    body=Abilities,
    reply=Kept,
)
async def rate(request: web.Request) -> web.Response:
    """Writes down what the person can do, by one source."""
    await _in_hand(request)
    given = await body(request, Abilities)
    async with speaking(request) as conn:
        await abilities.rate(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            number(request, "person"),
            given.source,
            given.basis,
            abilities.Told(given.levels, given.facts, given.education),
            reason=given.reason,
            now=request.app[CLOCK].now(),
        )
    return answer(Kept())


@routes.post(
    r"/api/people/{person:\d+}/consents",
    permission=Permission.PERSON_WRITE,
    area=Area.PERSON,
    body=Consent,
    reply=Kept,
)
async def consent(request: web.Request) -> web.Response:
    """Gives one consent or takes it back."""
    await _in_hand(request)
    given, now = await body(request, Consent), request.app[CLOCK].now()
    person, asker = number(request, "person"), actor(request)
    async with speaking(request) as conn:
        if given.given:
            await consents.give(conn, asker, person, [given.purpose], reason=given.reason, now=now)
        else:
            await consents.withdraw(
                conn, asker, person, given.purpose, reason=given.reason, now=now
            )
    return answer(Kept())


@routes.post(
    "/api/employers",
    permission=None,
    area=Area.SIGNED_IN,
    body=NewEmployer,
    reply=EmployerMade,
    status=201,
)
async def register_employer(request: web.Request) -> web.Response:
    """Registers an employer; the county verifies it before it sees a count."""
    given, now = await body(request, NewEmployer), request.app[CLOCK].now()
    async with speaking(request) as conn:
        await employers.limit(conn, actor(request), now=now)
    async with speaking(request) as conn:
        employer = await employers.register(
            conn,
            request.app[KEYS],
            actor(request),
            employers.Facts(**msgspec.structs.asdict(given)),
            today=request.app[CLOCK].today(),
            now=now,
        )
    return answer(EmployerMade(employer), status=201)


@routes.post(
    r"/api/employers/{employer:\d+}/verification",
    permission=Permission.ORDER_CHECK,
    area=Area.COUNTY,
    body=Verification,
    reply=Kept,
)
async def verify(request: web.Request) -> web.Response:
    """The county looked at code, licence and contact."""
    async with speaking(request) as conn:
        await employers.in_hand(conn, actor(request), number(request, "employer"))
    given = await body(request, Verification)
    async with speaking(request) as conn:
        await employers.verify(
            conn,
            actor(request),
            number(request, "employer"),
            set(given.looked),
            note=given.note,
            now=request.app[CLOCK].now(),
        )
    return answer(Kept())
