"""How long a session lasts, and what ends it."""

from datetime import timedelta

import pytest

from services.access import Actor
from services.actions import sign_in, users
from services.db.context import transaction
from services.sealing import Keys
from services.web.middlewares import COOKIE
from tests.conftest import NOW
from tests.services import web
from tests.services.sign_in.door import post, reach


async def test_a_session_of_staff_sleeps_after_half_an_hour(client, place, clerk, clock):
    await web.signed_in(place, client, clerk[2])
    for _ in range(3):
        clock.move(minutes=29)
        assert await reach(client) == 200
    clock.move(minutes=31)
    assert await reach(client) == 303


async def test_a_session_of_staff_ends_after_twelve_hours_of_work(client, place, clerk, clock):
    await web.signed_in(place, client, clerk[2])
    while clock.at < NOW + sign_in.STAFF_ABSOLUTE - timedelta(minutes=20):
        clock.move(minutes=20)
        assert await reach(client) == 200
    clock.move(minutes=21)
    assert await reach(client) == 303


async def test_an_employers_session_lasts_thirty_days(client, place, clock):
    user = await place.user("厂长", role="employer", employer=1)
    await web.signed_in(place, client, user)
    clock.move(days=29)
    assert await reach(client, "/users") == 403
    clock.move(days=2)
    assert await reach(client, "/users") == 303


async def test_signing_out_ends_the_session_on_the_server_too(client, place, clerk):
    opened = await web.open_session(place, clerk[2])
    client.session.cookie_jar.update_cookies({COOKIE: opened.token}, client.make_url("/"))
    answer = await post(client, "/sign-out", csrf=opened.csrf)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    client.session.cookie_jar.update_cookies({COOKIE: opened.token}, client.make_url("/"))
    assert await reach(client) == 303


@pytest.mark.parametrize(
    "change",
    [
        "update role_grant set revoked_at = now() where user_id = $1",
        "update role_grant set valid_to = date '2026-11-22' where user_id = $1",
        "update role_grant set valid_from = date '2026-11-24' where user_id = $1",
    ],
)
async def test_a_grant_that_ends_ends_at_the_next_request(client, place, clerk, change):
    """I-04."""
    await web.signed_in(place, client, clerk[2])
    assert await reach(client) == 200
    await place.owner.execute(change, clerk[2])
    assert await reach(client) == 403


async def test_revoking_a_grant_ends_every_session_of_its_user(client, place, clerk):
    security = Actor(await place.user("安全", role="security_administrator"))
    security = await place.actor(security.user)
    grant = await place.owner.fetchval("select id from role_grant where user_id = $1", clerk[2])
    await web.signed_in(place, client, clerk[2])
    async with transaction(place.pool, security) as conn:
        await users.revoke(conn, security, grant, now=NOW, reason="调离")
    assert await reach(client) == 303
    assert not await place.owner.fetchval(
        "select count(*) from session where user_id = $1 and revoked_at is null", clerk[2]
    )


async def test_a_disabled_account_is_out_at_the_next_request(client, place, clerk):
    system = await place.actor(await place.user("系统", role="system_administrator"))
    await web.signed_in(place, client, clerk[2])
    async with transaction(place.pool, system) as conn:
        await users.disable(conn, system, clerk[2], now=NOW, reason="离职")
    assert await reach(client) == 303


async def test_the_database_holds_no_token_that_opens_a_session(place, clerk):
    opened = await web.open_session(place, clerk[2])
    kept = await place.owner.fetch("select token_hash from session")
    assert opened.token.encode() not in [row["token_hash"] for row in kept]
    assert place.keys.token("session", opened.token) in [row["token_hash"] for row in kept]
    assert Keys.of(bytes(32)).token("session", opened.token) not in [r["token_hash"] for r in kept]
