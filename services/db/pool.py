"""Connections of the service: one pool, as yupei_app, which row-level security holds."""

import asyncpg

from services.db import Conn


class UnsafeRole(Exception):
    """The service's role could pass by row-level security."""


async def open_pool(url: str, *, size: int = 10) -> "asyncpg.Pool[asyncpg.Record]":
    """A pool at `url`. Raises UnsafeRole if its role is superuser or bypasses row security."""
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=30,
        max_inactive_connection_lifetime=300,
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
