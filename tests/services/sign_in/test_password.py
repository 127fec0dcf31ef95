"""Staff come in with a password and a time code, each good once."""

import asyncio
import re
from datetime import timedelta

import pytest

from services.actions import sign_in
from services.db.context import transaction
from services.web.middlewares import COOKIE
from tests.conftest import NOW
from tests.services import web
from tests.services.sign_in.door import FULL_WIDTH, PUBLIC, enter, post, reach
from tests.services.web import OWN_COUNTY, PASSWORD


async def test_staff_come_in_with_password_and_code(client, clerk):
    login, totp, _ = clerk
    answer = await enter(client, login, totp.at(NOW), next="/staff")
    assert (answer.status, answer.headers["Location"]) == (303, "/staff")
    token = answer.cookies[COOKIE].value
    client.session.cookie_jar.update_cookies({COOKIE: token}, client.make_url("/"))
    assert await reach(client) == 200


async def test_the_login_may_be_typed_in_capitals_and_the_code_with_a_space(client, clerk):
    login, totp, _ = clerk
    code = totp.at(NOW)
    answer = await enter(client, f" {login.upper()} ", f"{code[:3]} {code[3:]}")
    assert answer.status == 303


@pytest.mark.parametrize(
    "again",
    [
        lambda code: code,
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: code.translate(FULL_WIDTH),
        lambda code: f"{code[:3]}\u3000{code[3:]}",
    ],
)
async def test_a_code_is_good_once_however_it_is_written(client, clerk, again):
    login, totp, _ = clerk
    code = totp.at(NOW)
    assert (await enter(client, login, code)).status == 303
    assert (await enter(client, login, again(code))).status == 401


async def test_an_older_code_is_not_good_after_a_newer_one(client, clerk, clock):
    login, totp, _ = clerk
    assert (await enter(client, login, totp.at(NOW))).status == 303
    assert (await enter(client, login, totp.at(NOW - timedelta(seconds=30)))).status == 401


async def test_one_code_used_twice_at_once_lets_in_once(place, clerk):

    login, totp, _ = clerk

    async def come():
        try:
            async with transaction(place.pool, PUBLIC) as conn:
                await sign_in.with_password(
                    conn, place.keys, login, PASSWORD, totp.at(NOW), now=NOW, request_id="t"
                )
        except sign_in.SignInRefused:
            return False
        return True

    assert sum(await asyncio.gather(*[come() for _ in range(6)])) == 1


@pytest.mark.parametrize("drift", [-30, 30])
async def test_a_watch_may_be_half_a_minute_wrong(client, clerk, drift):
    login, totp, _ = clerk
    assert (await enter(client, login, totp.at(NOW + timedelta(seconds=drift)))).status == 303


@pytest.mark.parametrize("drift", [-90, 90])
async def test_a_watch_may_not_be_more_wrong(client, clerk, drift):
    login, totp, _ = clerk
    assert (await enter(client, login, totp.at(NOW + timedelta(seconds=drift)))).status == 401


@pytest.mark.parametrize("code", ["", "动态码", "12345", "0", "é" * 6, "9" * 500])
async def test_what_is_no_code_is_refused_like_a_wrong_one(client, clerk, code):
    login, _, _ = clerk
    assert (await enter(client, login, code)).status == 401


async def test_unknown_disabled_and_wrong_are_answered_alike(client, place, clerk, clock):
    """I-12: nobody learns from the answer who has an account here."""
    login, totp, _ = clerk
    off, off_totp = await web.staff(place, "off-" + login, role="county_staff", area=OWN_COUNTY)
    await place.owner.execute("update app_user set disabled_at = $2 where id = $1", off, NOW)
    await place.user("phone only")
    tries = [
        (login, "wrong password", totp.at(NOW)),
        (login, PASSWORD, "000000"),
        ("off-" + login, PASSWORD, off_totp.at(NOW)),
        ("nobody-here", PASSWORD, "123456"),
    ]
    pages = set()
    for given, password, code in tries:
        answer = await enter(client, given, code, password)
        assert answer.status == 401
        assert COOKIE not in answer.cookies
        text = await answer.text()
        text = re.sub(r'value="[^"]*"|[0-9a-f]{16}|[\w-]{22}', "", text)
        pages.add(text.replace(given, ""))
    assert len(pages) == 1


async def test_an_unknown_account_costs_as_much_work_as_a_known_one(place, clerk, monkeypatch):
    """Or the time would tell."""
    verified = []
    holds = sign_in._password_holds
    monkeypatch.setattr(
        sign_in, "_password_holds", lambda *given: verified.append(given[0]) or holds(*given)
    )
    for login in (clerk[0], "nobody-here"):
        with pytest.raises(sign_in.SignInRefused):
            async with transaction(place.pool, PUBLIC) as conn:
                await sign_in.with_password(
                    conn, place.keys, login, "wrong", "1", now=NOW, request_id="t"
                )
    assert len(verified) == 2
    assert {text.split("$")[3] for text in verified} == {"m=19456,t=2,p=1"}


async def test_a_locked_out_account_opens_again_after_a_while(client, clerk, clock):
    login, totp, _ = clerk
    for _ in range(sign_in.TRIES_PER_MINUTE):
        assert (await enter(client, login, "000000")).status == 401
    assert (await enter(client, login, totp.at(NOW))).status == 429
    clock.move(seconds=11)
    assert (await enter(client, login, totp.at(clock.at))).status == 303


async def test_another_spelling_of_the_account_gives_no_more_tries(client, clerk):
    login, totp, _ = clerk
    spellings = [login, login.upper(), f" {login}", f"{login}\t", login.title(), f"  {login}  "]
    for spelling in spellings:
        assert (await enter(client, spelling, "000000")).status == 401
    assert (await enter(client, f"   {login}", totp.at(NOW))).status == 429


async def test_one_address_can_not_try_many_accounts(client, place):
    for number in range(60):
        async with transaction(place.pool, PUBLIC) as conn:
            await sign_in.limit_tries(conn, place.keys, f"guess{number}", "127.0.0.1", NOW)
    assert (await post(client, "/sign-in/staff", login="guess-more")).status == 429


async def test_without_the_limit_guessing_goes_on(client, clerk, monkeypatch):
    """Takes the guard away: the limit is what stopped the tries above."""

    async def free(*given): ...

    monkeypatch.setattr(sign_in, "limit_tries", free)
    for _ in range(sign_in.TRIES_PER_MINUTE + 2):
        assert (await enter(client, clerk[0], "000000")).status == 401
