"""Connections of the service: one pool, as yupei_app, which row-level security holds."""

from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from services.db import Conn


class UnsafeRole(Exception):
    """The service's role could pass by row-level security."""


if TYPE_CHECKING:  # generic to the type checker only
    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


class Session(_Connection):
    """A connection that says who asks in the very message that begins a transaction.

    Given back, it needs no cleaning: everything this service sets ends with its transaction
    (tests/services/test_context.py), and an open transaction is undone by asyncpg itself. Both
    together spare a request two of its round trips.
    """

    _opening = ""

    def open_with(self, statement: str) -> None:
        """The statement that goes out with the next BEGIN."""
        self._opening = statement

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109  # asyncpg's own
        if self._opening and not args and query.startswith("BEGIN"):
            query, self._opening = f"{query} {self._opening}", ""
        return str(await super().execute(query, *args, timeout=timeout))

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


def begin_with(conn: Conn, statement: str) -> None:
    """The statement that goes out with the next BEGIN of a connection of our pool."""
    conn.open_with(statement)  # type: ignore[union-attr]  # a proxy hands it on to the Session


async def open_pool(url: str, *, size: int = 10) -> Pool:
    """A pool at `url`. Raises UnsafeRole if its role is superuser or bypasses row security."""
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=30,
        max_inactive_connection_lifetime=300,
        connection_class=Session,
        server_settings={"application_name": "yupei", "timezone": "UTC"},
    )
    try:
        async with pool.acquire() as conn:
            await check_role(conn)
    except BaseException:
        pool.terminate()
        raise
    return pool


async def check_role(conn: Conn) -> None:
    """Raises UnsafeRole unless the connection's role is held by row-level security."""
    role = await conn.fetchrow(
        "select rolname, rolsuper or rolbypassrls as free from pg_roles where rolname = current_user"
    )
    if role is None or role["free"]:
        raise UnsafeRole(
            "the service must not connect as a superuser or a role with BYPASSRLS: "
            "row-level security would not hold"
        )
