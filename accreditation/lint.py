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
from typing import Any, Final

from accreditation.clauses import (
    AllOf,
    AnyOf,
    Binary,
    Checklist,
    Clause,
    Comparison,
    Deduction,
    Effect,
    Kind,
    Ratio,
    Test,
    Tier,
    Tiered,
    Variable,
)
from accreditation.errors import RubricFault
from accreditation.rubric import Item, Raw, decimal_of, item_of
from accreditation.shape import RUBRIC, Fault, is_number, item, misfits

__all__ = ["Fault", "lint"]

NUMBERS: Final = (Kind.COUNT, Kind.QUANTITY)


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
            yield from _item(_typed(one))


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


def _item(one: Item) -> Iterator[Fault]:
    keys = Counter(variable.key for variable in one.variables)
    for key, times in keys.items():
        if times > 1:
            yield Fault("duplicate_key", one.id, RubricFault("变量 {key} 重复", key=key))
    for variable in one.variables:
        yield from _variable(one, variable)
    yield from _clause(one, one.clause)
    used = set(_used(one.clause))
    for key in keys:
        if key not in used:
            yield Fault("unused_variable", one.id, RubricFault("变量 {key} 没有用到", key=key))


def _variable(one: Item, variable: Variable) -> Iterator[Fault]:
    keys = [choice.key for choice in variable.choices]
    named = variable.kind in NUMBERS
    wrong = (
        (variable.kind is Kind.CHOICE and not keys)
        or (variable.kind is Kind.YES_NO and keys)
        or len(set(keys)) < len(keys)
        or any((choice.value is not None) != named for choice in variable.choices)
        or any(choice.value is not None and choice.value < 0 for choice in variable.choices)
        or (variable.most is not None and (not named or variable.most <= 0))
    )
    if wrong:
        yield Fault(
            "choices", one.id, RubricFault("变量 {key} 的选项与其类型不符", key=variable.key)
        )


def _used(clause: Clause) -> Iterator[str]:
    match clause.rule:
        case Tiered(tiers=tiers, variable=variable):
            yield from [variable] if variable else []
            for tier in tiers:
                yield from _asked(tier.when)
        case Ratio() as rule:
            yield from (rule.numerator.key, rule.denominator.key)
        case Checklist(keys=keys):
            yield from keys
        case Binary(variable=key) | Deduction(variable=key):
            yield key
    for condition in clause.conditions:
        yield from _asked(condition.test)
    yield from [clause.cases] if clause.cases else []
    yield from _asked(clause.instead_when)
    if clause.instead:
        yield from _used(clause.instead)


def _comparisons(test: Test | None) -> Iterator[Comparison]:
    match test:
        case Comparison():
            yield test
        case AllOf(tests=tests) | AnyOf(tests=tests):
            for one in tests:
                yield from _comparisons(one)


def _asked(test: Test | None) -> Iterator[str]:
    for comparison in _comparisons(test):
        yield from comparison.variables


def _clause(one: Item, clause: Clause) -> Iterator[Fault]:
    tests = [condition.test for condition in clause.conditions]
    tests += [clause.instead_when] if clause.instead_when else []
    if isinstance(clause.rule, Tiered):
        tests += [tier.when for tier in clause.rule.tiers if tier.when]
    for comparison in itertools.chain.from_iterable(_comparisons(test) for test in tests):
        yield from _comparison(one, comparison)
    yield from _rule(one, clause)
    if clause.rule.highest != one.points:
        problem = RubricFault(
            "满分{points}分，而规则最高给{highest}分",
            points=one.points,
            highest=clause.rule.highest,
        )
        yield Fault("unreachable", one.id, problem)
    downs = any(condition.otherwise is Effect.ONE_TIER_DOWN for condition in clause.conditions)
    if downs and not isinstance(clause.rule, Tiered):
        yield Fault("unevaluable", one.id, RubricFault("没有分档的规则不能降一档"))
    if clause.instead:
        yield from _clause(one, clause.instead)


def _rule(one: Item, clause: Clause) -> Iterator[Fault]:
    if clause.cases:
        yield from _needs(one, clause.cases, *NUMBERS)
    match clause.rule:
        case Tiered() as tiered:
            yield from _tiers(one, tiered)
        case Ratio() as ratio:
            yield from _needs(one, ratio.numerator.key, *NUMBERS)
            yield from _ratio(one, ratio)
        case Deduction() as deduction:
            yield from _needs(one, deduction.variable, *NUMBERS)
            yield from _deduction(one, deduction)
        case Binary(variable=key):
            yield from _needs(one, key, Kind.YES_NO)


