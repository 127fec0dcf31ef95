"""One transaction in the name of one actor: what row-level security asks is set here only."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from services.access import Actor
from services.db import Conn
from services.db.pool import Pool, begin_with

_PLAIN: Final = re.compile(r"[0-9A-Za-z_,]*", re.ASCII)
_SET: Final = """
select set_config('yupei.user', $1, true), set_config('yupei.areas', $2, true),
  set_config('yupei.employers', $3, true), set_config('yupei.bases', $4, true),
  set_config('yupei.persons', $5, true), set_config('yupei.roles', $6, true)
"""


@dataclass(frozen=True, slots=True)
class Busy(Exception):
    """No connection became free in time; the asker should try again."""

    seconds: float


async def speak_for(conn: Conn, actor: Actor) -> None:
    """Sets who is asking until the transaction ends."""
    await conn.execute(_SET, *_told(actor))


def opening(actor: Actor) -> str:
    """The same as one statement without arguments, so that it can go out with BEGIN.

    Raises ValueError for a value that isn't digits, letters, commas and underscores only.
    """
    statement = _SET
    for at, value in enumerate(_told(actor), 1):
        if not _PLAIN.fullmatch(value):
            raise ValueError("a grant names something that is no plain word")
        statement = statement.replace(f"${at}", f"'{value}'")
    return statement


def _told(actor: Actor) -> tuple[str, ...]:
    return (
        "" if actor.user is None else str(actor.user),
        ",".join(actor.areas),
        ",".join(map(str, actor.employers)),
        ",".join(map(str, actor.bases)),
        ",".join(map(str, actor.persons)),
        ",".join(actor.roles),
    )


@asynccontextmanager
async def connection(pool: Pool, *, wait_seconds: float = 2.0) -> AsyncIterator[Conn]:
    """A connection that speaks for nobody, each statement a transaction of its own. Raises Busy."""
    try:
        conn = await pool.acquire(timeout=wait_seconds)
    except TimeoutError:
        raise Busy(wait_seconds) from None
    try:
        yield conn
    finally:
        await pool.release(conn)


@asynccontextmanager
async def transaction(
    pool: Pool, actor: Actor, *, wait_seconds: float = 2.0
) -> AsyncIterator[Conn]:
    """A transaction in the name of `actor`. Raises Busy if no connection frees in time.

    An exception that leaves the block undoes everything in it; redirects are raised after it.
    """
    async with connection(pool, wait_seconds=wait_seconds) as conn:
        begin_with(conn, opening(actor))
        try:
            async with conn.transaction():
                yield conn
        finally:
            begin_with(conn, "")
