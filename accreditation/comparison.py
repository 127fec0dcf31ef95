"""Two rubrics side by side: what changed, and whose grade it would change.

A new version is published knowing what it would have done to the bases of last season
("12 bases change grade"), so that stricter words are a decision and not an accident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from accreditation.rubric import Item, Rubric
from accreditation.scoring import Result, Scorer, Sheet


class What(StrEnum):
    """In what an item differs."""

    ADDED = "added"
    REMOVED = "removed"
    POINTS = "points"
    RULE = "rule"  # thresholds, anchors, provisos
    WORDS = "words"
    TERMS = "terms"  # core, not applicable, stage, method, evidence


@dataclass(frozen=True, slots=True)
class Change:
    """One item that differs; `old` or `new` is None where it is only in one of them."""

    code: str
    what: tuple[What, ...]
    old: Item | None
    new: Item | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What the new rubric makes of a base that was scored under the old one.

    `unknown` are items of the new rubric for which last season's sheet has no values; they count
    as missing, so that `total` is the least it could be.
    """

    base: str
    old: Result
    new: Result
    unknown: tuple[str, ...]

    @property
    def changes_grade(self) -> bool:
        """Whether the grade is another one."""
        return self.old.grade.code != self.new.grade.code

    @property
    def moved(self) -> Decimal:
        """Points of the total that the base gains (or loses, below zero)."""
        return self.new.total - self.old.total


def changes(old: Rubric, new: Rubric) -> tuple[Change, ...]:
    """Every item that is not the same in both, in the order of the new rubric, removed ones last."""
    before = {item.id: item for item in old.items}
    after = {item.id: item for item in new.items}
    seen = [
        Change(code, _what(before.get(code), after.get(code)), before.get(code), after.get(code))
        for code in [*after, *(code for code in before if code not in after)]
    ]
    return tuple(change for change in seen if change.what)


def _what(old: Item | None, new: Item | None) -> tuple[What, ...]:
    if old is None or new is None:
        return (What.ADDED if old is None else What.REMOVED,)
    found = {
        What.POINTS: old.points != new.points,
        What.RULE: (old.clause, old.variables) != (new.clause, new.variables),
        What.WORDS: (old.zh, old.en) != (new.zh, new.en),
        What.TERMS: _terms(old) != _terms(new),
    }
    return tuple(what for what, differs in found.items() if differs)


def _terms(item: Item) -> tuple[object, ...]:
    return (item.core, item.na_allowed, item.stage, item.method, item.evidence, item.criticality)


def effects(old: Rubric, new: Rubric, sheets: Mapping[str, Sheet]) -> tuple[Effect, ...]:
    """Each base under both rubrics, by base; values that a rubric does not know are left out."""
    before, after = Scorer(old), Scorer(new)
    found = []
    for base, sheet in sorted(sheets.items()):
        made = after.score(carried(new, sheet))
        found.append(Effect(base, before.score(sheet), made, made.missing))
    return tuple(found)


def carried(rubric: Rubric, sheet: Sheet) -> Sheet:
    """The sheet with only what this rubric asks for, and may take, of it."""
    items = {item.id: item for item in rubric.items}
    kept = {
        code: {key: value for key, value in values.items() if items[code].variable(key)}
        for code, values in sheet.measures.items()
        if code in items
    }
    return replace(
        sheet,
        measures=kept,
        not_applicable={
            code: given
            for code, given in sheet.not_applicable.items()
            if code in items and items[code].na_allowed
        },
        not_evidenced=sheet.not_evidenced & items.keys(),
        from_records=sheet.from_records & items.keys(),
        vetoes=sheet.vetoes & {veto.id for veto in rubric.vetoes},
        bonus=sheet.bonus & {one.id for one in rubric.bonus},
    )
