"""Who may come in, by which proof, for how long; and whom no proof lets in."""

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from accreditation.errors import Refusal
from services.access import EXCLUSIVE, Actor, Grant
from services.actions import sign_in, users
from services.db.context import transaction
from services.sealing import Keys
from services.web.middlewares import COOKIE
from services.web.sign_in import local
from tests.conftest import NOW
from tests.services import web
from tests.services.web import OWN_COUNTY, PASSWORD, Ticking

PUBLIC = Actor(None, request_id="test")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture
def clock():
    return Ticking()


@pytest.fixture
async def client(place, clock):
    await place.owner.execute("delete from rate_bucket")
    async with web.serve(place, clock=clock) as made:
        yield made


async def post(client, path, **form):
    """The answer to a form without a session."""
    return await client.post(path, data=form, allow_redirects=False)


async def enter(client, login, code, password=PASSWORD, **more):
    return await post(client, "/sign-in/staff", login=login, password=password, code=code, **more)


def names():
    at = 0
    while True:
        at += 1
        yield f"clerk{at}"


NAMES = names()


@pytest.fixture
async def clerk(place):
    """A county's member of staff: login, the generator of codes, user id."""
    login = next(NAMES)
    user, totp = await web.staff(place, login, role="county_staff", area=OWN_COUNTY)
    return login, totp, user


# Password and time code.


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
    import asyncio  # noqa: PLC0415

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


# A code by phone.

TOKEN = re.compile(r'name="request" value="([^"]+)"')


async def ask_for_code(client, place, phone):
    """Asks for a code; the request's token and the code that the message holds."""
    answer = await post(client, "/sign-in/phone", phone=phone)
    assert answer.status == 200, await answer.text()
    token = TOKEN.search(await answer.text()).group(1)
    cipher = await place.owner.fetchval("select body_cipher from sms_outbox order by id desc")
    code = re.search(r"\d{6}", place.keys.open(cipher, "sms_outbox.body")).group()
    return token, code


PHONES = iter(range(13700000001, 13700000999))


@pytest.fixture
async def phone(place):
    number = str(next(PHONES))
    await web.with_phone(place, number, role="employer", employer=1)
    return number


async def test_who_holds_the_phone_comes_in_once(client, place, phone):
    token, code = await ask_for_code(
        client, place, f"{phone[:3]} {phone[3:]}".translate(FULL_WIDTH)
    )
    assert (await post(client, "/sign-in/code", request=token, code=code)).status == 303
    client.session.cookie_jar.clear()
    again = await post(client, "/sign-in/code", request=token, code=code.translate(FULL_WIDTH))
    assert again.status == 401


async def test_a_code_is_over_after_five_minutes(client, place, phone, clock):
    token, code = await ask_for_code(client, place, phone)
    clock.move(minutes=sign_in.CODE_MINUTES, seconds=1)
    assert (await post(client, "/sign-in/code", request=token, code=code)).status == 401


async def test_a_code_bears_five_wrong_tries(client, place, phone):
    token, code = await ask_for_code(client, place, phone)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(sign_in.CODE_TRIES):
        assert (await post(client, "/sign-in/code", request=token, code=wrong)).status == 401
    assert (await post(client, "/sign-in/code", request=token, code=code)).status == 401


async def test_a_code_belongs_to_the_browser_that_asked(client, place, phone):
    """The code of one request does not open with the token of another."""
    first, code = await ask_for_code(client, place, phone)
    second, _ = await ask_for_code(client, place, str(next(PHONES)))
    assert (await post(client, "/sign-in/code", request=second, code=code)).status == 401
    client.session.cookie_jar.clear()
    assert (await post(client, "/sign-in/code", request=first, code=code)).status == 303


async def test_a_number_that_nobody_has_is_answered_like_one_that_somebody_has(client, place):
    token, code = await ask_for_code(client, place, str(next(PHONES)))
    assert (await post(client, "/sign-in/code", request=token, code=code)).status == 401


async def test_staff_never_come_in_by_phone(client, place):
    number = str(next(PHONES))
    await web.with_phone(place, number, role="county_staff", area=OWN_COUNTY)
    token, code = await ask_for_code(client, place, number)
    assert (await post(client, "/sign-in/code", request=token, code=code)).status == 401


async def test_a_number_gets_five_codes_an_hour(client, place, phone, clock):
    for _ in range(sign_in.CODES_PER_HOUR):
        await ask_for_code(client, place, phone)
        clock.move(seconds=30)
    assert (await post(client, "/sign-in/phone", phone=phone)).status == 429
    clock.move(hours=1)
    await ask_for_code(client, place, phone)


@pytest.mark.parametrize("given", ["", "1370000", "23700000001", "1370000000x", "137000000011"])
async def test_what_is_no_number_gets_no_message(client, place, given):
    before = await place.owner.fetchval("select count(*) from sms_outbox")
    assert (await post(client, "/sign-in/phone", phone=given)).status == 422
    assert await place.owner.fetchval("select count(*) from sms_outbox") == before


