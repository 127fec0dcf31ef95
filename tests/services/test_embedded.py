"""The embedded server is there for whoever may use it, keeps what it promised, and opens no doors."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import asyncpg
import pytest

from services.db import embedded, machine
from services.db.embedded import EmbeddedServer, server_for
from services.db.machine import EmbeddedError, alive
from services.db.roles import ServerUnfit, check_locale, ensure_roles
from services.settings import ROLES, Settings

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Path]:
    """pytest's own folders are closed to the account that PostgreSQL takes under root."""
    with tempfile.TemporaryDirectory(prefix="yupei-embedded-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddedServer]:
    """One server for the tests that leave it as they found it."""
    with tempfile.TemporaryDirectory(prefix="yupei-embedded-") as name:
        Path(name).chmod(0o755)
        with EmbeddedServer(Path(name) / "home", fast=True) as server:
            yield server


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def ask(server: EmbeddedServer, query: str) -> object:
    conn = await asyncpg.connect(server.url(), timeout=10)
    try:
        return await conn.fetchval(query)
    finally:
        await conn.close()


async def test_killing_the_postmaster_loses_no_committed_row_and_it_starts_again(
    place: Path,
) -> None:
    with EmbeddedServer(place / "home") as server:
        conn = await asyncpg.connect(server.url())
        await conn.execute("create table kept (id int primary key)")
        promised = 0

        async def write() -> None:
            nonlocal promised
            while True:
                await conn.execute("insert into kept values ($1)", promised + 1)
                promised += 1

        writing = asyncio.create_task(write())
        busy = await asyncpg.connect(server.url())  # its backend holds the memory for a moment more
        sleeping = asyncio.create_task(busy.execute("select pg_sleep(60)"))
        await asyncio.sleep(0.5)
        first = server.postmaster
        os.kill(first, signal.SIGKILL)
        await asyncio.gather(writing, sleeping, return_exceptions=True)
        conn.terminate()
        busy.terminate()

        await asyncio.to_thread(server.start)

        assert server.postmaster not in (0, first)
        assert promised > 10
        assert await ask(server, f"select count(*) from kept where id <= {promised}") == promised


async def test_a_stale_process_number_that_another_program_took_over_does_not_stop_the_start(
    place: Path,
) -> None:
    with EmbeddedServer(place / "home", fast=True) as server:
        pass
    left = place / "home/postgres/data/postmaster.pid"
    left.write_text(f"{os.getpid()}\n{left.parent}\n1\n5432\n\n\n0 0\nready\n")
    with server:
        assert await ask(server, "select 1") == 1


async def test_a_second_start_adopts_the_server_and_the_last_to_leave_stops_it(
    place: Path,
) -> None:
    first = EmbeddedServer(place / "home", fast=True).start()
    second = EmbeddedServer(place / "home", fast=True).start()
    pid = first.postmaster
    assert second.adopted
    assert not first.adopted
    assert second.postmaster == pid

    first.stop()
    assert await ask(second, "select 1") == 1

    second.stop()
    second.stop()
    assert second.postmaster == 0
    assert not alive(pid)


async def test_a_server_left_by_a_killed_process_is_adopted(place: Path) -> None:
    script = dedent(f"""
        import os, signal
        from pathlib import Path
        from services.db.embedded import EmbeddedServer
        print(EmbeddedServer(Path({str(place / "home")!r}), fast=True).start().postmaster, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        check=False,
        cwd=CHECKOUT,
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with EmbeddedServer(place / "home", fast=True) as server:
        assert server.adopted
        assert server.postmaster == int(done.stdout)
        assert await ask(server, "select 1") == 1
    assert not alive(int(done.stdout))


def test_two_starts_at_once_give_one_server(place: Path) -> None:
    servers = [EmbeddedServer(place / "home", fast=True) for _ in range(3)]
    threads = [threading.Thread(target=each.start) for each in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.postmaster for each in servers} - {0}) == 1
    assert sorted(each.adopted for each in servers) == [False, True, True]
    for each in servers:
        each.stop()


async def test_a_closed_folder_above_keeps_its_mode(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedServer(closed / "home", fast=True) as server:
        assert await ask(server, "select 1") == 1
    assert mode(closed) == 0o700
    assert mode(place) == 0o755
    data = (closed / "home/postgres").resolve()
    assert mode(data) == 0o700
    if data.parent == embedded.ELSEWHERE:
        shutil.rmtree(data)


async def test_a_long_path_with_spaces_works(place: Path) -> None:
    home = place / "数据 的 文件夹" / ("a long name " * 8).strip() / "home"
    with EmbeddedServer(home, fast=True) as server:
        assert await ask(server, "select current_database()") == "yupei"
        socket = Path(server._socket)
        assert mode(socket) == 0o700
    if socket.parent == Path("/tmp"):
        await asyncio.to_thread(socket.rmdir)


def test_an_interrupted_first_start_is_begun_anew(place: Path) -> None:
    half = place / "home/postgres/data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedServer(place / "home", fast=True) as server:
        assert server.postmaster


def test_data_of_another_version_are_refused_with_the_way_out(place: Path) -> None:
    data = place / "home/postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"PostgreSQL 9.*docs/operations\.md"):
        EmbeddedServer(place / "home", fast=True).start()


async def test_debians_programs_stand_in_where_the_wheel_is_missing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian = [each for each in machine.installed() if each.is_relative_to("/usr/lib/postgresql")]
    if not debian:
        pytest.skip("PostgreSQL of the system is not installed here")
    monkeypatch.setattr(machine, "installed", lambda: iter(debian))
    with EmbeddedServer(place / "home", fast=True) as server:
        version = await ask(server, "show server_version_num")
        assert str(version).startswith(debian[0].parent.name)
        conn = await asyncpg.connect(server.url())
        settings = Settings.from_env({"YUPEI_HOME": str(place)}).at(server.url())
        await ensure_roles(conn, settings)
        await check_locale(conn)
        await conn.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_account_starts_it_too(place: Path) -> None:
    python = "/usr/bin/python3"  # the one of .venv may lie where only root can go
    wheel = next(machine.installed()).parents[2]
    home = place / "their home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    script = dedent(f"""
        import os, sys
        sys.path[:0] = [{str(CHECKOUT)!r}, {str(wheel)!r}]
        from pathlib import Path
        from services.db.embedded import EmbeddedServer
        with EmbeddedServer(Path({str(home / "yupei")!r}), fast=True) as server:
            print(os.geteuid(), server.postmaster > 0)
    """)
    probe = [
        python,
        "-c",
        f"import sys; sys.exit(sys.version_info < (3, 11)); open({str(wheel)!r})",
    ]
    who: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    if not Path(python).exists() or subprocess.run(probe, check=False, **who).returncode:
        pytest.skip("no Python 3.11 that everybody may run")
    done = subprocess.run(
        [python, "-c", script], check=False, cwd="/", capture_output=True, text=True, **who
    )
    assert done.stdout == "65534 True\n", done.stderr
    assert mode(home / "yupei") == 0o700


async def test_the_roles_are_made_once_and_hold_their_limits(shared: EmbeddedServer) -> None:
    settings = Settings.from_env({"YUPEI_HOME": str(shared.home)}).at(shared.url())
    admins = [await asyncpg.connect(shared.url()) for _ in range(3)]
    await asyncio.gather(*(ensure_roles(each, settings) for each in admins))  # three at once
    rows = await admins[0].fetch(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcanlogin from pg_roles"
        " where rolname like 'yupei%'"
    )
    assert {row["rolname"] for row in rows} == set(ROLES)
    assert all(row["rolcanlogin"] and not row["rolsuper"] for row in rows)
    assert [row["rolname"] for row in rows if row["rolbypassrls"]] == ["yupei_backup"]
    for admin in admins:
        await admin.close()

    app = await asyncpg.connect(settings.url("yupei_app"))
    assert await app.fetchval("select current_user") == "yupei_app"
    assert await app.fetchval("show statement_timeout") == "5s"
    assert await app.fetchval("show lock_timeout") == "3s"
    assert await app.fetchval("show idle_in_transaction_session_timeout") == "10s"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("create table mine (id int)")
    with pytest.raises(ServerUnfit, match="superuser"):
        await ensure_roles(app, settings)
    await app.close()

    owner = await asyncpg.connect(settings.url("yupei_owner"))
    await owner.execute("create table theirs (id int); drop table theirs")
    await owner.close()


async def test_a_password_derived_from_the_key_opens_a_real_server(
    shared: EmbeddedServer,
) -> None:
    """The server stores our verifier as it is, so it took it for a SCRAM secret, not a password."""
    settings = Settings.from_env({"YUPEI_HOME": str(shared.home)}).at(shared.url())
    settings.master_key  # noqa: B018 - made here, where the database is embedded
    real = Settings.from_env({"YUPEI_HOME": str(shared.home), "DATABASE_URL": shared.url()})
    conn = await asyncpg.connect(shared.url())
    await ensure_roles(conn, real)
    stored = await conn.fetch(
        "select rolname, rolpassword from pg_authid where rolname like 'yupei%'"
    )
    assert all(row["rolpassword"].startswith("SCRAM-SHA-256$4096:") for row in stored)
    await conn.close()


async def test_a_database_that_finds_nothing_in_chinese_is_refused(
    shared: EmbeddedServer,
) -> None:
    conn = await asyncpg.connect(shared.url("postgres"))
    await conn.execute(
        "create database deaf template template0 lc_collate 'C' lc_ctype 'C' locale_provider libc"
    )
    deaf = await asyncpg.connect(shared.url("deaf"))
    await deaf.execute("create extension pg_trgm")
    with pytest.raises(ServerUnfit, match="locale C"):
        await check_locale(deaf)
    await deaf.close()
    await conn.execute("drop database deaf")
    await conn.close()


def test_a_server_of_ones_own_is_left_alone(place: Path) -> None:
    given = Settings.from_env(
        {"YUPEI_HOME": str(place / "home"), "DATABASE_URL": "postgresql://db.example/yupei"}
    )
    with server_for(given) as settings:
        assert settings is given
    assert not (place / "home").exists()
