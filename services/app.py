"""Puts the application together: settings, pool, keys, pages, routes and the order of middlewares."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from services.advice import Advice
from services.db import users
from services.db.migrate import check_current
from services.db.pool import open_pool
from services.db.roles import check_locale
from services.messages import Outbox, SmsSender
from services.previews import Previews
from services.running import Runner
from services.sealing import Keys
from services.settings import Settings
from services.snapshot import Snapshot
from services.web import all_routes, middlewares
from services.web.advice import ADVICE
from services.web.health import DRAINING, Draining
from services.web.keys import CLOCK, KEYS, PAGES, POOL, SETTINGS, SMS, Clock
from services.web.market import PREVIEWER, SNAPSHOT
from services.web.matching import RUNNER
from services.web.pages import environment
from services.web.routing import register

STATIC = Path(__file__).parent / "web" / "static"
DRAIN_SECONDS = 15


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DemonstrationRefused(Exception):
    """A demonstration lets anybody in as anybody: not beside real people, not beyond this machine."""


def create_app(
    settings: Settings, *, clock: Clock | None = None, sms: SmsSender | None = None
) -> web.Application:
    """The service, ready to be run; its pool opens when it starts.

    Raises DemonstrationRefused for a demonstration that would listen beyond this machine unasked.
    """
    if settings.demo and settings.host not in LOOPBACK and not settings.demo_public:
        raise DemonstrationRefused(
            "a demonstration listens on this machine only; YUPEI_DEMO_PUBLIC=1 opens it on purpose"
        )
    keys = Keys.of(settings.master_key)
    app = web.Application(
        middlewares=middlewares.ALL,
        client_max_size=settings.body_bytes,
        handler_args={"keepalive_timeout": 20},
    )
    app[SETTINGS] = settings
    app[KEYS] = keys
    app[CLOCK] = clock or Clock()
    app[SMS] = sms or Outbox(keys)
    app[PAGES] = environment()
    app[DRAINING] = Draining()
    app[SNAPSHOT] = Snapshot(settings)
    app[ADVICE] = Advice(app[SNAPSHOT])
    app[PREVIEWER] = Previews(app[SNAPSHOT])
    app[RUNNER] = Runner(settings)
    register(app, all_routes())
    app.router.add_static("/static", STATIC, append_version=False)
    app.on_response_prepare.append(middlewares.keep_versioned)
    app.cleanup_ctx.append(_database)
    app.on_shutdown.append(_drain)
    return app


async def _database(app: web.Application) -> AsyncIterator[None]:
    """The pool for as long as the service runs. Refuses a newer schema, a free role, a deaf locale."""
    pool = await open_pool(app[SETTINGS].url("yupei_app"), size=app[SETTINGS].pool_size)
    try:
        async with pool.acquire() as conn:
            await check_current(conn)
            await check_locale(conn)
            if app[SETTINGS].demo and await users.holds_real_people.value(conn):
                raise DemonstrationRefused(
                    "a demonstration does not start on a database with real people"
                )
        app[POOL] = pool
        app[SNAPSHOT].start(app[CLOCK].today)
        yield
    finally:
        app[ADVICE].close()
        await app[RUNNER].close()
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