async def test_no_code_and_no_number_lies_open_in_the_database(client, place, phone):
    token, code = await ask_for_code(client, place, phone)
    for table in ("one_time_code", "sms_outbox", "rate_bucket"):
        rows = await place.owner.fetch(f"select * from {table}")
        text = " ".join(
            value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for row in rows
            for name, value in row.items()
            if not name.endswith(("_at", "id"))
        )
        assert phone not in text
        assert token not in text
        assert f" {code} " not in f" {text} "


# Sessions.


async def reach(client, path="/staff"):
    return (await client.get(path, allow_redirects=False)).status


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


# No other site's page.


async def change(client, csrf=None, *, headers=None, path="/sign-out"):
    data = {} if csrf is None else {"csrf": csrf}
    return (await client.post(path, data=data, headers=headers, allow_redirects=False)).status


async def test_a_form_without_its_token_changes_nothing(client, place, clerk):
    csrf = await web.signed_in(place, client, clerk[2])
    for wrong in (None, "", csrf[:-1], csrf + "x", "页面"):
        assert await change(client, wrong) == 403
    assert await reach(client) == 200
    assert await change(client, csrf) == 303


async def test_another_ones_token_is_not_good(client, place, clerk):
    other = await web.open_session(place, await place.user("别人"))
    await web.signed_in(place, client, clerk[2])
    assert await change(client, other.csrf) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_sites_page_changes_nothing_even_with_the_token(
    client, place, clerk, headers
):
    csrf = await web.signed_in(place, client, clerk[2])
    assert await change(client, csrf, headers=headers) == 403
    assert await change(client, None, headers=headers, path="/sign-in/phone") == 403


async def test_our_own_page_says_where_it_comes_from_and_may(client, place, clerk):
    csrf = await web.signed_in(place, client, clerk[2])
    own = str(client.make_url("/")).rstrip("/")
    assert (
        await change(client, csrf, headers={"Origin": own, "Sec-Fetch-Site": "same-origin"}) == 303
    )


async def test_the_cookie_is_for_this_site_and_no_script(client, clerk, place):
    login, totp, _ = clerk
    cookie = (await enter(client, login, totp.at(NOW))).cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["secure"]  # asked over plain HTTP, on one's own machine


async def test_behind_an_https_address_the_cookie_is_secure(place, clerk):
    login, totp, _ = clerk
    settings = replace(place.settings, public_url="https://yupei.example")
    async with web.serve(place, settings=settings) as client:
        answer = await enter(client, login, totp.at(NOW))
    assert answer.cookies[COOKIE]["secure"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "//[",
        "/\t/[",
        "",
    ],
)
async def test_signing_in_leads_to_a_page_of_this_site(client, clerk, target):
    assert local(target) == "/"
    login, totp, _ = clerk
    answer = await enter(client, login, totp.at(NOW), next=target)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    answer = await client.get(
        "/language", params={"to": "en", "back": target}, allow_redirects=False
    )
    assert answer.headers["Location"] == "/"


def test_signing_in_leads_back_to_where_one_was():
    assert local("/cases/3?page=2") == "/cases/3?page=2"


# The first administrators, and the three who may not be one.


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


# The demonstration.


async def persona(place):
    user = await place.user("演示", role="county_staff", area=OWN_COUNTY)
    await place.owner.execute("update app_user set persona = 'county_staff' where id = $1", user)
    return user


async def test_a_persona_is_entered_in_a_demonstration_and_the_answer_says_so(client, place):
    user = await persona(place)
    page = await (await client.get("/sign-in")).text()
    assert f'name="persona" value="{user}"' in page
    answer = await post(client, "/sign-in/persona", persona=str(user))
    assert answer.status == 303
    assert answer.headers["X-Demo"] == "1"


async def test_outside_of_a_demonstration_there_is_no_such_door(place):
    user = await persona(place)
    async with web.serve(place, settings=replace(place.settings, demo=False)) as client:
        assert (await post(client, "/sign-in/persona", persona=str(user))).status == 404
        answer = await client.get("/sign-in")
        assert "X-Demo" not in answer.headers
        assert 'name="persona"' not in await answer.text()


@pytest.mark.parametrize("column", ["simulated = false", "persona = null", "disabled_at = now()"])
async def test_only_a_simulated_persona_is_entered_without_a_proof(client, place, column):
    user = await persona(place)
    await place.owner.execute(f"update app_user set {column} where id = $1", user)
    answer = await post(client, "/sign-in/persona", persona=str(user))
    await place.owner.execute("update app_user set simulated = true where id = $1", user)
    assert answer.status == 401
    assert COOKIE not in answer.cookies
