"""The score of one base: points per item and section, the total, the grade, and what is missing.

Sums and grades use exact fractions; a result holds them as decimals of 28 digits. Two places,
half up, are for the eye only (`shown`): 89.996 reads 90.00 and is still 良好.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Final

from accreditation.clauses import Earned, NotGiven, Share, Value, Values, evaluate
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


def score(rubric: Rubric, sheet: Sheet) -> Result:
    """The result of the sheet under the rubric, at the sheet's stage.

    Raises BadValue for codes or values that the rubric does not know, for an item that may not
    be "not applicable", and for more points not applicable than the cap.
    """
    return Scorer(rubric).score(sheet)


@dataclass(frozen=True, slots=True)
class _Part:
    """An item with its exact points, and how it is told."""

    points: Fraction
    told: ItemScore


@dataclass(frozen=True, slots=True)
class _Sum:
    """Points earned and points that count, as whole numbers of their units."""

    earned: Decimal
    counted: Decimal
    share: Decimal | None
    exact: Fraction | None


class Scorer:
    """A rubric made ready for many sheets: what an item comes to is worked out once for equal
    values, so that every base of a country is scored anew in seconds."""

    MOST_KNOWN: Final = 200_000  # then forgotten: a memory, not a store

    def __init__(self, rubric: Rubric) -> None:
        self.rubric = rubric
        self._items = {item.id: item for item in rubric.items}
        self._vetoes = {veto.id for veto in rubric.vetoes}
        self._bonus = {bonus.id for bonus in rubric.bonus}
        self._at = {stage: {item.id for item in rubric.at(stage)} for stage in rubric.stages}
        full = [Fraction(item.points) for item in rubric.items]
        self._unit = lcm(*(one.denominator for one in full))
        self._full = [int(one * self._unit) for one in full]
        self._own = {
            section.id: self._within({section.id}) for section in (*rubric.level1, *rubric.level2)
        }
        self._core = tuple(at for at, item in enumerate(rubric.items) if item.core)
        self._minima = {stage: tuple(self._selections(stage)) for stage in rubric.stages}
        self._known: dict[object, _Part] = {}

    def score(self, sheet: Sheet) -> Result:
        """As `score`."""
        self._known_codes(sheet)
        self._lawful_na(sheet)
        rubric, demonstrates = self.rubric, self.rubric.stages[sheet.stage].demonstration
        parts = [self._part(item, sheet) for item in rubric.items]
        # Over one common denominator: sums are of whole numbers, and exact.
        whole = lcm(*(part.points.denominator for part in parts))
        earned = [part.points.numerator * (whole // part.points.denominator) for part in parts]
        counts = [part.told.state in COUNTED for part in parts]

        def total(places: Sequence[int]) -> _Sum:
            won = sum(earned[at] for at in places)
            of = sum(self._full[at] for at in places if counts[at])
            share = Fraction(won * self._unit, of * whole) if of else None
            return _Sum(_over(won, whole), _over(of, self._unit), _optional(share), share)

        everything = total(range(len(parts)))
        exact_total = (everything.exact or Fraction(0)) * Fraction(rubric.total)
        seen = tuple(
            MinimumSeen(minimum, name, found.share, found.exact >= Fraction(minimum.share))
            for minimum, name, places in self._minima[sheet.stage]
            if (found := total(places)).exact is not None and found.share is not None
        )
        by_points = next(grade for grade in rubric.grades if exact_total >= grade.least)
        bonus = tuple(one for one in rubric.bonus if one.id in sheet.bonus)
        extra = min(sum((one.points for one in bonus), Decimal(0)), rubric.bonus_max)
        items = tuple(part.told for part in parts)
        sections = ((one, total(self._own[one.id])) for one in (*rubric.level1, *rubric.level2))
        return Result(
            rubric=rubric.id,
            version=rubric.version,
            stage=sheet.stage,
            items=items,
            sections=tuple(SectionScore(one, x.earned, x.counted, x.share) for one, x in sections),
            earned=everything.earned,
            counted=everything.counted,
            total=_decimal(exact_total),
            grade_by_points=by_points,
            grade=_grade(rubric, by_points, seen),
            minima=seen,
            core_share=total(self._core).share,
            demonstration_minima_met=(
                all(one.met for one in seen if one.minimum.grade == "demonstration")
                if demonstrates
                else None
            ),
            not_applicable_points=sum(
                (one.full for one in items if one.state is State.NOT_APPLICABLE), Decimal(0)
            ),
            vetoes=tuple(veto for veto in rubric.vetoes if veto.id in sheet.vetoes),
            bonus=bonus,
            ranking=_decimal(exact_total + Fraction(extra)) if demonstrates else None,
            missing=tuple(one.item.id for one in items if one.state is State.MISSING),
        )

    def _within(self, of: Container[str]) -> tuple[int, ...]:
        """Where the items stand that are named, or whose section or chapter is."""
        return tuple(
            at
            for at, item in enumerate(self.rubric.items)
            if item.id in of or item.section in of or item.chapter in of
        )

    def _selections(self, stage: Stage) -> Iterator[tuple[Minimum, str | None, tuple[int, ...]]]:
        """Every minimum that applies at the stage, with each selection that it is asked of."""
        rule = self.rubric.stages[stage]
        for minimum in self.rubric.minima:
            if minimum.grade == "demonstration" and not rule.demonstration:
                continue
            if minimum.select == "each_level1":
                for section in self.rubric.level1:
                    own = self._own[section.id]
                    there = (self.rubric.items[at] for at in own)
                    points = (item.points for item in there if item.id in self._at[stage])
                    if sum(points, Decimal(0)) >= rule.section_minimum_from_points:
                        yield minimum, section.id, own
            elif minimum.select == "core":
                yield minimum, None, self._core
            else:
                yield minimum, None, self._within(set(minimum.of))

    def _known_codes(self, sheet: Sheet) -> None:
        asked: tuple[tuple[Iterable[str], Container[str]], ...] = (
            (sheet.measures, self._items),
            (sheet.not_applicable, self._items),
            (sheet.not_evidenced, self._items),
            (sheet.from_records, self._items),
            (sheet.vetoes, self._vetoes),
            (sheet.bonus, self._bonus),
        )
        for codes, known in asked:
            for code in codes:
                if code not in known:
                    raise BadValue("指标体系中没有编号 {code}", code=code)

    def _lawful_na(self, sheet: Sheet) -> None:
        points = Decimal(0)
        for code, given in sheet.not_applicable.items():
            item = self._items[code]
            if code not in self._at[sheet.stage]:
                continue
            if not item.na_allowed:
                raise BadValue("指标{item}不得列为不适用", item=item.id)
            if not (given.reason.strip() and given.approved_by.strip()):
                raise BadValue("指标{item}列为不适用，须写明理由和批准人", item=item.id)
            points += item.points
        cap = self.rubric.na_max_points
        if points > cap:
            raise BadValue("不适用指标共{points}分，超过上限{cap}分", points=points, cap=cap)

    def _part(self, item: Item, sheet: Sheet) -> _Part:
        """What the item comes to; worked out once for the same values."""
        raw = sheet.measures.get(item.id) or {}
        declared = self._declared(item, sheet)
        # The kind of each value goes in: true and 1 are equal to Python, and not to a rubric.
        key = (
            (item.id, declared, item.id in sheet.from_records),
            *((name, value.__class__, value) for name, value in raw.items()),
        )
        known = self._known.get(key) if declared is not State.NOT_APPLICABLE else None
        if known is None:
            known = _judged(item, raw, declared, sheet)
            if len(self._known) >= self.MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        return known

    def _declared(self, item: Item, sheet: Sheet) -> State | None:
        """The state that is settled before any value is looked at."""
        if item.id not in self._at[sheet.stage]:
            return State.NOT_AT_STAGE
        if item.id in sheet.not_applicable:
            return State.NOT_APPLICABLE
        return State.NOT_EVIDENCED if item.id in sheet.not_evidenced else None


def _judged(item: Item, raw: Values, declared: State | None, sheet: Sheet) -> _Part:
    """The item by its clause. Raises BadValue for a value that it does not know or allow."""
    values: dict[str, Value] = {}
    for key, value in raw.items():
        variable = item.variable(key)
        if variable is None:
            raise BadValue("指标{item}没有变量 {key}", item=item.id, key=key)
        values[key] = variable.read(value)
    state, earned, missing = (declared, Earned(None), ()) if declared else _evaluated(item, values)
    points = earned.points if earned.points is not None else Fraction(0)
    told = ItemScore(
        item=item,
        state=state,
        points=_decimal(points) if state in COUNTED else None,
        full=item.points,
        share=earned.share,
        anchor_zh=earned.tier.zh if earned.tier else None,
        anchor_en=earned.tier.en if earned.tier else None,
        unmet_zh=tuple(one.zh for one in earned.unmet),
        unmet_en=tuple(one.en for one in earned.unmet),
        missing=missing,
        not_applicable=sheet.not_applicable.get(item.id),
        from_records=item.id in sheet.from_records,
    )
    return _Part(points, told)


def _evaluated(item: Item, values: Values) -> tuple[State, Earned, tuple[str, ...]]:
    if not values:
        return State.MISSING, Earned(None), tuple(one.key for one in item.variables)
    try:
        earned = evaluate(item.clause, values)
    except NotGiven as lacking:
        return State.MISSING, Earned(None), (lacking.key,)
    return (State.NO_CASES if earned.points is None else State.SCORED), earned, ()


def _grade(rubric: Rubric, by_points: Grade, seen: tuple[MinimumSeen, ...]) -> Grade:
    """The best grade, not above that of the points, whose minima and those below it are met."""
    failed = {one.minimum.grade for one in seen if not one.met}
    grade = by_points
    for place, one in enumerate(rubric.grades):
        if one.code in failed:  # neither this grade nor any above it
            below = rubric.grades[min(place + 1, len(rubric.grades) - 1)]
            grade = min(grade, below, key=lambda each: each.least)
    return grade


def _over(whole: int, unit: int) -> Decimal:
    return EXACT.divide(Decimal(whole), Decimal(unit))


def _decimal(exact: Fraction) -> Decimal:
    return _over(exact.numerator, exact.denominator)


def _optional(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else _decimal(exact)
