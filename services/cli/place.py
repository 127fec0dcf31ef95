"""Where a command works: the settings, and the database they name or the embedded one."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import typer

from services import log
from services.db import Conn
from services.db.embedded import server_for as database
from services.db.migrate import migrate
from services.db.roles import ensure_roles
from services.reference import loader
from services.settings import Settings, SettingsError


def settings() -> Settings:
    """The settings of the environment; what is wrong with them is said and the command ends."""
    try:
        found = Settings.from_env(os.environ)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    log.configure(found.log_level)
    return found


@asynccontextmanager
async def owner(found: Settings) -> AsyncIterator[Conn]:
    """A direct connection of yupei_owner, for migrations and loading."""
    conn = await asyncpg.connect(found.url("yupei_owner"), command_timeout=600)
    try:
        yield conn
    finally:
        await conn.close()


async def prepare(found: Settings) -> list[str]:
    """Roles, newest schema, newest reference data. Idempotent; returns what was done."""
    admin = await asyncpg.connect(found.database_url)
    try:
        await ensure_roles(admin, found)
    finally:
        await admin.close()
    async with owner(found) as conn:
        done = await migrate(conn)
        async with conn.transaction():
            done += await loader.load(conn, at=datetime.now(UTC))
    return done


__all__ = ["database", "fail", "owner", "prepare", "settings"]


def fail(message: str) -> typer.Exit:
    """Says why on standard error; raise what it returns."""
    print(message, file=sys.stderr)
    return typer.Exit(1)
