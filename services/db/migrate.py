"""Brings a database to the newest schema: plain SQL files, each once, each in one transaction."""

import hashlib
from typing import Final

from services.db import Conn
from sql import migrations

# Two service processes may start at once: the second waits for the first.
_LOCK: Final = 0x79757065  # "yupe"
_LEDGER: Final = """
create table if not exists schema_migration (
  name text primary key,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp()
)
"""


class SchemaRefused(Exception):
    """The database is not one that this code may touch: it is newer, or a migration was edited."""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def migrate(conn: Conn) -> list[str]:
    """Applies what is missing, in order, and returns the names applied.

    `conn` is a direct connection of yupei_owner. Raises SchemaRefused if an applied migration was
    edited since, or if the database has one that this code does not know (a newer schema).
    """
    known = {name: _digest(text) for name, text in migrations()}
    await conn.execute("select pg_advisory_lock($1)", _LOCK)
    try:
        await conn.execute(_LEDGER)
        rows = await conn.fetch("select name, sha256 from schema_migration")
        applied = {row["name"]: row["sha256"] for row in rows}
        _check(applied, known)
        done: list[str] = []
        for name, text in migrations():
            if name in applied:
                continue
            async with conn.transaction():
                await conn.execute("set local lock_timeout = '4s'")
                await conn.execute("set local statement_timeout = '60s'")
                await conn.execute(
                    "insert into schema_migration (name, sha256) values ($1, $2)", name, known[name]
                )
                await conn.execute(text)
            done.append(name)
        return done
    finally:
        await conn.execute("select pg_advisory_unlock($1)", _LOCK)


async def check_current(conn: Conn) -> None:
    """Raises SchemaRefused unless the database is exactly at this code's schema."""
    known = {name: _digest(text) for name, text in migrations()}
    if not await conn.fetchval("select to_regclass('schema_migration') is not null"):
        raise SchemaRefused("the database has no schema yet: run `yupei migrate`")
    rows = await conn.fetch("select name, sha256 from schema_migration")
    applied = {row["name"]: row["sha256"] for row in rows}
    _check(applied, known)
    if missing := sorted(known.keys() - applied.keys()):
        raise SchemaRefused(f"the database lacks {', '.join(missing)}: run `yupei migrate`")


def _check(applied: dict[str, str], known: dict[str, str]) -> None:
    if newer := sorted(applied.keys() - known.keys()):
        raise SchemaRefused(f"the database is newer than this program: {', '.join(newer)}")
    if edited := sorted(name for name, digest in applied.items() if known[name] != digest):
        raise SchemaRefused(f"edited since they were applied: {', '.join(edited)}")
