"""The same actions as JSON, and the description of all of them at /api/openapi.json."""

from importlib import import_module
from typing import Final

from aiohttp import web

from services.web.api.openapi import describe
from services.web.routing import OF, Area, Routes

routes = Routes()
_MODULES: Final = (
    "services.web.api.coverage",
    "services.web.api.cases",
    "services.web.api.rubrics",
    "services.web.api.orders",
    "services.web.api.titles",
    "services.web.api.people",
)


@routes.get("/api/openapi.json", permission=None, area=Area.PUBLIC)
async def openapi(request: web.Request) -> web.Response:
    """OpenAPI 3.1 of every route below /api/."""
    return web.json_response(describe([route for route in request.app[OF].values() if route.api]))


for _name in _MODULES:
    routes.all.extend(import_module(_name).routes.all)
