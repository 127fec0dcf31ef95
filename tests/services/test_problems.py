"""What goes wrong is said in the reader's words, with a number to ask about, and says nothing else."""

import asyncio
import io
import json

import pytest
from yarl import URL

from services.access import Denied
from services.db import coverage
from services.problems import BY_STATUS, PROBLEMS, UNEXPECTED, problem_of
from services.web import middlewares, pages
from tests.services import web
from tests.services.page_check import check_page
from tests.services.web import OWN_COUNTY

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
async def place(template):
    async with web.a_place(template) as made:
        yield made


@pytest.fixture
async def client(place):
    await place.owner.execute("delete from rate_bucket")
    async with web.serve(place) as made:
        yield made


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere", "/plaques/NONE-1"])
async def test_what_is_not_there_is_404_as_a_page_and_as_a_document(client, path):
    answer = await client.get(path)
    assert answer.status == 404
    if path.startswith("/api/"):
        assert answer.content_type == "application/problem+json"
    else:
        text = await answer.text()
        check_page(text)
        assert answer.headers["X-Request-Id"] in text
    answer = await client.get(path, headers=JSON)
    told = json.loads(await answer.text())
    assert answer.content_type == "application/problem+json"
    assert told["type"] == "/problems/not-found"
    assert (told["status"], told["instance"]) == (404, path)
    assert told["request_id"] == answer.headers["X-Request-Id"]
    assert told["title"]
    assert told["detail"]


async def test_a_problem_is_told_in_the_readers_language(client):
    chinese = await (await client.get("/nowhere")).text()
    english = await (await client.get("/nowhere", headers={"Accept-Language": "en"})).text()
    check_page(english)
    assert "没有找到" in chinese
    assert "没有找到" not in english


async def test_every_problem_has_its_own_name_and_a_next_step():
    told = [*PROBLEMS.values(), *BY_STATUS.values(), UNEXPECTED]
    for problem in told:
        assert problem.title
        assert problem.next_step
        assert 400 <= problem.status < 600
    by_slug = {(p.slug, p.status) for p in told}
    assert len(by_slug) == len({slug for slug, _ in by_slug})


def test_a_refusal_is_answered_by_its_nearest_kind():
    assert problem_of(Denied("x")).status == 403
    assert problem_of(ValueError("x")) is UNEXPECTED


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abcdef-12345", True),
        ("x", False),
        ("a" * 65, False),
        ("a b c d e f", False),
        ("<b>aaaaaa", False),
    ],
)
async def test_a_given_request_id_is_kept_if_it_is_harmless(client, given, kept):
    answer = await client.get("/nowhere", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept
    assert len(answer.headers["X-Request-Id"]) >= 8


async def test_another_method_is_refused_and_the_right_one_named(client):
    answer = await client.delete("/coverage")
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]
    check_page(await answer.text())


async def test_who_is_not_signed_in_is_led_to_sign_in_and_back(client):
    answer = await client.get("/staff?page=2&q=残联", allow_redirects=False)
    away = URL(answer.headers["Location"])
    assert (answer.status, away.path) == (303, "/sign-in")
    assert URL(away.query["next"]) == URL("/staff?page=2&q=残联")
    answer = await client.get("/staff", headers=JSON, allow_redirects=False)
    assert answer.status == 401
    answer = await client.post("/users", allow_redirects=False)
    assert answer.status == 401
    check_page(await answer.text())


async def test_who_may_not_is_told_so_and_no_more(client, place):
    user = await place.user("县员", role="county_staff", area=OWN_COUNTY)
    await web.signed_in(place, client, user)
    answer = await client.get("/audit")
    assert answer.status == 403
    text = await answer.text()
    check_page(text)
    assert "audit:read" not in text


# Limits.


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(client):
    answer = await client.post("/sign-in/staff", data=io.BytesIO(b"x" * (2**20 + 1)))
    assert answer.status == 413
    check_page(await answer.text())


async def test_a_body_that_does_not_tell_its_size_is_cut_at_the_limit(client):
    async def endless():
        for _ in range(40):
            yield b"x" * 65536

    answer = await client.post("/sign-in/staff", data=endless())
    assert answer.status == 413


