"""The service behind a test client, and a world of two counties with one of every thing in each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pyotp
from aiohttp.test_utils import TestClient, TestServer

from services.access import ROLES, Actor, Scope
from services.actions import sign_in
from services.app import create_app
from services.db.context import transaction
from services.db.pool import open_pool
from services.sealing import Keys
from services.settings import Settings
from services.web.keys import Clock
from services.web.matching import RUNNER
from services.web.middlewares import COOKIE
from tests import conftest
from tests.conftest import NOW, Place

OWN_COUNTY, OWN_CITY = "410122", "410100"  # 中牟县 of 郑州市
OTHER_COUNTY, OTHER_CITY = "410327", "410300"  # 宜阳县 of 洛阳市
PROVINCE = "410000"
PASSWORD = "四十八级台阶-48"


@dataclass(slots=True)
class Ticking:
    """A clock that a test moves by hand."""

    at: Any = NOW

    def __call__(self) -> Any:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@asynccontextmanager
async def a_place(template: Settings) -> AsyncIterator[Place]:
    """Like the fixture `place`, for several tests together."""
    name = f"{urlsplit(template.database_url).path[1:]}_{next(conftest._numbers)}"
    source = urlsplit(template.database_url).path.lstrip("/")
    made = await conftest._create(template, name, source)
    owner = await asyncpg.connect(made.url("yupei_owner"))
    pool = await open_pool(made.url("yupei_app"), size=10)
    try:
        yield Place(made, owner, pool, Keys.of(made.master_key))
    finally:
        await pool.close()
        await owner.close()
        await conftest._drop(template, name)


@asynccontextmanager
async def serve(place: Place, *, clock: Any = None, **app: Any) -> AsyncIterator[TestClient]:
    """A client of the service over `place`, asking for pages; redirects are not followed.

    Its clock stands still at NOW unless one is given. It keeps cookies, as a browser does.
    """
    settings = app.pop("settings", place.settings)
    if await place.owner.fetchval("select holds_real_people()"):
        settings = replace(settings, demo=False)  # a demonstration refuses to start beside them
    made = create_app(settings, clock=Clock(clock or (lambda: NOW)), **app)
    made[RUNNER].patience_seconds = 120  # a test reads the run at once
    client = TestClient(
        TestServer(made),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={"Accept": "text/html"},
    )
    async with client:
        yield client


async def open_session(place: Place, user: int, *, now: Any = NOW) -> sign_in.Opened:
    """A session of `user`, as any way of signing in would leave it."""
    async with transaction(place.pool, Actor(None)) as conn:
        return await sign_in.open_session(
            conn, place.keys, user, now=now, request_id="test", how="test"
        )


async def signed_in(place: Place, client: TestClient, user: int, *, now: Any = NOW) -> str:
    """Signs `user` in at `client`; what every form of theirs must carry as `csrf` comes back."""
    opened = await open_session(place, user, now=now)
    client.session.cookie_jar.update_cookies({COOKIE: opened.token}, client.make_url("/"))
    return opened.csrf


async def staff(place: Place, login: str, **grant: Any) -> tuple[int, pyotp.TOTP]:
    """A member of staff who can sign in with PASSWORD and the codes of the second value."""
    user, secret = await place.user(login), pyotp.random_base32()
    await place.owner.execute(
        "update app_user set login = $2, password_hash = $3, totp_cipher = $4 where id = $1",
        user,
        login,
        sign_in.hash_password(PASSWORD),
        place.keys.seal(secret, f"app_user.totp.{user}"),
    )
    if grant:
        await place.grant(user, **grant)
    return user, pyotp.TOTP(secret)


async def with_phone(place: Place, phone: str, **grant: Any) -> int:
    """A user who comes in by a code sent to `phone`."""
    user = await place.user("用户", **grant)
    await place.owner.execute(
        "update app_user set phone_cipher = $2, phone_index = $3 where id = $1",
        user,
        place.keys.seal(phone, f"app_user.phone.{user}"),
        place.keys.index("phone", phone),
    )
    return user


@dataclass(slots=True)
class Corner:
    """One of every thing, in one county; the id (or code) of each by what a route calls it."""

    county: str
    city: str
    things: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.things[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True, slots=True)
class World:
    """Two counties of different cities, and for each role a user who belongs to the first."""

    own: Corner
    other: Corner
    users: dict[str, int]  # role -> user of the own county
    above: dict[str, int]  # area role -> user of the city above it


async def world(place: Place, *, case_state: str = "scoring") -> World:
    """Fills `place` with both corners and the users of every role."""
    own = await corner(place, OWN_COUNTY, OWN_CITY, "A", case_state)
    other = await corner(place, OTHER_COUNTY, OTHER_CITY, "B", case_state)
    users, above = {}, {}
    for role in ROLES.values():
        users[role.key] = await insider(place, role.key, own)
        if role.scope is Scope.AREA:
            above[role.key] = await place.user(role.key, role=role.key, area=own.city)
    return World(own, other, users, above)


PARTS = {
    "assessor": "assessor",
    "moderator": "moderator",
    "panel_member": "panel",
    "review_group": "review_group",
    "appeal_member": "appeal",
}


async def insider(place: Place, role: str, at: Corner) -> int:
    """A user of `role` for what lies in `at`."""
    if role == "assessor":
        return int(at.assessor)
    scope = ROLES[role].scope
    grant: dict[str, Any] = {
        Scope.AREA: {"area": at.county},
        Scope.EMPLOYER: {"employer": at.things["employer"]},
        Scope.BASE: {"base": at.things["base"]},
        Scope.PERSON: {"person": at.things["person"]},
    }.get(scope, {})
    user = await place.user(role, role=role, **grant)
    if role in PARTS:
        await join(place, at.things["case"], user, PARTS[role])
    return user


async def join(place: Place, case: int, user: int, part: str) -> None:
    await place.owner.execute(
        "insert into case_member (case_id, user_id, part, since, reason) values ($1, $2, $3, $4, '')",
        case,
        user,
        part,
        NOW,
    )


async def corner(place: Place, county: str, city: str, mark: str, case_state: str) -> Corner:
    """One of every thing in `county`. `mark` keeps numbers and names apart."""
    made = Corner(county, city)
    await _accreditation(place, made, mark, case_state)
    await _market(place, made, mark)
    user = await place.user(f"旁人{mark}", role="county_staff", area=county)
    made.things["user"] = user
    made.things["draft"] = await _draft(place, county, user)
    made.things["grant"] = await place.owner.fetchval(
        "select id from role_grant where user_id = $1", user
    )
    return made


async def _draft(place: Place, area: str, user: int) -> Any:
    """A local rubric that `user` is writing, without a change as yet."""
    rubric, version = await place.owner.fetchrow(
        "select id, version from rubric where level = 'national' limit 1"
    )
    body = {
        "id": f"city-{area}",
        "version": "1",
        "level": "city",
        "inherits": {"id": rubric, "version": version},
        "basis_note": {"zh": "本地", "en": "Local"},
    }
    return await add(
        place,
        "rubric_draft",
        level="city",
        area=area,
        body=json.dumps(body),
        drafted_by=user,
        drafted_at=NOW,
        changed_by=user,
        changed_at=NOW,
    )


async def add(place: Place, table: str, **values: Any) -> Any:
    """A row of `table`; its first column comes back."""
    names, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
    row = await place.owner.fetchrow(
        f"insert into {table} ({names}) values ({marks}) returning *", *values.values()
    )
    return row[0]


async def _accreditation(place: Place, at: Corner, mark: str, case_state: str) -> None:
    rubric, rubric_version = await place.owner.fetchrow("select id, version from rubric limit 1")
    lifecycle = await place.owner.fetchval("select version from lifecycle_move limit 1")
    things = at.things
    things["base"] = base = await add(
        place,
        "base",
        name=f"基地{mark}",
        credit_code={"A": "91410122MA0000001X", "B": "91410327MA0000002X"}[mark],
        kind="enterprise",
        county=at.county,
        address="人民路1号",
        operating_since=date(2020, 1, 1),
        trades=["缝纫工"],
        capacity_per_year=60,
        simulated=True,
        created_at=NOW,
    )
    things["case"] = case = await add(
        place,
        "accreditation_case",
        base_id=base,
        county=at.county,
        kind="annual_review",
        state=case_state,
        rubric_id=rubric,
        rubric_version=rubric_version,
        lifecycle_version=lifecycle,
        opened_at=NOW,
        simulated=True,
    )
    things["plaque"] = f"YP-{mark}-0001"
    things["accreditation"] = await add(
        place,
        "accreditation",
        base_id=base,
        county=at.county,
        case_id=case,
        level="province",
        state="active",
        plaque_number=things["plaque"],
        valid_from=date(2025, 1, 1),
        valid_to=date(2028, 1, 1),
        simulated=True,
    )
    things["assessor"] = assessor = await place.user(f"评估员{mark}", role="assessor")
    await add(
        place,
        "assessor",
        user_id=assessor,
        county=OTHER_COUNTY if mark == "A" else OWN_COUNTY,
        fields=["training"],
        active=True,
        simulated=True,
    )
    await join(place, case, assessor, "assessor")
    things["sheet"] = await add(place, "score_sheet", case_id=case, assessor_id=assessor)
    things["document"] = await add(
        place,
        "document",
        case_id=case,
        kind="licence",
        title="营业执照",
        media_type="application/pdf",
        size_bytes=5,
        sha256="0" * 64,
        uploaded_by=assessor,
        uploaded_at=NOW,
    )
    things["finding"] = await add(
        place, "finding", case_id=case, severity="concern", text="消防通道堆物"
    )
    things["notice"] = notice = await add(
        place,
        "public_notice",
        case_id=case,
        starts_on=NOW.date(),
        ends_on=NOW.date() + timedelta(days=7),
        published_at=NOW,
    )
    things["objection"] = await add(
        place,
        "objection",
        notice_id=notice,
        objector_cipher=b"to be sealed",
        text="名额不实",
        evidence="",
        at=NOW,
    )
    await place.owner.execute(
        "update objection set objector_cipher = $2 where id = $1",
        things["objection"],
        place.keys.seal(f"举报人{mark}", f"objection.objector.{things['objection']}"),
    )


async def _market(place: Place, at: Corner, mark: str) -> None:
    things = at.things
    things["employer"] = employer = await add(
        place,
        "employer",
        name=f"服装厂{mark}",
        credit_code=f"9141{mark}EMPLOYER000001"[:18],
        county=at.county,
        staff=80,
        staff_counted=1,
        simulated=True,
        created_at=NOW,
    )
    things["order"] = order = await add(
        place,
        "job_order",
        number=f"D2026-{mark}",
        employer_id=employer,
        county=at.county,
        title=f"缝纫工{mark}",
        trade="缝纫工",
        seats=5,
        taken=1,
        work_type="on_site",
        wage_min=2500,
        wage_max=3200,
        wage_basis="month",
        contract_months=12,
        insurance=["pension"],
        dorm="none",
        shift="day",
        starts_on=date(2027, 3, 1),
        deadline=date(2027, 1, 31),
        state="open",
        simulated=True,
        created_at=NOW,
    )
    pseudonym = {"A": 7001, "B": 7002}[mark]
    person = await place.owner.fetchval("select nextval(pg_get_serial_sequence('person', 'id'))")
    await place.owner.execute(
        "insert into person (id, pseudonym, county, name_cipher, registered_by, registered_at, simulated)"
        " overriding system value values ($1, $2, $3, $4, 'staff', $5, true)",
        person,
        pseudonym,
        at.county,
        place.keys.seal(f"求职者{mark}", f"person.name.{person}"),
        NOW,
    )
    things["person"], things["pseudonym"] = person, pseudonym
    for purpose in ("matching", "show_to_employer"):
        await add(
            place,
            "consent",
            person_id=person,
            purpose=purpose,
            text_version="1",
            given_at=NOW,
            given_through="staff",
        )
    await add(
        place,
        "person_category",
        person_id=person,
        certified_on=date(2020, 1, 1),
        categories_cipher=place.keys.seal("[[4, 2]]", f"person_category.categories.{person}"),
        certificate_cipher=b"sealed",
        certificate_index=mark.encode(),
    )
    things["run"] = run = await add(
        place,
        "match_run",
        started_at=NOW,
        finished_at=NOW,
        people=1,
        orders=1,
        seats=5,
        filled=1,
        value=1000,
        bound=1000,
        gap=0,
        passes=1,
        seconds=1,
        bins="{}",
        scorecard="1",
        simulated=True,
    )
    await add(
        place,
        "allotment",
        run_id=run,
        pseudonym=pseudonym,
        order_id=order,
        bin="now",
        u=800,
        p=800,
        v=1000,
        accommodations=[],
    )
    things["offer"] = await add(
        place,
        "offer",
        run_id=run,
        order_id=order,
        person_id=person,
        state="reserved",
        holds_seat=True,
        bin="now",
        accommodations=[],
        reserved_at=NOW,
        reserved_until=NOW + timedelta(days=3),
        simulated=True,
    )
    things["question"] = await add(
        place, "offer_question", person_id=person, order_id=order, text="有宿舍吗？", at=NOW
    )
