"""What an installation sets is what holds: sizes, connections, and which proxy is believed."""

import io
import re
from dataclasses import fields, replace
from ipaddress import ip_network
from pathlib import Path

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from services import settings as module
from services.problems import problem_of
from services.settings import Settings, SettingsError
from services.web import middlewares
from services.web.keys import POOL, SETTINGS
from services.web.middlewares import COOKIE
from tests.services.web import open_session, serve


def test_every_setting_is_read_somewhere():
    rooms = Path(module.__file__).parent.rglob("*.py")
    told = "".join(each.read_text("utf-8") for each in rooms if each.name != "settings.py")
    own = [one.name for one in fields(Settings) if one.metadata]
    assert [name for name in own if not re.search(rf"\.{name}\b", told)] == []


async def test_the_pool_has_the_connections_that_were_set(place):
    async with serve(place, settings=replace(place.settings, pool_size=3)) as client:
        assert client.app[POOL].get_max_size() == 3


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_a_body_above_the_set_size_is_refused_as_page_or_problem(place, accept):
    async with serve(place, settings=replace(place.settings, body_bytes=2048)) as client:
        for size, status in ((2048, 401), (2049, 413)):
            data = b"login=".ljust(size, b"x")
            headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
            answer = await client.post("/sign-in/staff", data=data, headers=headers)
            assert answer.status == status
        kind = "text/html" if accept == "text/html" else "application/problem+json"
        assert answer.content_type == kind
        assert "2048" in await answer.text()


async def test_an_upload_too_large_for_any_document_is_refused_before_it_streams(place):
    user = await place.user("某人", role="base_manager")
    opened = await open_session(place, user)
    async with serve(place) as client:
        answer = await client.post(
            "/cases/1/documents",
            params={"csrf": opened.csrf},
            data=io.BytesIO(b"x" * (middlewares.UPLOAD_BYTES + 1)),
            headers={"Cookie": f"{COOKIE}={opened.token}", "Accept": "application/json"},
        )
        assert answer.status == 413


@pytest.fixture
async def behind(settings):
    """Asks a server behind the given proxies how it sees the asker."""

    async def ask(trusted, **forwarded):
        async def seen(request):
            return web.json_response([request.remote, request.scheme, request.host])

        app = web.Application(middlewares=[middlewares.behind_proxy])
        app[SETTINGS] = replace(settings, trusted_proxies=tuple(map(ip_network, trusted)))
        app.router.add_get("/", seen)
        async with TestClient(TestServer(app)) as client:
            names = {f"X-Forwarded-{name}": value for name, value in forwarded.items()}
            return await (await client.get("/", headers=names)).json()

    return ask


async def test_a_trusted_proxy_tells_the_address_the_scheme_and_the_host(behind):
    told = await behind(["127.0.0.0/8"], For="203.0.113.9", Proto="https", Host="pei.example")
    assert told == ["203.0.113.9", "https", "pei.example"]


async def test_what_a_client_wrote_before_the_proxies_is_not_believed(behind):
    told = await behind(["127.0.0.1", "10.0.0.0/8"], For="1.1.1.1, 203.0.113.9, 10.0.0.7")
    assert told[0] == "203.0.113.9"


async def test_without_a_trusted_proxy_nobody_is_believed(behind):
    for trusted in ([], ["10.0.0.0/8"]):
        told = await behind(trusted, For="203.0.113.9", Proto="https", Host="pei.example")
        assert told[:2] == ["127.0.0.1", "http"]


def test_a_proxy_that_is_no_address_is_a_fault_of_the_settings(tmp_path):
    given = {"YUPEI_HOME": str(tmp_path), "YUPEI_TRUSTED_PROXIES": "10.0.0.0/8, gateway"}
    with pytest.raises(SettingsError, match="YUPEI_TRUSTED_PROXIES"):
        Settings.from_env(given)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.LockNotAvailableError("lock timeout"),
        asyncpg.ConnectionDoesNotExistError("connection was closed"),
        ConnectionRefusedError(),
    ],
)
def test_a_database_that_is_slow_or_away_is_busy_not_broken(error):
    assert problem_of(error).status == 503
