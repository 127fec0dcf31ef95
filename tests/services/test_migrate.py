"""A database is brought to the newest schema once, whoever comes first, and never past it."""

import asyncio

import asyncpg
import pytest
from aiohttp.web import AppRunner

import services.db.migrate as room
from services.app import create_app
from services.db.migrate import SchemaRefused, check_current, migrate
from services.db.pool import UnsafeRole
from sql import migrations
from tests import conftest


@pytest.fixture
async def empty(template):
    """Two connections of the owner to a database without any schema."""
    name = conftest.urlsplit(template.database_url).path[1:] + "_empty"
    made = await conftest._create(template, name, None)
    admin = await asyncpg.connect(made.database_url)
    await conftest.ensure_roles(admin, made)
    await admin.close()
    first, second = [await asyncpg.connect(made.url("yupei_owner")) for _ in range(2)]
    yield first, second
    await first.close()
    await second.close()
    await conftest._drop(template, name)


async def test_an_empty_database_is_brought_up_once_by_two_that_start_together(empty):
    first, second = empty
    with pytest.raises(SchemaRefused, match="no schema yet"):
        await check_current(first)
    done = await asyncio.gather(migrate(first), migrate(second))
    assert sorted(map(len, done)) == [0, len(migrations())]
    assert await migrate(first) == []
    await check_current(second)


async def test_a_migration_that_fails_leaves_nothing_and_the_next_start_goes_on(empty, monkeypatch):
    conn, _ = empty
    sound = [("0001_a.sql", "create table a (x int)")]
    broken = [*sound, ("0002_b.sql", "create table b (x int); select 1 / 0")]
    monkeypatch.setattr(room, "migrations", lambda: broken)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(conn)
    assert await conn.fetchval("select to_regclass('a') is not null and to_regclass('b') is null")
    monkeypatch.setattr(room, "migrations", lambda: [*sound, ("0002_b.sql", "create table b ()")])
    assert await migrate(conn) == ["0002_b.sql"]


async def test_an_edited_migration_is_refused(owner, monkeypatch):
    edited = [(migrations()[0][0], migrations()[0][1] + "\n-- better"), *migrations()[1:]]
    monkeypatch.setattr(room, "migrations", lambda: edited)
    with pytest.raises(SchemaRefused, match="edited since"):
        await migrate(owner)
    with pytest.raises(SchemaRefused, match="edited since"):
        await check_current(owner)


async def test_a_newer_schema_is_refused_and_left_alone(owner, monkeypatch):
    monkeypatch.setattr(room, "migrations", lambda: migrations()[:-1])
    with pytest.raises(SchemaRefused, match="newer than this program"):
        await migrate(owner)
    with pytest.raises(SchemaRefused, match="newer than this program"):
        await check_current(owner)


async def starts(settings):
    """Starts the service over `settings` and stops it."""
    runner = AppRunner(create_app(settings))
    try:
        await runner.setup()
    finally:
        await runner.cleanup()


async def test_a_program_that_is_newer_than_its_database_does_not_start(template, monkeypatch):
    await starts(template)
    monkeypatch.setattr(room, "migrations", lambda: [*migrations(), ("9999_next.sql", "select 1")])
    with pytest.raises(SchemaRefused, match="lacks 9999_next"):
        await starts(template)


async def test_the_service_does_not_start_as_one_whom_row_security_does_not_hold(
    template, monkeypatch
):
    for free in (template.database_url, template.url("yupei_backup")):
        monkeypatch.setattr(type(template), "url", lambda self, role, url=free: url)
        with pytest.raises(UnsafeRole):
            await starts(template)
