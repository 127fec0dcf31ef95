"""The others come in with a code sent to their phone."""

import re

import pytest

from services.actions import sign_in
from tests.services import web
from tests.services.sign_in.door import FULL_WIDTH, post
from tests.services.web import OWN_COUNTY

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
