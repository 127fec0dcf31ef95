"""A submission that is sent again has one effect and one answer, wherever it arrives."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from services.access import ROLES
from services.app import create_app
from services.scheduler import run_once
from services.web import all_routes, middlewares
from services.web import once as guard
from services.web.keys import Clock
from services.web.middlewares import COOKIE
from tests.conftest import NOW
from tests.services import market_world, matrix
from tests.services.web import Ticking, a_place, open_session, serve, world

KEY = "a-key-of-this-form"
TEMPLATES = Path(middlewares.__file__).parent / "templates"
# What may be sent twice: each of these is used up by its own one-time code, token or session.
ONE_TIME = {
    "/sign-in/staff",
    "/sign-in/phone",
    "/sign-in/code",
    "/sign-in/persona",
    "/sign-out",
    "/bootstrap/{token}",
    "/join",
    "/join/code",
    r"/people/{person:\d+}/reveal",  # shows a number: its answer is never kept
}


@pytest.fixture
async def asked(place):
    """A person who may ask about an open order, and how to ask at several replicas."""
    market = await market_world.market(place)
    order, person = await market.order(), await market.person()
    user = await place.user("求职者", role="job_seeker", person=person)
    return Asked(place, order, person, user)


class Asked:
    def __init__(self, place, order, person, user):
        self.place, self.order, self.person, self.user = place, order, person, user

    async def questions(self):
        return await self.place.owner.fetchval("select count(*) from offer_question")

    @asynccontextmanager
    async def replicas(self, count=1, *, user=None, clock=lambda: NOW):
        """A function that sends a question, each time to the next replica."""
        opened = await open_session(self.place, user or self.user, now=clock())
        servers = [
            TestServer(create_app(self.place.settings, clock=Clock(clock))) for _ in range(count)
        ]
        for server in servers:
            await server.start_server()
        turn = iter(range(10**6))
        session = aiohttp.ClientSession(
            cookies={COOKIE: opened.token},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"X-CSRF-Token": opened.csrf},
        )

        async def page(text="有宿舍吗？", key=KEY):
            fields = {"csrf": opened.csrf, "person": str(self.person), "text": text}
            if key:
                fields[guard.FIELD] = key
            url = servers[next(turn) % count].make_url(f"/openings/{self.order}/questions")
            headers = {"Accept": "text/html"}
            async with session.post(url, data=fields, allow_redirects=False, headers=headers) as r:
                return r.status, r.headers.get("Location"), await r.text()

        async def api(text="有宿舍吗？", key=KEY):
            url = servers[next(turn) % count].make_url(f"/api/openings/{self.order}/questions")
            headers = {guard.HEADER: key}
            given = {"person": self.person, "text": text}
            async with session.post(url, json=given, headers=headers) as r:
                return r.status, r.headers.get("Location"), await r.text()

        try:
            yield page, api
        finally:
            await session.close()
            for server in servers:
                await server.close()


@pytest.mark.parametrize("way", [0, 1], ids=["page", "api"])
async def test_a_question_sent_five_times_at_once_to_two_replicas_is_asked_once(asked, way):
    async with asked.replicas(2) as ways:
        answers = await asyncio.gather(*(ways[way]() for _ in range(5)))
    assert len(set(answers)) == 1, answers
    assert answers[0][0] == (303, 200)[way]
    assert await asked.questions() == 1


async def test_without_the_guard_five_at_once_are_five_questions(asked, monkeypatch):
    bare = [one for one in middlewares.ALL if one is not guard.once]
    monkeypatch.setattr(middlewares, "ALL", bare)
    async with asked.replicas(2) as (page, _):
        await asyncio.gather(*(page() for _ in range(5)))
    assert await asked.questions() == 5


async def test_an_answer_is_given_again_an_hour_later_and_no_more_after_a_day(asked):
    clock = Ticking()
    async with asked.replicas(clock=clock) as (page, _):
        first = await page()
        clock.move(hours=1)
    async with asked.replicas(clock=clock) as (page, _):
        assert await page() == first
    assert await asked.questions() == 1
    clock.move(hours=24)
    async with asked.replicas(clock=clock) as (page, _):
        assert await page() == first
    assert await asked.questions() == 2


async def test_a_key_used_again_with_other_words_or_elsewhere_is_refused(asked):
    async with asked.replicas() as (page, api):
        await page()
        status, _, text = await page("工资多少？")
        assert status == 422
        assert "已经用于另一次提交" in text
        status, _, text = await api()
        assert status == 422
        assert "/problems/key-reused" in text
    assert await asked.questions() == 1


async def test_a_key_belongs_to_its_user(asked):
    other = await asked.place.user("协助人", role="job_seeker", person=asked.person)
    async with asked.replicas() as (page, _):
        await page()
    async with asked.replicas(user=other) as (page, _):
        await page("工资多少？")
    assert await asked.questions() == 2


async def test_a_refused_form_may_be_corrected_and_sent_again_with_its_key(asked):
    async with asked.replicas() as (page, _):
        assert (await page(" "))[0] == 422
        assert (await page("有宿舍吗？"))[0] == 303
    assert await asked.questions() == 1


async def test_who_sends_no_key_is_served_as_often_as_asked(asked):
    async with asked.replicas() as (page, _):
        await page(key=None)
        await page(key=None)
    assert await asked.questions() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "有", "a b"])
async def test_what_is_no_key_is_refused_and_nothing_done(asked, key):
    async with asked.replicas() as (page, _):
        fields = key or '""'
        status, _, text = await page(key=fields)
    assert status == 422
    assert "ASCII" in text
    assert await asked.questions() == 0


async def test_a_change_whose_answer_was_lost_is_not_made_twice(asked, monkeypatch):
    monkeypatch.setattr(guard, "_PATIENCE_SECONDS", 0.3)
    async with asked.replicas() as (page, _):
        await page()
        # As a crash between the commit and the answer leaves it.
        await asked.place.owner.execute("update idempotency set status = null, body = null")
        status, _, text = await page()
    assert status == 409
    assert "已经收到" in text
    assert await asked.questions() == 1


async def test_an_answer_is_kept_sealed(asked):
    async with asked.replicas() as (_, api):
        _, _, text = await api()
    body = await asked.place.owner.fetchval("select body from idempotency")
    assert text.encode() not in body
    assert asked.place.keys.open(body, f"idempotency.body.user:{asked.user}.{KEY}") == text


async def test_what_changed_nothing_leaves_no_key(asked):
    async with asked.replicas() as (page, _):
        await page(" ")
    assert await asked.place.owner.fetchval("select count(*) from idempotency") == 0


async def test_the_nightly_job_forgets_what_is_older_than_a_day(asked):
    for name, hours in (("old", 25), ("young", 23)):
        await asked.place.owner.execute(
            "insert into idempotency (actor, key, route, request_hash, made_at)"
            " values ('user:1', $1, '', '', $2)",
            name,
            datetime.now(UTC) - timedelta(hours=hours),
        )
    await run_once(asked.place.settings, "rescore", NOW.date())
    assert await asked.place.owner.fetchval("select array_agg(key) from idempotency") == ["young"]


def test_every_post_is_guarded_but_those_that_use_themselves_up():
    posts = [route for route in all_routes() if route.method == "POST"]
    assert {route.path for route in posts if not route.once} == ONE_TIME


@pytest.fixture(scope="module")
async def peopled(template):
    async with a_place(template) as made:
        yield made, await world(made)


GUARDED = [route for route in all_routes() if route.method == "POST" and route.once]


@pytest.mark.parametrize("route", GUARDED, ids=[route.path for route in GUARDED])
async def test_each_post_of_the_table_asks_for_the_key_before_it_acts(peopled, route):
    place, made = peopled
    role = next(
        role.key
        for role in ROLES.values()
        if route.permission is None or route.permission in role.may
    )
    user = made.users[role]
    opened = await open_session(place, user)
    key = f"{role}-{route.path}".replace(" ", "")
    await place.owner.execute(
        "insert into idempotency (actor, key, route, request_hash, made_at) values ($1, $2, '', '', $3)",
        f"user:{user}",
        key,
        NOW,
    )
    async with serve(place) as client:
        response = await client.post(
            matrix.path_of(route, made.own.things),
            headers={
                "Cookie": f"{COOKIE}={opened.token}",
                "X-CSRF-Token": opened.csrf,
                guard.HEADER: key,
                "Accept": "application/json",
            },
            params={"csrf": opened.csrf},
        )
        told = await response.json()
    assert (response.status, told["type"]) == (422, "/problems/key-reused"), told


def test_every_form_that_changes_something_carries_a_key_of_its_own():
    bare = []
    for file in sorted(TEMPLATES.rglob("*.html")):
        for form in re.findall(
            r'<form method="post".*?</form>', file.read_text("utf-8"), re.DOTALL
        ):
            action = re.search(r'action="([^"]*)', form).group(1)
            one_time = action.startswith(("/sign-", "/bootstrap"))
            if not one_time and "hidden(shell" not in form:
                bare.append(f"{file.name}: {action}")
    assert bare == []


async def test_two_forms_of_one_page_are_two_submissions(asked):
    async with serve(asked.place) as client:
        opened = await open_session(asked.place, asked.user)
        response = await client.get(
            f"/openings/{asked.order}", headers={"Cookie": f"{COOKIE}={opened.token}"}
        )
        text = await response.text()
    keys = re.findall(r'name="idempotency_key" value="([^"]+)"', text)
    assert len(keys) > 1
    assert len(set(keys)) == len(keys)


def test_no_handler_opens_a_transaction_past_the_guard():
    """`speaking` alone stands in line; a handler with a transaction of its own would slip by."""
    rooms = Path(middlewares.__file__).parent.rglob("*.py")
    own = {file.name for file in rooms if re.search(r"(?<!\.)\btransaction\(", file.read_text())}
    assert own == {"middlewares.py", "once.py", "page.py"}
