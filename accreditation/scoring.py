"""The score of one base: points per item and section, the total, the grade, and what is missing.

Sums and grades use exact fractions; a result holds them as decimals of 28 digits. Two places,
half up, are for the eye only (`shown`): 89.996 reads 90.00 and is still 良好.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Final

from accreditation.clauses import Earned, NotGiven, Share, Values, evaluate
from accreditation.errors import BadValue
from accreditation.rubric import Bonus, Grade, Item, Minimum, Rubric, Section, Stage, Veto

EXACT: Final = Context(prec=28, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """Why an item does not apply to this base, and who agreed."""

    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was found at one base. Items without measures are reported as missing."""

    stage: Stage
    measures: Mapping[str, Values]  # by item code, then by variable key
    not_applicable: Mapping[str, NotApplicable] = field(default_factory=dict)
    not_evidenced: frozenset[str] = frozenset()
    from_records: frozenset[str] = frozenset()
    vetoes: frozenset[str] = frozenset()
    bonus: frozenset[str] = frozenset()


class State(StrEnum):
    """What became of an item. Missing evidence is not the same as not applicable."""

    SCORED = "scored"
    NOT_EVIDENCED = "not_evidenced"  # 0 points of its full ones
    MISSING = "missing"  # no value yet: 0 for now
    NOT_APPLICABLE = "not_applicable"  # left out, with reason and approver, under the cap
    NO_CASES = "no_cases"  # left out: nothing to judge yet
    NOT_AT_STAGE = "not_at_stage"  # left out


COUNTED: Final = frozenset({State.SCORED, State.NOT_EVIDENCED, State.MISSING})


@dataclass(frozen=True, slots=True)
class ItemScore:
    """The points of one item; `points` is None where it does not count."""

    item: Item
    state: State
    points: Decimal | None
    full: Decimal
    share: Share | None = None
    anchor_zh: str | None = None
    anchor_en: str | None = None
    unmet_zh: tuple[str, ...] = ()
    unmet_en: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()  # variable keys
    not_applicable: NotApplicable | None = None
    from_records: bool = False


@dataclass(frozen=True, slots=True)
class SectionScore:
    """The points of a section: earned, out of those that count; share is None if none count."""

    section: Section
    earned: Decimal
    counted: Decimal
    share: Decimal | None


@dataclass(frozen=True, slots=True)
class MinimumSeen:
    """One minimum applied to one selection; `section` names it where each is taken alone."""

    minimum: Minimum
    section: str | None
    share: Decimal
    met: bool


@dataclass(frozen=True, slots=True)
class Result:
    """The score of one base at one stage."""

    rubric: str
    version: str
    stage: Stage
    items: tuple[ItemScore, ...]
    sections: tuple[SectionScore, ...]  # level 1 and level 2
    earned: Decimal
    counted: Decimal
    total: Decimal  # earned / counted × the rubric's total
    grade_by_points: Grade
    grade: Grade  # after the minima; a bonus never lifts it
    minima: tuple[MinimumSeen, ...]
    core_share: Decimal | None
    demonstration_minima_met: bool | None  # None at admission: looks at grades of operation only
    not_applicable_points: Decimal
    vetoes: tuple[Veto, ...]
    bonus: tuple[Bonus, ...]
    ranking: Decimal | None  # total + bonus, for the demonstration ranking; None at admission
    missing: tuple[str, ...]

    @property
    def failed_minima(self) -> tuple[MinimumSeen, ...]:
        """The minima that were not met."""
        return tuple(one for one in self.minima if not one.met)

    @property
    def complete(self) -> bool:
        """Whether every item that counts has its values; until then the total is provisional."""
        return not self.missing


