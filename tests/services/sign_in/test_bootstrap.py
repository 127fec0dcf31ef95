"""The first administrators, and the three who may not be one."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from accreditation.errors import Refusal
from services.access import EXCLUSIVE, Actor, Grant
from services.actions import sign_in, users
from services.db.context import transaction
from tests.conftest import NOW
from tests.services import web
from tests.services.sign_in.door import PUBLIC, post
from tests.services.web import OWN_COUNTY, PASSWORD


async def test_a_bootstrap_link_is_good_once_and_for_half_an_hour(template):
    async with web.a_place(template) as place:

        async def link():
            async with transaction(place.pool, PUBLIC) as conn:
                return await users.make_bootstrap_link(conn, place.keys, now=NOW)

        async def come(token, login, *, later=0):
            async with transaction(place.pool, PUBLIC) as conn:
                return await users.bootstrap(
                    conn,
                    place.keys,
                    token,
                    login,
                    "管理员",
                    PASSWORD,
                    now=NOW + timedelta(minutes=later),
                )

        first = await link()
        with pytest.raises(Refusal, match="过期"):
            await come(first, "late", later=31)
        with pytest.raises(Refusal, match="过期"):
            await come("made-up", "guess")
        made = await come(first, "root")
        with pytest.raises(Refusal, match="已用过"):
            await come(first, "again")
        second = await come(await link(), "guard")
        roles = [(await place.actor(each.id)).roles for each in (made, second)]
        assert roles == [("system_administrator",), ("security_administrator",)]
        with pytest.raises(Refusal, match="都已建立"):
            await link()
        async with transaction(place.pool, PUBLIC) as conn:
            opened = await sign_in.with_password(
                conn,
                place.keys,
                "root",
                PASSWORD,
                pyotp.TOTP(made.totp_secret).at(NOW),
                now=NOW,
                request_id="t",
            )
        assert opened.user == made.id


async def used_at_once(place):
    """Uses a second link while the first one's transaction is still open.

    Returns the first administrator, then what became of the second: an administrator or a Refusal;
    and the second link.
    """

    async def link():
        async with transaction(place.pool, PUBLIC) as conn:
            return await users.make_bootstrap_link(conn, place.keys, now=NOW)

    async def come(conn, token, login):
        return await users.bootstrap(conn, place.keys, token, login, "管理员", PASSWORD, now=NOW)

    async def second(token):
        try:
            async with transaction(place.pool, PUBLIC) as conn:
                return await come(conn, token, "second")
        except Refusal as refusal:
            return refusal

    one, other = await link(), await link()
    async with transaction(place.pool, PUBLIC) as conn:
        first = await come(conn, one, "first")
        racing = asyncio.create_task(second(other))
        await asyncio.sleep(0.5)  # it found no administrator, and waits or is through
    return first, await racing, other


async def holders(place, role):
    return await place.owner.fetchval("select count(*) from role_grant where role = $1", role)


async def test_of_two_links_used_at_once_one_wins_and_the_other_stays_good(template):
    async with web.a_place(template) as place:
        first, second, link = await used_at_once(place)
        assert isinstance(second, Refusal)
        assert await holders(place, "system_administrator") == 1
        assert not await place.owner.fetchval(
            "select count(*) from app_user where login = 'second'"
        )
        async with transaction(place.pool, PUBLIC) as conn:
            again = await users.bootstrap(
                conn, place.keys, link, "second", "管理员", PASSWORD, now=NOW
            )
        assert (await place.actor(first.id)).roles == ("system_administrator",)
        assert (await place.actor(again.id)).roles == ("security_administrator",)


async def test_without_the_index_both_links_make_a_system_administrator(template):
    """Takes the guard away."""
    async with web.a_place(template) as place:
        await place.owner.execute("drop index one_administrator_starts")
        await used_at_once(place)
        assert await holders(place, "system_administrator") == 2


async def test_a_lost_administrator_is_made_anew_by_a_link(template):
    async with web.a_place(template) as place:
        first, _, _ = await used_at_once(place)
        await place.owner.execute("update role_grant set revoked_at = $1", NOW)
        async with transaction(place.pool, PUBLIC) as conn:
            token = await users.make_bootstrap_link(conn, place.keys, now=NOW)
            made = await users.bootstrap(
                conn, place.keys, token, "new", "管理员", PASSWORD, now=NOW
            )
        assert made.id != first.id
        assert (await place.actor(made.id)).roles == ("system_administrator",)


async def test_a_weak_password_leaves_the_bootstrap_link_unused(template):
    async with web.a_place(template) as place, web.serve(place) as client:
        async with transaction(place.pool, PUBLIC) as conn:
            token = await users.make_bootstrap_link(conn, place.keys, now=NOW)
        form = {"login": "root", "name": "管理员"}
        for weak in ("short", "henan-123456", "canlian2026", "x" * 129):
            answer = await post(client, f"/bootstrap/{token}", **form, password=weak)
            assert answer.status == 422
        answer = await post(client, f"/bootstrap/{token}", **form, password=PASSWORD)
        assert answer.status == 201


async def test_there_is_no_account_before_somebody_makes_one(template):
    async with web.a_place(template) as place:
        assert await place.owner.fetchval("select count(*) from app_user") == 0


@pytest.mark.parametrize("held", sorted(EXCLUSIVE))
async def test_the_three_administrators_exclude_each_other(place, held):
    """GB/T 22239 level 3."""
    user = await place.user("管理员", role=held)
    security = Actor(10**6, (Grant("security_administrator"),))
    by = await place.user("安全")
    security = replace(security, user=by)
    for other in sorted(EXCLUSIVE - {held}):
        with pytest.raises(Refusal, match="不能由同一人担任"):
            async with transaction(place.pool, security) as conn:
                await users.grant(conn, security, user, other, area=None, until=None, now=NOW)


async def test_nobody_grants_themselves_anything(place):
    security = await place.actor(await place.user("安全", role="security_administrator"))
    with pytest.raises(Refusal, match="自己"):
        async with transaction(place.pool, security) as conn:
            await users.grant(
                conn, security, security.user, "county_staff", area=OWN_COUNTY, until=None, now=NOW
            )
