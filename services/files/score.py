"""The score sheet as a JSON file: read with every fault at once, and an example to start from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from accreditation.clauses import Kind, Values, Variable
from accreditation.errors import BadValue, Refusal
from accreditation.rubric import Item, Rubric, Stage, parse
from accreditation.scoring import NotApplicable, Sheet

FIELDS: Final = (
    "rubric", "version", "base", "stage", "measures", "not_applicable", "not_evidenced",
    "from_records", "vetoes", "bonus",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fault of a file: where it is, and what the file should hold there."""

    path: str
    problem: Refusal

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class SheetFaults(Exception):  # the file, not the base
    """A score sheet that cannot be read; holds all its faults."""

    def __init__(self, faults: tuple[Wrong, ...]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def read_sheet(source: str | bytes, rubric: Rubric) -> Sheet:
    """The sheet that a JSON text holds for this rubric; raises SheetFaults with all that is wrong.

    Raises Unreadable where the text is not JSON at all.
    """
    raw = parse(source)
    reader = _Reader(rubric)
    sheet = reader.sheet(raw)
    if reader.faults or sheet is None:
        raise SheetFaults(tuple(reader.faults))
    return sheet


class _Reader:
    """Reads on after a fault, so that all are told at once."""

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        self.faults: list[Wrong] = []

    def wrong(self, path: str, problem: Refusal) -> None:
        self.faults.append(Wrong(path, problem))

    def sheet(self, raw: object) -> Sheet | None:
        if not isinstance(raw, dict):
            self.wrong(".", BadValue("应为 {allowed}", allowed="{…}"))
            return None
        for field in raw.keys() - set(FIELDS):
            self.wrong(field, BadValue("没有这个字段；可用：{allowed}", allowed=", ".join(FIELDS)))
        for field, expected in (("rubric", self.rubric.id), ("version", self.rubric.version)):
            if raw.get(field, expected) != expected:
                self.wrong(field, BadValue("应为 {allowed}", allowed=expected))
        stages = [str(stage) for stage in Stage]
        stage = raw.get("stage")
        if stage not in stages:
            self.wrong("stage", BadValue("应为 {allowed}", allowed=" | ".join(stages)))
        items = {item.id for item in self.rubric.items}
        measures = dict(self.measures(raw.get("measures", {})))
        not_applicable = dict(self.not_applicable(raw.get("not_applicable", [])))
        return Sheet(
            stage=Stage(stage) if stage in stages else Stage.ADMISSION,
            measures=measures,
            not_applicable=not_applicable,
            not_evidenced=self.codes(raw, "not_evidenced", items),
            from_records=self.codes(raw, "from_records", items),
            vetoes=self.codes(raw, "vetoes", {veto.id for veto in self.rubric.vetoes}),
            bonus=self.codes(raw, "bonus", {bonus.id for bonus in self.rubric.bonus}),
        )

    def measures(self, raw: object) -> Iterator[tuple[str, Values]]:
        if not isinstance(raw, dict):
            self.wrong("measures", BadValue("应为 {allowed}", allowed="{…}"))
            return
        for code, values in raw.items():
            item, path = self.rubric.item(code), f"measures.{code}"
            if item is None:
                self.wrong(path, BadValue("指标体系中没有编号 {code}", code=code))
            elif isinstance(values, dict):
                yield code, dict(self.values(item, values, path))
            else:
                self.wrong(path, BadValue("应为 {allowed}", allowed=_keys(item)))

    def values(
        self, item: Item, raw: Mapping[str, object], path: str
    ) -> Iterator[tuple[str, Decimal | bool | str]]:
        for key, given in raw.items():
            variable = item.variable(key)
            if variable is None:
                problem = BadValue("没有这个字段；可用：{allowed}", allowed=_keys(item))
                self.wrong(f"{path}.{key}", problem)
                continue
            try:
                yield key, variable.read(given)
            except BadValue as problem:
                self.wrong(f"{path}.{key}", problem)

    def not_applicable(self, raw: object) -> Iterator[tuple[str, NotApplicable]]:
        if not isinstance(raw, list):
            self.wrong("not_applicable", BadValue("应为 {allowed}", allowed="[…]"))
            return
        fields = ("item", "reason", "approved_by")
        allowed = sorted(item.id for item in self.rubric.items if item.na_allowed)
        for place, one in enumerate(raw):
            path = f"not_applicable[{place}]"
            texts = [one.get(name) for name in fields] if isinstance(one, dict) else []
            if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
                self.wrong(path, BadValue("应有非空文本 {allowed}", allowed=", ".join(fields)))
            elif texts[0] not in allowed:
                problem = BadValue("应为 {allowed}", allowed=" | ".join(allowed))
                self.wrong(f"{path}.item", problem)
            else:
                yield str(texts[0]), NotApplicable(str(texts[1]), str(texts[2]))

    def codes(self, raw: Mapping[str, object], field: str, known: set[str]) -> frozenset[str]:
        given = raw.get(field, [])
        if not isinstance(given, list):
            self.wrong(field, BadValue("应为 {allowed}", allowed="[…]"))
            return frozenset()
        for place, code in enumerate(given):
            if not isinstance(code, str) or code not in known:
                allowed = " | ".join(sorted(known))
                self.wrong(f"{field}[{place}]", BadValue("应为 {allowed}", allowed=allowed))
        return frozenset(code for code in given if isinstance(code, str) and code in known)


def _keys(item: Item) -> str:
    return ", ".join(variable.key for variable in item.variables)


def example_sheet(rubric: Rubric, stage: Stage = Stage.ADMISSION) -> str:
    """A filled example sheet of an invented base, as JSON text, that can be scored as it is."""
    document: dict[str, Any] = {
        "rubric": rubric.id,
        "version": rubric.version,
        "base": "示例基地",
        "stage": str(stage),
        "measures": {
            item.id: {variable.key: _example(variable) for variable in item.variables}
            for item in rubric.at(stage)
        },
        "not_applicable": [],
        "not_evidenced": [],
        "from_records": [],
        "vetoes": [],
        "bonus": [],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _example(variable: Variable) -> bool | int | str:
    """Twenty of everything that is counted (or as many as there can be); yes; the first choice."""
    if variable.kind is Kind.YES_NO:
        return True
    if variable.choices:
        return variable.choices[0].key
    return int(min(Decimal(20), variable.most or Decimal(20)))
