"""The fairness audit of the last confirmed run, for the province and the auditor."""

import asyncio
from typing import Final

from aiohttp import web

from matching.engine.fairness import Group, Range, Verdict
from services.access import Permission
from services.actions import fairness as actions
from services.actions.categories import KINDS
from services.i18n import N_, _
from services.web.advice import ADVICE
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
TITLES: Final = {
    "category": N_("残疾类别"),
    "sex": N_("性别"),
    "age": N_("年龄"),
    "urban": N_("城区和县"),
    "county": N_("县（市、区）"),
}
NAMES: Final = {
    "category": {**KINDS, 7: N_("多重残疾")},
    "sex": {0: N_("女"), 1: N_("男")},
    "age": {0: N_("不满30岁"), 1: N_("30至39岁"), 2: N_("40至49岁"), 3: N_("50岁及以上")},
    "urban": {0: N_("县、县级市"), 1: N_("市辖区")},
}
VERDICTS: Final = {
    Verdict.EVEN: (N_("没有明显差别"), "good"),
    Verdict.EXPLAINED: (N_("低于0.80，未到警戒"), "info"),
    Verdict.ALARM: (N_("需要查看"), "late"),
    Verdict.FEW: (N_("人数太少，不作判断"), "none"),
}


@routes.get("/audit/fairness", permission=Permission.FAIRNESS_READ, area=Area.ANYWHERE)
async def show(request: web.Request) -> web.Response:
    """Rates and impact ratios by group, with intervals; groups of a few are not shown."""
    asker, today = actor(request), request.app[CLOCK].today()
    told = await request.app[ADVICE].current(today)
    async with speaking(request) as conn:
        found = await actions.read(conn, asker, now=request.app[CLOCK].now())
    report = None
    if found is not None and told is not None:
        report = await asyncio.to_thread(actions.report, found, told, request.app[KEYS], today)
    return page(
        request,
        "fairness.html",
        confirmed=found is not None,
        report=report,
        tables=[
            (_(TITLES[name]), report.unknown[name], [_row(report, name, one) for one in some])
            for name, some in report.figures.items()
        ]
        if report
        else [],
    )


def _row(report: actions.Report, name: str, one: actions.Figures) -> list[object]:
    """A line of a table; the last cell is words and tone of the verdict."""
    group = one.group
    if name == "county":
        called = report.counties[group.key]
    else:
        called = _(NAMES[name][group.key]) if group.key in NAMES[name] else str(group.key)
    if not one.shown:
        return [called, *[_("不显示")] * 7, (_(VERDICTS[Verdict.FEW][0]), "none")]
    words, tone = VERDICTS[group.verdict]
    return [called, *_figures(group), (_(words), tone)]


def _figures(group: Group) -> list[str]:
    adjusted = "—" if group.adjusted is None else f"{group.adjusted:.2f}"
    return [
        f"{group.people:,}",
        f"{group.eligible:,}",
        f"{group.selected:,}",
        _ranged(group.rate, 100, "{:.1f}%"),
        _ranged(group.impact, 1, "{:.2f}"),
        adjusted,
        _ranged(group.value, 1e-4, "{:.1f}"),
    ]


def _ranged(one: Range, scale: float, form: str) -> str:
    if one.point is None:
        return "—"
    said = form.format(one.point * scale)
    if one.low is None or one.high is None:
        return said
    return f"{said} ({form.format(one.low * scale)}–{form.format(one.high * scale)})"
