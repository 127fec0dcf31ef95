"""No other site changes anything in the name of who is signed in here."""

from dataclasses import replace

import pytest

from services.web.middlewares import COOKIE
from services.web.sign_in import local
from tests.conftest import NOW
from tests.services import web
from tests.services.sign_in.door import enter, reach


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
