"""One transaction in the name of one actor: what row-level security asks is set here only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.access import Actor
from services.db import Conn

if TYPE_CHECKING:
    import asyncpg

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
    await conn.execute(
        _SET,
        "" if actor.user is None else str(actor.user),
        ",".join(actor.areas),
        ",".join(map(str, actor.employers)),
        ",".join(map(str, actor.bases)),
        ",".join(map(str, actor.persons)),
        ",".join(actor.roles),
    )


@asynccontextmanager
async def transaction(
    pool: "asyncpg.Pool[asyncpg.Record]", actor: Actor, *, wait_seconds: float = 2.0
) -> AsyncIterator[Conn]:
    """A transaction in the name of `actor`. Raises Busy if no connection frees in time.

    An exception that leaves the block undoes everything in it; redirects are raised after it.
    """
    try:
        conn = await pool.acquire(timeout=wait_seconds)
    except TimeoutError:
        raise Busy(wait_seconds) from None
    try:
        async with conn.transaction():
            await speak_for(conn, actor)
            yield conn
    finally:
        await pool.release(conn)
