"""Who takes part in a case: the draw of assessors, appointments, replacements."""

from aiohttp import web

from services.access import Permission
from services.actions import panels
from services.web.forms import clean, text_of
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, speaking
from services.web.routing import Area, Routes

routes = Routes()


@routes.post(r"/cases/{case:\d+}/draws", permission=Permission.CASE_SCHEDULE, area=Area.COUNTY)
async def commit(request: web.Request) -> web.Response:
    """Commits to a seed for the draw; its hash is public from now on."""
    form, case_id = await request.post(), number(request, "case")
    async with speaking(request) as conn:
        await panels.commit_seed(
            conn,
            request.app[KEYS],
            actor(request),
            case_id,
            reason=clean(text_of(form, "reason"))[:1000],
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther(f"/cases/{case_id}")


@routes.post(
    r"/cases/{case:\d+}/draws/reveal", permission=Permission.CASE_SCHEDULE, area=Area.COUNTY
)
async def reveal(request: web.Request) -> web.Response:
    """Closes the pool, reveals the seed and draws."""
    case_id = number(request, "case")
    async with speaking(request) as conn:
        await panels.draw_assessors(
            conn, request.app[KEYS], actor(request), case_id, now=request.app[CLOCK].now()
        )
    raise web.HTTPSeeOther(f"/cases/{case_id}")


@routes.post(r"/cases/{case:\d+}/members", permission=Permission.CASE_SCHEDULE, area=Area.COUNTY)
async def appoint(request: web.Request) -> web.Response:
    """Appoints a moderator, a panel member, or a member of a review or appeal group."""
    form, case_id = await request.post(), number(request, "case")
    async with speaking(request) as conn:
        await panels.appoint(
            conn,
            actor(request),
            case_id,
            _user(text_of(form, "user")),
            text_of(form, "part"),
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther(f"/cases/{case_id}")


def _user(text: str) -> int:
    """The user chosen; -1, whom nobody is, for anything else: the action says so after it looked
    whether the asker may ask at all."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else -1


@routes.post(
    r"/cases/{case:\d+}/assessors/{user:\d+}/replacement",
    permission=Permission.CASE_SCHEDULE,
    area=Area.COUNTY,
)
async def replace(request: web.Request) -> web.Response:
    """Takes an assessor off the case, with the reason."""
    form, case_id = await request.post(), number(request, "case")
    async with speaking(request) as conn:
        await panels.replace_assessor(
            conn,
            actor(request),
            case_id,
            number(request, "user"),
            reason=clean(text_of(form, "reason"))[:1000],
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther(f"/cases/{case_id}")
