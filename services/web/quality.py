"""How far the scores of a season can be trusted: agreement, severity and habits of assessors."""

from aiohttp import web

from accreditation.reliability.agreement import reading
from services.access import Permission
from services.actions import seasons as actions
from services.db import seasons
from services.i18n import _, language
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, page, speaking, whole_number
from services.web.routing import Area, Routes

routes = Routes()


@routes.get("/quality", permission=Permission.QUALITY_READ, area=Area.ANYWHERE)
async def show(request: web.Request) -> web.Response:
    """The report of one year; the newest that has results unless `year` names another."""
    async with speaking(request) as conn:
        years = [one.year for one in await seasons.years.all(conn)]
        asked = whole_number(request.query.get("year", ""))
        year = asked if asked in years else next(iter(years), request.app[CLOCK].today().year)
        season = await actions.report(conn, actor(request), year)
    keys = request.app[KEYS]
    return page(
        request,
        "quality/show.html",
        years=years,
        season=season,
        names={
            one: keys.open(cipher, f"app_user.name.{one}")
            for one, cipher in season.name_ciphers.items()
        },
        word=reading(season.mean.low) if season.mean else None,
        words={
            "poor": _("差"),
            "moderate": _("中等"),
            "good": _("良好"),
            "excellent": _("很好"),
        },
        lang=language(),
    )
