"""Every contradiction in a rubric, before it judges anyone.

Two rubrics in real use were found to contradict themselves: their parts did not add up to their
headings, and three items could not reach their own maximum. The checks here are those defects,
and what a program needs in order to evaluate each clause.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from accreditation.errors import RubricFault
from accreditation.lint_clauses import item_faults
from accreditation.rubric import Item, Raw, decimal_of, item_of
from accreditation.shape import RUBRIC, Fault, is_number, item, misfits

__all__ = ["Fault", "lint"]


def lint(document: object) -> list[Fault]:
    """Every fault of a raw document, in its form and in its sense; none means it can be used.

    Takes what a JSON reader gives, whatever it is, and never fails on it.
    """
    faults = list(misfits(document, RUBRIC))
    if not isinstance(document, dict):
        return faults
    for check in (_codes, _references, _sums, _items, _na_cap, _grades, _minima, _bonus, _stages):
        faults.extend(check(document))
    return faults


def _entries(raw: Raw, name: str) -> list[dict[str, Any]]:
    """The entries of a list that are objects, whatever else is there."""
    found = raw.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _object(raw: Raw, name: str) -> dict[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, dict) else {}


def _names(entries: Iterable[Raw], field: str = "id") -> list[str]:
    return [one[field] for one in entries if isinstance(one.get(field), str)]


def _number(raw: Raw, name: str) -> Decimal | None:
    found = raw.get(name)
    return decimal_of(found) if found is not None and is_number(found) else None


def _codes(raw: Raw) -> Iterator[Fault]:
    tree = [_names(_entries(raw, level)) for level in ("level1", "level2", "items")]
    groups = [
        list(itertools.chain(*tree)),
        _names(_entries(raw, "vetoes")),
        _names(_entries(_object(raw, "bonus"), "items")),
        _names(_entries(raw, "minima")),
        _names(_entries(raw, "grades"), "code"),
    ]
    for group in groups:
        for code, times in Counter(group).items():
            if times > 1:
                yield Fault(
                    "duplicate_code",
                    code,
                    RubricFault("编号 {code} 出现了{n}次", code=code, n=times),
                )


def _references(raw: Raw) -> Iterator[Fault]:
    """Each entry hangs on a section that exists, and cites sources and units that exist."""
    for entries, field, parents in (
        ("level2", "l1", _names(_entries(raw, "level1"))),
        ("items", "l2", _names(_entries(raw, "level2"))),
    ):
        for one in _entries(raw, entries):
            if isinstance(one.get(field), str) and one[field] not in parents:
                yield Fault(
                    "unknown_section",
                    _code(one),
                    RubricFault(
                        "{code} 所属的 {section} 不存在", code=_code(one), section=one[field]
                    ),
                )
    known = _object(raw, "sources").keys()
    cited = (*_entries(raw, "items"), *_entries(raw, "vetoes"))
    for one in (*cited, *_entries(_object(raw, "bonus"), "items")):
        sources = one.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, str) and source not in known:
                yield Fault(
                    "unknown_source",
                    _code(one),
                    RubricFault("来源 {source} 没有说明", source=source),
                )
    for one in _entries(raw, "items"):
        for variable in _entries(one, "variables"):
            unit = variable.get("unit")
            if isinstance(unit, str) and unit not in _object(raw, "units"):
                yield Fault(
                    "unknown_unit", _code(one), RubricFault("单位 {unit} 没有说明", unit=unit)
                )


def _code(raw: Raw) -> str:
    return str(raw.get("id", ""))


def _sums(raw: Raw) -> Iterator[Fault]:
    """Each level adds up to the one above it, and no section is empty."""
    yield from _sum(raw.get("id"), _number(raw, "total"), _entries(raw, "level1"))
    for above, below, field in (("level1", "level2", "l1"), ("level2", "items", "l2")):
        for section in _entries(raw, above):
            parts = [one for one in _entries(raw, below) if one.get(field) == section.get("id")]
            yield from _sum(section.get("id"), _number(section, "points"), parts)


def _sum(code: object, stated: Decimal | None, parts: list[dict[str, Any]]) -> Iterator[Fault]:
    points = [_number(part, "points") for part in parts]
    if not parts:
        yield Fault("empty_section", str(code), RubricFault("{code} 下没有任何指标", code=code))
    elif stated is not None:
        total = sum((one for one in points if one is not None), Decimal(0))
        if None not in points and total != stated:
            yield Fault(
                "wrong_sum",
                str(code),
                RubricFault(
                    "{code} 标明{stated}分，下级合计{total}分",
                    code=code,
                    stated=stated,
                    total=total,
                ),
            )


def _items(raw: Raw) -> Iterator[Fault]:
    """The sense of each item whose form is right."""
    for one in _entries(raw, "items"):
        points = _number(one, "points")
        if points is not None and points <= 0:
            yield Fault(
                "points", _code(one), RubricFault("分值应大于0，现为{points}", points=points)
            )
        needed = ("rule", "variables", "score_type", "points")
        form = [fault for key in needed for fault in misfits(one.get(key), _part(one, key))]
        if not form:
            yield from item_faults(_typed(one))


def _part(raw: Raw, field: str) -> Any:
    return item(raw)[field]


def _typed(raw: Raw) -> Item:
    """The item with its clause; what a clause does not need is filled in."""
    filler: dict[str, Any] = {
        "id": "", "l2": "", "name_zh": "", "name_en": "", "stage": "", "core": False,
        "na_allowed": False, "criticality": "", "basis": "", "method": "",
        "auto_from_data": False,
    }  # fmt: skip
    return item_of({**filler, **raw, "sources": (), "evidence": ()}, "")


def _na_cap(raw: Raw) -> Iterator[Fault]:
    cap = _number(_object(raw, "na_policy"), "max_points")
    able = [one for one in _entries(raw, "items") if one.get("na_allowed") is True]
    points = [_number(one, "points") or Decimal(0) for one in able]
    total = sum(points, Decimal(0))
    if cap is not None and not 0 <= cap <= total:
        yield Fault(
            "na_cap",
            "na_policy",
            RubricFault("不适用上限{cap}分应在0与可不适用指标合计{total}分之间",
                        cap=cap, total=total),
        )  # fmt: skip


def _grades(raw: Raw) -> Iterator[Fault]:
    cuts = [_number(grade, "min") for grade in _entries(raw, "grades")]
    known = [cut for cut in cuts if cut is not None]
    total = _number(raw, "total")
    falling = all(high > low for high, low in itertools.pairwise(known))
    top = total is None or not known or known[0] <= total
    if known and not (falling and top and known[-1] == 0):
        yield Fault(
            "grade_cuts", "grades", RubricFault("等级的分数线应从高到低，最低为0，不超过总分")
        )


def _minima(raw: Raw) -> Iterator[Fault]:
    sections = {*_names(_entries(raw, "level1")), *_names(_entries(raw, "level2"))}
    allowed = {"sections": sections, "items": set(_names(_entries(raw, "items")))}
    grades = {*_names(_entries(raw, "grades"), "code"), "demonstration"}
    cores = any(one.get("core") is True for one in _entries(raw, "items"))
    for one in _entries(raw, "minima"):
        of = one.get("of")
        named = [name for name in of if isinstance(name, str)] if isinstance(of, list) else []
        select = one.get("select")
        wanted = allowed.get(select) if isinstance(select, str) else None
        if wanted is not None and not (named and wanted.issuperset(named)):
            yield Fault("unknown_selector", _code(one), RubricFault("{of} 中有不存在的编号",
                        of=", ".join(named)))  # fmt: skip
        elif wanted is None and (named or (select == "core" and not cores)):
            yield Fault("unknown_selector", _code(one), RubricFault("{select} 选不到指标",
                        select=str(select)))  # fmt: skip
        if isinstance(one.get("for"), str) and one["for"] not in grades:
            yield Fault(
                "unknown_grade", _code(one), RubricFault("没有等级 {grade}", grade=one["for"])
            )
        share = _number(one, "min_share")
        if share is not None and not 0 < share <= 1:
            yield Fault("min_share", _code(one), RubricFault("最低比例{share}应大于0、不超过1",
                        share=share))  # fmt: skip


def _bonus(raw: Raw) -> Iterator[Fault]:
    bonus = _object(raw, "bonus")
    most = _number(bonus, "max")
    points = [_number(one, "points") or Decimal(0) for one in _entries(bonus, "items")]
    if most is not None and (
        most < 0 or most > sum(points, Decimal(0)) or min(points, default=0) < 0
    ):
        yield Fault("bonus", "bonus", RubricFault("加分上限{most}分达不到", most=most))


def _stages(raw: Raw) -> Iterator[Fault]:
    marks = {
        one.get("stage") for one in _entries(raw, "items") if isinstance(one.get("stage"), str)
    }
    for name, stage in _object(raw, "stages").items():
        items = stage.get("items") if isinstance(stage, dict) else None
        if isinstance(items, list) and not any(
            one in marks for one in items if isinstance(one, str)
        ):
            yield Fault(
                "empty_stage", str(name), RubricFault("{stage} 阶段没有任何指标", stage=name)
            )
