"""The least that a handler of this kind can do: aiohttp, asyncpg, one row in a transaction.

python -m benchmarks._bare PORT URL
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
from aiohttp import web

POOL = web.AppKey("pool", asyncpg.Pool)


async def one_row(request: web.Request) -> web.Response:
    """BEGIN, set_config, SELECT one row, COMMIT."""
    async with request.app[POOL].acquire() as conn, conn.transaction():
        await conn.execute("select set_config('yupei.user', $1, true)", "1")
        row = await conn.fetchrow("select code, name from division where code = $1", "410122")
    return web.json_response(dict(row))


async def _pool(app: web.Application) -> AsyncIterator[None]:
    app[POOL] = await asyncpg.create_pool(sys.argv[2], min_size=1, max_size=10)
    yield
    await app[POOL].close()


def main() -> None:
    app = web.Application()
    app.router.add_get("/", one_row)
    app.cleanup_ctx.append(_pool)
    quiet: Any = None
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=quiet, access_log=None)


if __name__ == "__main__":
    main()