def shown(points: Decimal) -> str:
    """Two places, half up: for the eye, never for a decision."""
    return str(points.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class _Part:
    """An item with its exact points."""

    item: Item
    state: State
    points: Fraction
    earned: Earned | None = None
    missing: tuple[str, ...] = ()


def score(rubric: Rubric, sheet: Sheet) -> Result:
    """The result of the sheet under the rubric, at the sheet's stage.

    Raises BadValue for codes or values that the rubric does not know, for an item that may not
    be "not applicable", and for more points not applicable than the cap.
    """
    for check in (_known_codes, _lawful_na):
        check(rubric, sheet)
    at_stage = {item.id for item in rubric.at(sheet.stage)}
    parts = [_part(item, sheet, item.id in at_stage) for item in rubric.items]
    earned, counted = _sum(parts), _counted(parts)
    exact_total = earned / counted * Fraction(rubric.total) if counted else Fraction(0)
    seen = _minima(rubric, sheet.stage, parts)
    by_points = next(grade for grade in rubric.grades if exact_total >= grade.least)
    bonus = tuple(one for one in rubric.bonus if one.id in sheet.bonus)
    extra = min(sum((one.points for one in bonus), Decimal(0)), rubric.bonus_max)
    demonstrates = rubric.stages[sheet.stage].demonstration
    left_out = [part for part in parts if part.state is State.NOT_APPLICABLE]
    core = [part for part in parts if part.item.core]
    return Result(
        rubric=rubric.id,
        version=rubric.version,
        stage=sheet.stage,
        items=tuple(_item_score(part, sheet) for part in parts),
        sections=_sections(rubric, parts),
        earned=_decimal(earned),
        counted=_decimal(counted),
        total=_decimal(exact_total),
        grade_by_points=by_points,
        grade=_grade(rubric, by_points, seen),
        minima=seen,
        core_share=_optional(_share(core)),
        demonstration_minima_met=(
            all(one.met for one in seen if one.minimum.grade == "demonstration")
            if demonstrates
            else None
        ),
        not_applicable_points=sum((part.item.points for part in left_out), Decimal(0)),
        vetoes=tuple(veto for veto in rubric.vetoes if veto.id in sheet.vetoes),
        bonus=bonus,
        ranking=_decimal(exact_total + Fraction(extra)) if demonstrates else None,
        missing=tuple(part.item.id for part in parts if part.state is State.MISSING),
    )


def _known_codes(rubric: Rubric, sheet: Sheet) -> None:
    items = {item.id for item in rubric.items}
    asked: tuple[tuple[Iterable[str], set[str]], ...] = (
        (sheet.measures, items),
        (sheet.not_applicable, items),
        (sheet.not_evidenced, items),
        (sheet.from_records, items),
        (sheet.vetoes, {veto.id for veto in rubric.vetoes}),
        (sheet.bonus, {bonus.id for bonus in rubric.bonus}),
    )
    for codes, known in asked:
        for code in codes:
            if code not in known:
                raise BadValue("指标体系中没有编号 {code}", code=code)
    for code, values in sheet.measures.items():
        item = rubric.item(code)
        for key, value in values.items():
            variable = item.variable(key) if item else None
            if variable is None:
                raise BadValue("指标{item}没有变量 {key}", item=code, key=key)
            variable.read(value)


def _lawful_na(rubric: Rubric, sheet: Sheet) -> None:
    points = Decimal(0)
    for item in rubric.at(sheet.stage):
        given = sheet.not_applicable.get(item.id)
        if given is None:
            continue
        if not item.na_allowed:
            raise BadValue("指标{item}不得列为不适用", item=item.id)
        if not (given.reason.strip() and given.approved_by.strip()):
            raise BadValue("指标{item}列为不适用，须写明理由和批准人", item=item.id)
        points += item.points
    if points > rubric.na_max_points:
        raise BadValue(
            "不适用指标共{points}分，超过上限{cap}分", points=points, cap=rubric.na_max_points
        )


def _part(item: Item, sheet: Sheet, at_stage: bool) -> _Part:
    nothing = Fraction(0)
    if declared := _declared(item, sheet, at_stage):
        return _Part(item, declared, nothing)
    raw = sheet.measures.get(item.id)
    if not raw:
        return _Part(item, State.MISSING, nothing, missing=_keys(item))
    values = {one.key: one.read(raw[one.key]) for one in item.variables if one.key in raw}
    try:
        earned = evaluate(item.clause, values)
    except NotGiven as lacking:
        return _Part(item, State.MISSING, nothing, missing=(lacking.key,))
    if earned.points is None:
        return _Part(item, State.NO_CASES, nothing, earned)
    return _Part(item, State.SCORED, earned.points, earned)


def _declared(item: Item, sheet: Sheet, at_stage: bool) -> State | None:
    """The state that is settled before any value is looked at."""
    if not at_stage:
        return State.NOT_AT_STAGE
    if item.id in sheet.not_applicable:
        return State.NOT_APPLICABLE
    return State.NOT_EVIDENCED if item.id in sheet.not_evidenced else None


def _keys(item: Item) -> tuple[str, ...]:
    return tuple(variable.key for variable in item.variables)


def _sum(parts: Iterable[_Part]) -> Fraction:
    return _total([part.points for part in parts if part.points])


def _counted(parts: Iterable[_Part]) -> Fraction:
    return _total([_fraction(part.item.points) for part in parts if part.state in COUNTED])


def _total(points: list[Fraction]) -> Fraction:
    """The exact sum: over one common denominator, reduced once instead of at every step."""
    whole = lcm(*(one.denominator for one in points))
    return Fraction(sum(one.numerator * (whole // one.denominator) for one in points), whole)


@lru_cache(1024)
def _fraction(points: Decimal) -> Fraction:
    return Fraction(points)


def _share(parts: list[_Part]) -> Fraction | None:
    return _ratio(_sum(parts), _counted(parts))


def _ratio(earned: Fraction, counted: Fraction) -> Fraction | None:
    return earned / counted if counted else None


def _sections(rubric: Rubric, parts: list[_Part]) -> tuple[SectionScore, ...]:
    """Every section and chapter with what belongs to it."""
    own: dict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        for place in {part.item.section, part.item.chapter}:
            own[place].append(part)
    return tuple(_section(one, own[one.id]) for one in (*rubric.level1, *rubric.level2))


def _section(section: Section, own: list[_Part]) -> SectionScore:
    earned, counted = _sum(own), _counted(own)
    share = _optional(_ratio(earned, counted))
    return SectionScore(section, _decimal(earned), _decimal(counted), share)


def _minima(rubric: Rubric, stage: Stage, parts: list[_Part]) -> tuple[MinimumSeen, ...]:
    """Every minimum that applies at the stage, on the points that count there."""
    rule, seen = rubric.stages[stage], []
    for minimum in rubric.minima:
        if minimum.grade == "demonstration" and not rule.demonstration:
            continue
        for name, own in _selections(rubric, minimum, rule.section_minimum_from_points, parts):
            share = _share(own)
            if share is not None:
                met = share >= Fraction(minimum.share)
                seen.append(MinimumSeen(minimum, name, _decimal(share), met))
    return tuple(seen)


def _selections(
    rubric: Rubric, minimum: Minimum, least_points: Decimal, parts: list[_Part]
) -> Iterable[tuple[str | None, list[_Part]]]:
    if minimum.select == "each_level1":
        for section in rubric.level1:
            own = [part for part in parts if part.item.chapter == section.id]
            there = (p.item.points for p in own if p.state is not State.NOT_AT_STAGE)
            if sum(there, Decimal(0)) >= least_points:
                yield section.id, own
        return
    chosen: Mapping[str, Callable[[Item], bool]] = {
        "sections": lambda item: item.section in minimum.of or item.chapter in minimum.of,
        "items": lambda item: item.id in minimum.of,
        "core": lambda item: item.core,
    }
    yield None, [part for part in parts if chosen[minimum.select](part.item)]


def _grade(rubric: Rubric, by_points: Grade, seen: tuple[MinimumSeen, ...]) -> Grade:
    """The best grade, not above that of the points, whose minima and those below it are met."""
    failed = {one.minimum.grade for one in seen if not one.met}
    grade = by_points
    for place, one in enumerate(rubric.grades):
        if one.code in failed:  # neither this grade nor any above it
            below = rubric.grades[min(place + 1, len(rubric.grades) - 1)]
            grade = min(grade, below, key=lambda each: each.least)
    return grade


def _item_score(part: _Part, sheet: Sheet) -> ItemScore:
    earned = part.earned or Earned(None)
    return ItemScore(
        item=part.item,
        state=part.state,
        points=_decimal(part.points) if part.state in COUNTED else None,
        full=part.item.points,
        share=earned.share,
        anchor_zh=earned.tier.zh if earned.tier else None,
        anchor_en=earned.tier.en if earned.tier else None,
        unmet_zh=tuple(one.zh for one in earned.unmet),
        unmet_en=tuple(one.en for one in earned.unmet),
        missing=part.missing,
        not_applicable=sheet.not_applicable.get(part.item.id),
        from_records=part.item.id in sheet.from_records,
    )


def _decimal(exact: Fraction) -> Decimal:
    return EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))


def _optional(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else _decimal(exact)
