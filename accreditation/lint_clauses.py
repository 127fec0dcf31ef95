"""What makes a clause impossible to evaluate, or unfair: unknown variables, tiers out of order,
a maximum that nothing reaches."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Final

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
from accreditation.rubric import Item
from accreditation.shape import Fault

NUMBERS: Final = (Kind.COUNT, Kind.QUANTITY)


def item_faults(one: Item) -> Iterator[Fault]:
    """Every fault in the sense of an item whose form is right."""
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
