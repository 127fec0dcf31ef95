"""Whether the service lives, is ready, and how it fares."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.web.keys import POOL
from services.web.routing import Area, Routes

routes = Routes()


@dataclass(slots=True)
class Draining:
    """True from the moment that the service was told to stop."""

    now: bool = False


DRAINING: Final = web.AppKey("draining", Draining)


@routes.get("/healthz", permission=None, area=Area.PUBLIC)
async def alive(request: web.Request) -> web.Response:
    """Answers while the process lives; asks nothing of the database."""
    return web.json_response({"alive": True})


@routes.get("/readyz", permission=None, area=Area.PUBLIC)
async def ready(request: web.Request) -> web.Response:
    """200 while the service takes work: the database answers and nobody told it to stop."""
    if request.app[DRAINING].now:
        return web.json_response({"ready": False, "why": "draining"}, status=503)
    try:
        async with request.app[POOL].acquire(timeout=1) as conn:
            await conn.execute("select 1", timeout=1)
    except Exception:
        return web.json_response({"ready": False, "why": "database"}, status=503)
    return web.json_response({"ready": True})


@routes.get("/metrics", permission=None, area=Area.PUBLIC)
async def metrics(request: web.Request) -> web.Response:
    """Counters and times in the Prometheus text format; no personal data in any label."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
