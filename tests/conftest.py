"""A server of their own for the tests, a migrated template database, and copies of it.

TEST_DATABASE_URL selects a throw-away server; else the embedded one is started in a folder that is
removed again. Nothing needs the network.
"""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from services.access import Actor, Grant
from services.db.context import speak_for
from services.db.embedded import server_for
from services.db.migrate import migrate
from services.db.pool import open_pool
from services.db.roles import ensure_roles
from services.reference import loader
from services.sealing import Keys
from services.settings import Settings

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Henan, a Monday
_numbers = itertools.count(1)


def with_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="yupei-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def settings(home: Path) -> Iterator[Settings]:
    """Settings whose server runs and whose roles exist; the database is the template."""
    env = {"YUPEI_HOME": str(home / "yupei"), "YUPEI_DEMO": "1", "YUPEI_LOG_LEVEL": "error"}
    given = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
    if given:
        for name in ("YUPEI_KEY_FILE", "YUPEI_MATCHER_KEY_FILE"):
            file = home / name
            file.write_bytes(os.urandom(32))
            env[name] = str(file)
        yield Settings.from_env({**env, "DATABASE_URL": given})
        return
    found = Settings.from_env(env)
    with server_for(found, fast=True) as ready:
        yield ready


async def _create(settings: Settings, name: str, template: str | None) -> Settings:
    # Any database but the template: CREATE DATABASE wants nobody else on it.
    admin = await asyncpg.connect(with_database(settings.database_url, "postgres"))
    try:
        await admin.execute(f'drop database if exists "{name}" with (force)')
        suffix = f' template "{template}"' if template else ""
        await admin.execute(f'create database "{name}"{suffix}')
        if template:
            await admin.execute(f'alter database "{name}" owner to yupei_owner')
            await admin.execute(
                f'grant connect on database "{name}" to yupei_app, yupei_matcher, yupei_sealer, yupei_backup'
            )
    finally:
        await admin.close()
    return settings.at(with_database(settings.database_url, name))


@pytest.fixture(scope="session")
async def template(settings: Settings) -> AsyncIterator[Settings]:
    """A database at the newest schema with the reference data, made once; tests get copies."""
    name = f"yupei_template_{os.getpid()}"
    made = await _create(settings, name, None)
    admin = await asyncpg.connect(made.database_url)
    await ensure_roles(admin, made)
    await admin.close()
    owner = await asyncpg.connect(made.url("yupei_owner"))
    await migrate(owner)
    async with owner.transaction():
        await loader.load(owner, at=NOW)
    await owner.close()
    yield made
    await _drop(settings, name)


async def _drop(settings: Settings, name: str) -> None:
    admin = await asyncpg.connect(with_database(settings.database_url, "postgres"))
    try:
        await admin.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await admin.close()


@dataclass(frozen=True)
class Place:
    """A database of a test's own."""

    settings: Settings
    owner: "asyncpg.Connection[Any]"
    pool: "asyncpg.Pool[Any]"
    keys: Keys

    async def user(self, name: str = "测试", **grant: Any) -> int:
        """A simulated user, with a grant if its role is named."""
        user = await self.owner.fetchval("select nextval(pg_get_serial_sequence('app_user', 'id'))")
        await self.owner.execute(
            "insert into app_user (id, name_cipher, simulated, created_at) overriding system value"
            " values ($1, $2, true, $3)",
            user,
            self.keys.seal(name, f"app_user.name.{user}"),
            NOW,
        )
        if grant:
            await self.grant(user, **grant)
        return int(user)

    async def grant(
        self,
        user: int,
        role: str,
        *,
        area: str | None = None,
        employer: int | None = None,
        base: int | None = None,
        person: int | None = None,
    ) -> None:
        await self.owner.execute(
            "insert into role_grant (user_id, role, area, employer_id, base_id, person_id, valid_from, granted_at,"
            # A grant that nobody gave is the bootstrap's alone, and there is one of each role.
            " granted_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $1)",
            user,
            role,
            area,
            employer,
            base,
            person,
            NOW.date() - timedelta(days=1),
            NOW,
        )

    async def actor(self, user: int) -> Actor:
        """The actor that a request of `user` would have."""
        rows = await self.owner.fetch(
            "select role, area, employer_id, base_id, person_id from role_grant"
            " where user_id = $1 and revoked_at is null order by id",
            user,
        )
        below = {
            row["ancestor"]: frozenset(row["codes"])
            for row in await self.owner.fetch(
                "select ancestor, array_agg(code) as codes from division_ancestor group by ancestor"
            )
        }
        grants = tuple(Grant(*row, below=below.get(row["area"], frozenset())) for row in rows)
        return Actor(user, grants, request_id="test")


@pytest.fixture
async def place(template: Settings) -> AsyncIterator[Place]:
    """A database of the test's own, for what commits or runs side by side."""
    name = f"yupei_test_{os.getpid()}_{next(_numbers)}"
    source = urlsplit(str(template.database_url)).path.lstrip("/")
    made = await _create(template, name, source)
    owner = await asyncpg.connect(made.url("yupei_owner"))
    pool = await open_pool(made.url("yupei_app"), size=20)
    try:
        yield Place(made, owner, pool, Keys.of(made.master_key))
    finally:
        await asyncio.wait_for(pool.close(), 10)
        await owner.close()
        await _drop(template, name)


@pytest.fixture
async def conn(template: Settings) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """The service's own connection (yupei_app), every change undone after the test."""
    conn = await asyncpg.connect(template.url("yupei_app"))
    change = conn.transaction()
    await change.start()
    await speak_for(conn, Actor(None))
    yield conn
    await change.rollback()
    await conn.close()


@pytest.fixture
async def owner(template: Settings) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """The schema owner's connection, every change undone after the test."""
    conn = await asyncpg.connect(template.url("yupei_owner"))
    change = conn.transaction()
    await change.start()
    yield conn
    await change.rollback()
    await conn.close()
