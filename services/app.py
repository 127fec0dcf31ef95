"""Puts the application together: settings, pool, keys, pages, routes and the order of middlewares."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from services.db.migrate import check_current
from services.db.pool import open_pool
from services.db.roles import check_locale
from services.messages import Outbox, SmsSender
from services.sealing import Keys
from services.settings import Settings
from services.snapshot import Snapshot
from services.web import all_routes, middlewares
from services.web.health import DRAINING, Draining
from services.web.keys import CLOCK, KEYS, PAGES, POOL, SETTINGS, SMS, Clock
from services.web.market import SNAPSHOT
from services.web.pages import environment
from services.web.routing import register

STATIC = Path(__file__).parent / "web" / "static"
DRAIN_SECONDS = 15


def create_app(
    settings: Settings, *, clock: Clock | None = None, sms: SmsSender | None = None
) -> web.Application:
    """The service, ready to be run; its pool opens when it starts."""
    keys = Keys.of(settings.master_key)
    app = web.Application(
        middlewares=middlewares.ALL,
        client_max_size=middlewares.BODY_BYTES,
        handler_args={"keepalive_timeout": 20},
    )
    app[SETTINGS] = settings
    app[KEYS] = keys
    app[CLOCK] = clock or Clock()
    app[SMS] = sms or Outbox(keys)
    app[PAGES] = environment()
    app[DRAINING] = Draining()
    app[SNAPSHOT] = Snapshot(settings)
    register(app, all_routes())
    app.router.add_static("/static", STATIC, append_version=False)
    app.cleanup_ctx.append(_database)
    app.on_shutdown.append(_drain)
    return app


async def _database(app: web.Application) -> AsyncIterator[None]:
    """The pool for as long as the service runs. Refuses a newer schema, a free role, a deaf locale."""
    pool = await open_pool(app[SETTINGS].url("yupei_app"))
    try:
        async with pool.acquire() as conn:
            await check_current(conn)
            await check_locale(conn)
        app[POOL] = pool
        yield
    finally:
        await app[SNAPSHOT].close()
        try:
            await asyncio.wait_for(pool.close(), 10)
        except TimeoutError:
            pool.terminate()


async def _drain(app: web.Application) -> None:
    """Readiness turns red first, so that a balancer sends nothing new while the rest finishes."""
    app[DRAINING].now = True


def run(settings: Settings) -> None:
    """Serves until a signal; what is under way finishes first."""
    web.run_app(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        shutdown_timeout=DRAIN_SECONDS,
        keepalive_timeout=20,
        print=None,
        access_log=None,
    )
