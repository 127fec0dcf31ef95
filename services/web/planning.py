"""The plan for the whole province, and what a removal would do to it."""

from typing import Final

from aiohttp import web

from accreditation.admission_plan import Aim, Because, Why
from services.access import Permission
from services.actions import planning as actions
from services.i18n import N_, _
from services.web.home import PLAN
from services.web.page import actor, page, speaking, whole_number
from services.web.routing import Area, Routes

routes = Routes()
_WHY: Final = {
    Why.NO_CANDIDATE: N_("没有候选单位"),
    Why.BELOW_PASS: N_("候选单位预计得分不合格"),
    Why.MEANS: N_("预算或名额不够"),
}


@routes.get("/coverage/plan", permission=Permission.COVERAGE_READ, area=Area.ANYWHERE)
async def show(request: web.Request) -> web.Response:
    """Whom to admit and why, which counties stay open and why; with one base thought away."""
    asked = request.query
    async with speaking(request) as conn:
        found = await actions.planned(
            conn,
            actor(request),
            of=PLAN,
            without=whole_number(asked.get("without", "")),
            places=_limit(asked.get("places", "")),
            per_city=_limit(asked.get("per_city", "")),
            aim=Aim.SCORE,
        )
    return page(
        request,
        "coverage/plan.html",
        found=found,
        plan=found.plan,
        reasons={one: _reason(because) for one, because in found.plan.because.items()},
        why={key: _(text) for key, text in _WHY.items()},
        asked={name: asked.get(name, "")[:6] for name in ("without", "places", "per_city")},
    )


def _limit(text: str) -> int | None:
    """A limit as typed; none where nothing, or no number, was."""
    return whole_number(text) if text.strip().isdecimal() else None


def _reason(because: Because) -> str:
    told = []
    if because.only_for:
        told.append(_("本县唯一的候选单位"))
    elif because.serves:
        told.append(_("本县预计得分最高的候选单位"))
    if because.demonstrates:
        told.append(_("可补示范基地名额"))
    if because.relieves:
        told.append(_("为本市补上{people}人的培训能力", people=because.relieves))
    return "；".join(told)
