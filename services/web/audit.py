"""The log of who did what, for auditors."""

from typing import Final

from aiohttp import web

from services.access import Permission
from services.db import audit
from services.web.page import page, speaking
from services.web.routing import Area, Routes

routes = Routes()
_ROWS: Final = 100
_NEWEST: Final = 2**62


@routes.get("/audit", permission=Permission.AUDIT_READ, area=Area.ANYWHERE)
async def newest(request: web.Request) -> web.Response:
    """Events, newest first."""
    before = request.query.get("before", "")
    at = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else _NEWEST
    async with speaking(request) as conn:
        events = await audit.newest.all(conn, at, _ROWS)
    return page(
        request, "audit.html", events=events, older=events[-1].seq if len(events) == _ROWS else None
    )
