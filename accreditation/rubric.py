"""The rubric as values: sections, items with their clauses, minima, vetoes, bonus and grades.

A rubric is data (`data/rubric.json`, described by `data/rubric.schema.json`). The default is a
reconstruction; each locality writes its own standard (豫残联〔2022〕33号 二(二)3).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from importlib import resources
from typing import Any

from accreditation.clauses import (
    AllOf,
    AnyOf,
    Binary,
    Checklist,
    Choice,
    Clause,
    Comparison,
    Condition,
    Deduction,
    Effect,
    Kind,
    Ratio,
    Rule,
    Test,
    Tier,
    Tiered,
    Variable,
)
from accreditation.errors import RubricFault, Unreadable

Raw = Mapping[str, Any]


class Stage(StrEnum):
    """When a base is scored."""

    ADMISSION = "admission"  # before there is anything but the place itself
    OPERATION = "operation"  # annual review, renewal, demonstration


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Section:
    """A level-1 section (`above` is None) or a level-2 section of it."""

    id: str
    above: str | None
    zh: str
    en: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is scored. `basis` S: stated in the notice or derived from it; R: ours."""

    id: str
    section: str
    chapter: str
    zh: str
    en: str
    points: Decimal
    stage: str
    core: bool
    na_allowed: bool
    criticality: str
    basis: str
    sources: tuple[str, ...]
    method: str
    auto_from_data: bool
    evidence: tuple[Words, ...]
    score_type: str
    variables: tuple[Variable, ...]
    clause: Clause

    def variable(self, key: str) -> Variable | None:
        """The variable of that key, if the item has it."""
        return next((one for one in self.variables if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Veto:
    """What no points can make good (一票否决), and what it leads to."""

    id: str
    zh: str
    en: str
    effect: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bonus:
    """Points for the ranking of demonstration bases only."""

    id: str
    zh: str
    en: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade and the total from which it is given."""

    code: str
    zh: str
    en: str
    least: Decimal


@dataclass(frozen=True, slots=True)
class Minimum:
    """A least share of the points of a selection, for a grade and all above it, or demonstration.

    `select`: each_level1, or together: sections (named in `of`), items (named in `of`), core.
    """

    id: str
    zh: str
    en: str
    select: str
    of: tuple[str, ...]
    share: Decimal
    grade: str


@dataclass(frozen=True, slots=True)
class StageRule:
    """What counts at a stage. A level-1 section with fewer points than the threshold has no
    minimum of its own."""

    items: tuple[str, ...]
    section_minimum_from_points: Decimal
    demonstration: bool
    words: Words


@dataclass(frozen=True, slots=True)
class Rubric:
    """A whole rubric that the linter found no fault in."""

    id: str
    version: str
    basis_note: Words
    total: Decimal
    units: Mapping[str, Words]
    sources: Mapping[str, Words]
    level1: tuple[Section, ...]
    level2: tuple[Section, ...]
    items: tuple[Item, ...]
    vetoes: tuple[Veto, ...]
    bonus_max: Decimal
    bonus: tuple[Bonus, ...]
    grades: tuple[Grade, ...]  # best first
    minima: tuple[Minimum, ...]
    na_max_points: Decimal
    stages: Mapping[Stage, StageRule]

    def item(self, code: str) -> Item | None:
        """The item of that code, if there is one."""
        return next((item for item in self.items if item.id == code), None)

    def at(self, stage: Stage) -> tuple[Item, ...]:
        """The items that count at the stage."""
        counted = self.stages[stage].items
        return tuple(item for item in self.items if item.stage in counted)


def parse(source: str | bytes) -> object:
    """The JSON document with its numbers as decimals; raises Unreadable if it is not JSON."""
    try:
        return json.loads(source, parse_float=Decimal)
    except (ValueError, RecursionError) as fault:
        raise Unreadable("文件不是有效的JSON：{fault}", fault=str(fault)) from fault


def load_rubric(source: str | bytes) -> Rubric:
    """The rubric that a JSON text describes; raises RubricFault if the linter finds any fault."""
    from accreditation.lint import lint  # noqa: PLC0415 - the linter builds on these values

    document = parse(source)
    faults = lint(document)
    if faults or not isinstance(document, dict):
        told = "; ".join(f"{fault.item}: {fault}" for fault in faults)
        raise RubricFault("指标体系有{n}处问题：{faults}", n=len(faults), faults=told)
    return rubric_of(document)


@functools.cache
def default_rubric() -> Rubric:
    """The reconstructed default rubric."""
    return load_rubric(default_text("rubric.json"))


def default_text(name: str) -> str:
    """A file of the data that comes with the domain, as text."""
    return resources.files("accreditation").joinpath("data", name).read_text(encoding="utf-8")


def decimal_of(raw: float | Decimal) -> Decimal:
    """The number as it was written; a float, from a reader that knows no better, by its digits."""
    return Decimal(str(raw))


def rubric_of(raw: Raw) -> Rubric:
    """The values of a document without faults."""
    above = {section["id"]: section["l1"] for section in raw["level2"]}
    return Rubric(
        id=raw["id"],
        version=raw["version"],
        basis_note=_words(raw["basis_note"]),
        total=decimal_of(raw["total"]),
        units={key: _words(unit) for key, unit in raw["units"].items()},
        sources={key: _words(source) for key, source in raw["sources"].items()},
        level1=tuple(_section(section) for section in raw["level1"]),
        level2=tuple(_section(section) for section in raw["level2"]),
        items=tuple(item_of(item, above[item["l2"]]) for item in raw["items"]),
        vetoes=tuple(
            Veto(one["id"], one["name_zh"], one["name_en"], tuple(one["effect"]))
            for one in raw["vetoes"]
        ),
        bonus_max=decimal_of(raw["bonus"]["max"]),
        bonus=tuple(
            Bonus(one["id"], one["name_zh"], one["name_en"], decimal_of(one["points"]))
            for one in raw["bonus"]["items"]
        ),
        grades=tuple(
            Grade(one["code"], one["zh"], one["en"], decimal_of(one["min"]))
            for one in raw["grades"]
        ),
        minima=tuple(_minimum(one) for one in raw["minima"]),
        na_max_points=decimal_of(raw["na_policy"]["max_points"]),
        stages={Stage(name): _stage(rule) for name, rule in raw["stages"].items()},
    )


def item_of(raw: Raw, chapter: str) -> Item:
    """The item that a well-formed entry describes; `chapter` is its level-1 section."""
    variables = variables_of(raw)
    return Item(
        id=raw["id"],
        section=raw["l2"],
        chapter=chapter,
        zh=raw["name_zh"],
        en=raw["name_en"],
        points=decimal_of(raw["points"]),
        stage=raw["stage"],
        core=raw["core"],
        na_allowed=raw["na_allowed"],
        criticality=raw["criticality"],
        basis=raw["basis"],
        sources=tuple(raw["sources"]),
        method=raw["method"],
        auto_from_data=raw["auto_from_data"],
        evidence=tuple(_words(one) for one in raw["evidence"]),
        score_type=raw["score_type"],
        variables=variables,
        clause=clause_of(raw, {one.key: one for one in variables}, decimal_of(raw["points"])),
    )


def variables_of(raw: Raw) -> tuple[Variable, ...]:
    """The variables of an item: those declared, and one yes or no for each checklist entry."""
    declared = [_variable(one, raw["rule"]) for one in raw["variables"]]
    listed = [
        Variable(one["key"], one["zh"], one["en"], Kind.YES_NO)
        for one in raw["rule"].get("items", ())
    ]
    return (*declared, *listed)


def _variable(raw: Raw, rule: Raw) -> Variable:
    tiers = rule.get("tiers", ()) if rule.get("variable") == raw["key"] else ()
    anchors = [Choice(tier["choice"], tier["zh"], tier["en"]) for tier in tiers if "choice" in tier]
    named = [
        Choice(one["key"], one["zh"], one["en"], _optional(one.get("value")))
        for one in raw.get("choices", ())
    ]
    return Variable(
        key=raw["key"],
        zh=raw["zh"],
        en=raw["en"],
        kind=Kind(raw["kind"]),
        unit=raw.get("unit"),
        choices=(*named, *anchors),
        most=_optional(raw.get("most")),
    )


def clause_of(raw: Raw, variables: Mapping[str, Variable], points: Decimal) -> Clause:
    """The clause of an item, or of what may stand in for it; `points` is its maximum."""
    rule = raw["rule"]
    instead = rule.get("instead")
    return Clause(
        rule=_rule(raw["score_type"], rule, variables, points),
        conditions=tuple(
            Condition(test_of(one["test"]), Effect(one["else"]), one["zh"], one["en"])
            for one in rule.get("conditions", ())
        ),
        cases=rule.get("cases", rule.get("denominator")),
        instead_when=test_of(instead["when"]) if instead else None,
        instead=clause_of(instead, variables, points) if instead else None,
    )


def _rule(kind: str, raw: Raw, variables: Mapping[str, Variable], points: Decimal) -> Rule:
    match kind:
        case "tiered":
            return Tiered(
                tiers=tuple(_tier(tier) for tier in raw["tiers"]),
                variable=raw.get("variable"),
                lower_is_better=raw.get("direction") == "lower_is_better",
            )
        case "ratio":
            return Ratio(
                numerator=_known(variables, raw["numerator"]),
                denominator=_known(variables, raw["denominator"]),
                floor=decimal_of(raw["floor"]),
                target=decimal_of(raw["target"]),
                highest=points,
                may_exceed=raw.get("may_exceed", False),
            )
        case "checklist":
            return Checklist(tuple(one["key"] for one in raw["items"]), decimal_of(raw["each"]))
        case "binary":
            return Binary(raw["variable"], decimal_of(raw["full"]))
        case _:
            return Deduction(
                raw["variable"],
                decimal_of(raw["start"]),
                decimal_of(raw["each"]),
                decimal_of(raw["min"]),
            )


def _known(variables: Mapping[str, Variable], key: str) -> Variable:
    """The variable, or for the linter one without a name where none is declared."""
    return variables.get(key) or Variable(key, "", "", Kind.COUNT)


def _tier(raw: Raw) -> Tier:
    return Tier(
        points=decimal_of(raw["points"]),
        zh=raw["zh"],
        en=raw["en"],
        at=_optional(raw.get("at")),
        choice=raw.get("choice"),
        when=test_of(raw["when"]) if "when" in raw else None,
    )


def test_of(raw: Raw) -> Test:
    """The test that the data states; `1/3` is a third exactly."""
    if "all_of" in raw:
        return AllOf(tuple(test_of(one) for one in raw["all_of"]))
    if "any_of" in raw:
        return AnyOf(tuple(test_of(one) for one in raw["any_of"]))
    value = raw["value"]
    if isinstance(value, str) and "/" in value:
        value = Fraction(value)
    elif not isinstance(value, bool | str):
        value = Fraction(decimal_of(value))
    return Comparison(tuple(raw["variables"]), raw["op"], value)


def _section(raw: Raw) -> Section:
    return Section(
        raw["id"], raw.get("l1"), raw["name_zh"], raw["name_en"], decimal_of(raw["points"])
    )


def _minimum(raw: Raw) -> Minimum:
    return Minimum(
        id=raw["id"],
        zh=raw["zh"],
        en=raw["en"],
        select=raw["select"],
        of=tuple(raw.get("of", ())),
        share=decimal_of(raw["min_share"]),
        grade=raw["for"],
    )


def _stage(raw: Raw) -> StageRule:
    return StageRule(
        items=tuple(raw["items"]),
        section_minimum_from_points=decimal_of(raw["section_minimum_from_points"]),
        demonstration=raw["demonstration"],
        words=_words(raw),
    )


def _words(raw: Raw) -> Words:
    return Words(raw["zh"], raw["en"])


def _optional(raw: float | Decimal | None) -> Decimal | None:
    return None if raw is None else decimal_of(raw)