async def slow(client, seconds):
    """The status of a form whose second half comes after `seconds`."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    head = "POST /sign-in/staff HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    writer.write(head.encode() + b"logi")
    await asyncio.sleep(seconds)
    writer.write(b"n=abc")
    try:
        line = await asyncio.wait_for(reader.readline(), 5)
    finally:
        writer.close()
    return int(line.split()[1])


async def test_a_body_that_comes_too_slowly_is_cut(client, monkeypatch):
    assert await slow(client, 0.3) == 401  # in time: judged as a try to sign in
    monkeypatch.setattr(middlewares, "BODY_SECONDS", 0.1)
    assert await slow(client, 0.3) == 408


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"login=%00&password=x&code=1"),
        ("application/x-www-form-urlencoded", b"login=\xff\xfe&password=%ff&code=%f0%28"),
        ("application/x-www-form-urlencoded; charset=klingon", b"login=x"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"login=x"),
        ("multipart/form-data", b"login=x"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
        ),
        ("application/json", b"{"),
        ("", b"\0" * 100),
    ],
)
@pytest.mark.parametrize("path", ["/sign-in/staff", "/sign-in/phone", "/sign-in/code"])
async def test_a_garbled_form_is_the_senders_fault_and_not_ours(client, path, kind, body):
    answer = await client.post(path, data=body, headers={"Content-Type": kind})
    assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "path",
    [
        "/plaques/%00",
        "/plaques/A%0A",
        "/register?q=%00&page=-1",
        "/register?q=%ff&page=9999999999999999999999",
        "/language?to=%00&back=%00",
        "/sign-in?next=%5B//",
        "/%ff",
        "/users/99999999999999999999999/grants",
        "/bootstrap/%00",
        "/api/register?page=%EF%BC%91",
    ],
)
async def test_a_garbled_address_breaks_nothing(client, path):
    url = URL(str(client.make_url("/"))[:-1] + path, encoded=True)
    answer = await client.session.get(url, allow_redirects=False)
    assert answer.status < 500


# What nobody foresaw.


@pytest.fixture
def broken(monkeypatch):
    """The front page's query fails with a text that holds a name and a number."""

    async def one(*given):
        raise RuntimeError("张三 13700000001 select * from person")

    monkeypatch.setattr(type(coverage.figures), "one", one)


async def test_an_unexpected_error_leaks_nothing_but_a_number(client, broken, capsys):
    for headers in ({}, JSON):
        answer = await client.get("/", headers=headers)
        text = await answer.text()
        assert answer.status == 500
        assert answer.headers["X-Request-Id"] in text
        for word in ("张三", "13700000001", "select", "RuntimeError", "Traceback", ".py"):
            assert word not in text
        if not headers:
            check_page(text)
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged  # the log says what kind it was
    assert "张三" not in logged
    assert "13700000001" not in logged


async def test_when_no_connection_is_free_the_asker_is_told_to_come_again(client, place):
    pool = client.app[middlewares.POOL]
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        answer = await client.get("/")
    finally:
        for conn in held:
            await pool.release(conn)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "3"
    check_page(await answer.text())


async def test_every_answer_carries_the_headers_that_keep_it_safe(client):
    for path in ("/", "/nowhere", "/staff", "/api/figures"):
        answer = await client.get(path, allow_redirects=False)
        for name, value in middlewares.HEADERS.items():
            assert answer.headers[name] == value
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_service_that_was_told_to_stop_is_not_ready_but_alive(place):
    async with web.serve(place) as client:
        assert (await client.get("/readyz")).status == 200
        await client.app.shutdown()
        assert (await client.get("/readyz")).status == 503
        assert (await client.get("/healthz")).status == 200


async def test_the_numbers_of_the_service_name_nobody(client, place):
    await client.get("/nowhere/13700000001")
    text = await (await client.get("/metrics")).text()
    assert "yupei_requests_total" in text
    assert "13700000001" not in text


async def test_a_static_file_comes_packed_and_stays_as_long_as_its_address(client):
    path = pages.asset("vendor/govuk-frontend.min.css")
    packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert await packed.read() == await plain.read()
    assert "immutable" in packed.headers["Cache-Control"]
    gone = await client.get("/static/nothing.css?v=1")
    assert gone.status == 404
    assert "immutable" not in gone.headers.get("Cache-Control", "")
    assert "Cache-Control" not in (await client.get("/static/site.css")).headers