def _needs(one: Item, key: str, *kinds: Kind) -> Iterator[Fault]:
    variable = one.variable(key)
    if variable is None:
        yield Fault(
            "unknown_variable", one.id, RubricFault("规则用到的变量 {key} 没有定义", key=key)
        )
    elif variable.kind not in kinds:
        yield Fault(
            "unevaluable",
            one.id,
            RubricFault("变量 {key} 的类型应为 {kinds}", key=key, kinds=" | ".join(kinds)),
        )


def _comparison(one: Item, comparison: Comparison) -> Iterator[Fault]:
    value, key = comparison.value, comparison.variables[0]
    if isinstance(value, bool):
        yield from _needs(one, key, Kind.YES_NO)
    elif isinstance(value, str):
        yield from _needs(one, key, Kind.CHOICE)
        variable = one.variable(key)
        if variable and value not in [choice.key for choice in variable.choices]:
            yield Fault("unevaluable", one.id, RubricFault("变量 {key} 没有选项 {choice}",
                                                          key=key, choice=value))  # fmt: skip
    else:
        for name in comparison.variables:
            yield from _needs(one, name, *NUMBERS)
    ordered = not isinstance(value, bool | str)
    if len(comparison.variables) > (2 if ordered else 1) or (
        not ordered and comparison.op not in ("=", "!=")
    ):
        yield Fault("unevaluable", one.id, RubricFault("这样的比较没有意义：{variables} {op} {value}",
                    variables=" / ".join(comparison.variables), op=comparison.op, value=str(value)))  # fmt: skip


def _tiers(one: Item, rule: Tiered) -> Iterator[Fault]:
    points = [tier.points for tier in rule.tiers]
    falling = all(high > low for high, low in itertools.pairwise(points))
    if not falling or points[-1] < 0:
        yield Fault("non_monotone", one.id, RubricFault("各档得分应逐档降低且不为负"))
    variable = one.variable(rule.variable) if rule.variable else None
    if rule.variable is None:
        plain = all(tier.when and tier.at is None and not tier.choice for tier in rule.tiers[:-1])
        open_end = not _marks(rule.tiers[-1])
    elif variable and variable.kind is Kind.CHOICE:
        plain = all(_marks(tier) == {"choice"} for tier in rule.tiers)
        open_end = {tier.choice for tier in rule.tiers} == {c.key for c in variable.choices}
    else:
        yield from _needs(one, rule.variable, *NUMBERS, Kind.CHOICE)
        plain = all(_marks(tier) == {"at"} for tier in rule.tiers[:-1])
        last = rule.tiers[-1]
        open_end = not _marks(last) or (
            _marks(last) == {"at"} and last.at == 0 and not rule.lower_is_better
        )
        yield from _thresholds(one, rule)
    if not plain:
        yield Fault("unevaluable", one.id, RubricFault("各档的条件与规则的写法不符"))
    if not open_end:
        yield Fault("uncovered", one.id, RubricFault("有的取值落不进任何一档"))


def _marks(tier: Tier) -> set[str]:
    marks = {"at": tier.at, "choice": tier.choice, "when": tier.when}
    return {name for name, mark in marks.items() if mark is not None}


def _thresholds(one: Item, rule: Tiered) -> Iterator[Fault]:
    at = [tier.at for tier in rule.tiers if tier.at is not None]
    ordered = sorted(set(at), reverse=not rule.lower_is_better)
    if at != ordered:
        yield Fault("non_monotone", one.id, RubricFault("各档的界限没有按顺序排列"))


def _ratio(one: Item, rule: Ratio) -> Iterator[Fault]:
    if rule.target <= rule.floor or rule.floor < 0:
        yield Fault(
            "target_floor",
            one.id,
            RubricFault("满分线{target}应高于零分线{floor}，零分线不为负",
                        target=rule.target, floor=rule.floor),
        )  # fmt: skip
    if rule.target > 1 and not rule.may_exceed:
        yield Fault(
            "unreachable", one.id, RubricFault("比例不会超过1，达不到{target}", target=rule.target)
        )


def _deduction(one: Item, rule: Deduction) -> Iterator[Fault]:
    if rule.each >= 0 or not 0 <= rule.least < rule.start:
        yield Fault("deduction", one.id, RubricFault("扣分应为负数，最低分应在0与起始分之间"))


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
