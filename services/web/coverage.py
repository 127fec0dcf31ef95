"""Which counties have an accredited base: the tile grid and the same as a table."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from services.db import coverage
from services.db.coverage import CountyRow
from services.i18n import _
from services.web.charts import State
from services.web.keys import CLOCK
from services.web.page import page, speaking
from services.web.routing import Area, Routes

routes = Routes()
LAPSE_DAYS: Final = 90  # our default: time enough to open a renewal
DEMONSTRATION_CAP: Final = 20  # 豫残联〔2022〕33号 一(三)2


def mark(county: CountyRow) -> str:
    """The key of the county's state on the grid."""
    if county.demonstration:
        return "demonstration"
    if county.active:
        return "covered"
    return "shaky" if county.shaky else "gap"


def states() -> dict[str, State]:
    """The legend, in the reader's language."""
    return {
        "demonstration": State(_("有示范基地"), "示", "good"),
        "covered": State(_("有基地"), "有", "info"),
        "shaky": State(_("暂停或撤销程序中"), "停", "due"),
        "gap": State(_("没有基地"), "缺", "late"),
    }


@routes.get("/coverage", permission=None, area=Area.PUBLIC)
async def show(request: web.Request) -> web.Response:
    """The 157 counties, the open gaps and the ranked demonstration list."""
    async with speaking(request) as conn:
        counties = await coverage.counties.all(conn)
        gaps = await coverage.gaps.all(conn)
        ranked = await coverage.demonstration.all(conn)
    soon = request.app[CLOCK].today() + timedelta(days=LAPSE_DAYS)
    named = [row for row in ranked if row.state == "demonstration"]
    return page(
        request,
        "coverage/show.html",
        counties=counties,
        marks={county.code: mark(county) for county in counties},
        states=states(),
        covered=sum(county.active > 0 for county in counties),
        gaps=gaps,
        lapsing=[one for one in counties if one.lapses_on and one.lapses_on <= soon],
        lapse_days=LAPSE_DAYS,
        ranked=ranked,
        named=len(named),
        cap=DEMONSTRATION_CAP,
    )
