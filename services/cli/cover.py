"""`cover`: coverage, gaps, an admission plan and the demonstration list, without a database."""

from __future__ import annotations

import json as jsonlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from accreditation import demonstration
from accreditation.admission_plan import Aim, Limits, Plan, Why, plan
from accreditation.coverage import County, Coverage, coverage
from accreditation.errors import Refusal
from services.cli.faults import fail
from services.files.cover import counties, read_register
from services.files.cover import example as example_file
from services.files.table import TableFaults
from services.i18n import N_, _, language, translate_refusal

EVERY_COUNTY_COVERED, GAPS, UNUSABLE = 0, 1, 2  # exit codes
WHY = {
    Why.NO_CANDIDATE: N_("没有候选单位"),
    Why.BELOW_PASS: N_("候选单位预计得分不合格"),
    Why.MEANS: N_("预算或名额不够"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything `cover` says."""

    counties: tuple[County, ...]
    coverage: Coverage
    plan: Plan
    ranking: demonstration.Ranking


def cover(
    bases: Annotated[Path | None, typer.Option(help="基地和候选单位（CSV）")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出JSON")] = False,
    example: Annotated[Path | None, typer.Option(help="写出一份示例CSV")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="哪一天；缺省今天")
    ] = None,
    aim: Annotated[Aim, typer.Option(help="cost 费用最少，score 预计得分最高")] = Aim.COST,
    budget: Annotated[int | None, typer.Option(min=0, help="预算（元）")] = None,
    places: Annotated[int | None, typer.Option(min=0, help="最多准入几家")] = None,
) -> None:
    """看县级覆盖、空白、准入方案和示范基地名单；0 全覆盖，1 有空白，2 文件不能用。"""
    if example is not None:
        example.write_text(example_file(), encoding="utf-8-sig")
    if bases is None:
        if example is None:
            fail([_("请给出 --bases 或 --example")], json=json, code=UNUSABLE)
        return
    today = on.date() if on else datetime.now(ZoneInfo("Asia/Shanghai")).date()
    try:
        found = report(bases, today, aim, budget, places)
    except OSError as fault:
        fail([str(fault)], json=json, code=UNUSABLE)
    except TableFaults as faults:
        fail(faults.faults, json=json, code=UNUSABLE)
    except Refusal as refusal:
        fail([translate_refusal(refusal)], json=json, code=UNUSABLE)
    if json:
        print(jsonlib.dumps(as_json(found, today), ensure_ascii=False, indent=1))
    else:
        show(found)
    raise typer.Exit(GAPS if found.coverage.gaps else EVERY_COUNTY_COVERED)


def report(
    path: Path, today: date, aim: Aim, budget_yuan: int | None, places: int | None
) -> Report:
    """What the file comes to on `today`. Raises TableFaults, OSError or Refusal."""
    units, register = counties(), read_register(path, today)
    now = coverage(units, register.bases, today)
    gaps = [gap.county.code for gap in now.gaps]
    limits = Limits(budget_yuan=budget_yuan, places=places)
    planned = plan(gaps, register.candidates, aim=aim, limits=limits)
    ranked = demonstration.rank(register.nominees, demonstration.cap())
    return Report(units, now, planned, ranked)


def show(found: Report) -> None:
    """Prints the report as tables."""
    console, now = Console(), found.coverage
    console.print(_("已覆盖 {covered} 个县（市、区），共 {all} 个；空白 {gaps} 个",
                    covered=len(now.covered), all=len(found.counties), gaps=len(now.gaps)))  # fmt: skip
    gaps = Table(_("代码"), _("县（市、区）"), _("补齐期限"), _("最近的基地"), _("准入方案"))
    for gap in now.gaps:
        code = gap.county.code
        near = (
            _("{base}，{km}公里", base=gap.nearest.name, km=gap.nearest_km) if gap.nearest else "—"
        )
        planned = found.plan.serves.get(code) or _(WHY[found.plan.uncovered[code]])
        gaps.add_row(code, gap.county.name, str(gap.plan_by), near, planned)
    console.print(gaps)
    console.print(_("准入 {n} 家，费用 {cost} 元；与最优解的差距 {gap}",
                    n=len(found.plan.admit), cost=found.plan.cost_yuan, gap=f"{found.plan.gap:.2%}"))  # fmt: skip
    lapses = Table(_("县（市、区）"), _("最后一家到期日"))
    names = {county.code: county.name for county in found.counties}
    for code, last in sorted(now.lapses.items(), key=lambda one: (one[1], one[0])):
        lapses.add_row(names[code], str(last))
    console.print(lapses)
    ranked = Table(_("名次"), _("编号"), _("核定分加奖励分"), _("结果"))
    for place, one in enumerate((*found.ranking.named, *found.ranking.waiting), start=1):
        result = _("入选") if place <= len(found.ranking.named) else _("候补")
        ranked.add_row(str(place), one.base, str(one.points), result)
    for one, reasons in found.ranking.not_eligible:
        ranked.add_row("—", one.base, str(one.points), reasons.said(language()))
    console.print(ranked)


def as_json(found: Report, today: date) -> dict[str, Any]:
    """The report as plain values; days as ISO text, points as decimal strings."""
    now, ranking = found.coverage, found.ranking
    return {
        "on": today.isoformat(),
        "counties": len(found.counties),
        "covered": {code: [base.id for base in there] for code, there in now.covered.items()},
        "gaps": [
            {"county": gap.county.code, "name": gap.county.name, "city": gap.county.city,
             "plan_by": gap.plan_by.isoformat(),
             "nearest": gap.nearest and gap.nearest.id, "nearest_km": gap.nearest_km}
            for gap in now.gaps
        ],
        "lapses": {code: last.isoformat() for code, last in now.lapses.items()},
        "uncounted": [base.id for base in now.uncounted],
        "plan": {
            "admit": list(found.plan.admit),
            "serves": dict(found.plan.serves),
            "uncovered": dict(found.plan.uncovered),
            "cost_yuan": found.plan.cost_yuan,
            "optimality_gap": found.plan.gap,
        },
        "demonstration": {
            "named": [{"base": one.base, "points": str(one.points)} for one in ranking.named],
            "waiting": [{"base": one.base, "points": str(one.points)} for one in ranking.waiting],
            "not_eligible": [
                {"base": one.base, "unmet": [why.said(language()) for why in reasons]}
                for one, reasons in ranking.not_eligible
            ],
        },
    }  # fmt: skip
