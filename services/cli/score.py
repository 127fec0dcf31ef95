"""`score`: one base from a file, without a database."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from accreditation.errors import Refusal, Unreadable
from accreditation.rubric import Rubric, default_rubric, load_rubric
from accreditation.scoring import ItemScore, Result, State, shown
from accreditation.scoring import score as score_sheet
from services.cli.faults import fail
from services.files.score import SheetFaults, example_sheet, read_sheet
from services.i18n import N_, _, translate_refusal

STATES = {
    State.SCORED: N_("已评分"),
    State.NOT_EVIDENCED: N_("无证据，0分"),
    State.MISSING: N_("尚缺数值，暂计0分"),
    State.NOT_APPLICABLE: N_("不适用"),
    State.NO_CASES: N_("尚无案例"),
    State.NOT_AT_STAGE: N_("本阶段不计"),
}


def score(
    sheet: Annotated[Path | None, typer.Option(help="评分表（JSON）")] = None,
    rubric: Annotated[Path | None, typer.Option(help="指标体系（JSON）；缺省用内置的")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出JSON")] = False,
    example: Annotated[Path | None, typer.Option(help="写出一份示例评分表")] = None,
) -> None:
    """按指标体系给一家基地评分，不需要数据库。"""
    if example is None and sheet is None:
        fail([_("请给出 --sheet 或 --example")], json=json, code=2)
    try:
        used = default_rubric() if rubric is None else load_rubric(rubric.read_bytes())
        if example is not None:
            example.write_text(example_sheet(used), encoding="utf-8")
        if sheet is None:
            return
        result = score_sheet(used, read_sheet(sheet.read_bytes(), used))
    except OSError as fault:
        fail([str(fault)], json=json, code=2)
    except SheetFaults as faults:
        told = [f"{one.path}: {translate_refusal(one.problem)}" for one in faults.faults]
        fail(told, json=json, code=2)
    except Refusal as refusal:
        code = 2 if isinstance(refusal, Unreadable) else 1
        fail([translate_refusal(refusal)], json=json, code=code)
    if json:
        print(jsonlib.dumps(as_json(result), ensure_ascii=False, indent=1))
    else:
        show(result, used)


def show(result: Result, rubric: Rubric) -> None:
    """Prints the result as tables."""
    console = Console()
    console.print(rubric.basis_note.zh, style="dim")
    items = Table(_("编号"), _("指标"), _("得分"), _("满分"), "n", _("说明"))
    for one in result.items:
        if one.state is not State.NOT_AT_STAGE:
            items.add_row(*_row(one))
    sections = Table(_("一级指标"), _("得分"), _("计入分值"), _("比例"))
    for part in result.sections:
        if part.section.above is None:
            share = "—" if part.share is None else f"{shown(part.share * 100)} %"
            name = f"{part.section.id} {part.section.zh}"
            sections.add_row(name, shown(part.earned), shown(part.counted), share)
    console.print(items)
    console.print(sections)
    for line in _verdict(result):
        console.print(line)


def _row(one: ItemScore) -> tuple[str, ...]:
    points = "—" if one.points is None else shown(one.points)
    n = "" if one.share is None else str(one.share.n)
    said = [one.anchor_zh or "", *one.unmet_zh, ", ".join(one.missing)]
    state = "" if one.state is State.SCORED else _(STATES[one.state])
    reason = one.not_applicable.reason if one.not_applicable else ""
    note = "；".join(text for text in (state, reason, *said) if text)
    return one.item.id, one.item.zh, points, str(one.full), n, note


def _verdict(result: Result) -> list[str]:
    lines = [_("总分 {total}，等级 {grade}", total=shown(result.total), grade=result.grade.zh)]
    lines += [
        _("未达最低要求：{minimum}（{section} {share} %）", minimum=one.minimum.zh,
          section=one.section or "—", share=shown(one.share * 100))
        for one in result.failed_minima
    ]  # fmt: skip
    lines += [_("一票否决：{veto}", veto=f"{one.id} {one.zh}") for one in result.vetoes]
    if result.missing:
        lines.append(_("尚缺数值，总分为暂定：{items}", items=", ".join(result.missing)))
    if result.ranking is not None:
        lines.append(_("示范排名分（含加分）{ranking}", ranking=shown(result.ranking)))
    return lines


def as_json(result: Result) -> dict[str, Any]:
    """The result as plain values; numbers are decimal strings, so that nothing is lost."""
    return {
        "rubric": result.rubric,
        "version": result.version,
        "stage": str(result.stage),
        "total": str(result.total),
        "earned": str(result.earned),
        "counted": str(result.counted),
        "grade": result.grade.code,
        "grade_by_points": result.grade_by_points.code,
        "complete": result.complete,
        "missing": list(result.missing),
        "core_share": _text(result.core_share),
        "demonstration_minima_met": result.demonstration_minima_met,
        "ranking": _text(result.ranking),
        "not_applicable_points": str(result.not_applicable_points),
        "vetoes": [{"id": one.id, "effect": list(one.effect)} for one in result.vetoes],
        "bonus": [one.id for one in result.bonus],
        "minima": [
            {"id": one.minimum.id, "for": one.minimum.grade, "section": one.section,
             "share": str(one.share), "min_share": str(one.minimum.share), "met": one.met}
            for one in result.minima
        ],
        "sections": [
            {"id": one.section.id, "earned": str(one.earned), "counted": str(one.counted),
             "share": _text(one.share)}
            for one in result.sections
        ],
        "items": [_item(one) for one in result.items],
    }  # fmt: skip


def _item(one: ItemScore) -> dict[str, Any]:
    return {
        "id": one.item.id,
        "state": str(one.state),
        "points": _text(one.points),
        "full": str(one.full),
        "part": _text(one.share.part if one.share else None),
        "n": _text(one.share.n if one.share else None),
        "missing": list(one.missing),
        "from_records": one.from_records,
    }


def _text(number: object) -> str | None:
    return None if number is None else str(number)
