"""The clauses of a rubric: what an item asks for, and the points it gives.

Values come in as decimals and are carried as fractions, so that a third of a point is a third of
a point and a total of exactly 90 is never 89.999. No float is met on the way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from accreditation.errors import BadValue, Words

Value = Decimal | bool | str
Values = Mapping[str, Value]


class Kind(StrEnum):
    """What the value of a variable may be."""

    COUNT = "count"  # a whole number, 0 or more
    QUANTITY = "quantity"  # a decimal number, 0 or more
    YES_NO = "yes_no"
    CHOICE = "choice"  # the key of one of its choices


class NotGiven(Exception):
    """The clause asks for a value that the sheet does not have yet."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def given(values: Values, key: str) -> Value:
    """The value of the variable; raises NotGiven where the sheet has none."""
    try:
        return values[key]
    except KeyError:
        raise NotGiven(key) from None


def _number(values: Values, key: str) -> Decimal:
    value = given(values, key)
    if not isinstance(value, Decimal):
        raise TypeError(f"{key} is not a number")
    return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that a variable allows."""

    key: str
    zh: str
    en: str
    value: Decimal | None = None  # for a number that has a name: premises owned count as 36 months


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing to be counted, measured, chosen or answered on a score sheet."""

    key: str
    zh: str
    en: str
    kind: Kind
    unit: str | None = None
    choices: tuple[Choice, ...] = ()
    most: Decimal | None = None

    @property
    def allowed(self) -> str:
        """What may be written, in the words of a JSON file."""
        names = [choice.key for choice in self.choices]
        if self.kind is Kind.YES_NO:
            names = ["true", "false"]
        elif self.kind is not Kind.CHOICE:
            most = "" if self.most is None else str(self.most)
            names.insert(0, f"0..{most}")
        return " | ".join(names)

    def read(self, raw: object) -> Value:
        """The value that `raw` stands for; raises BadValue if the variable does not allow it."""
        match self.kind:
            case Kind.YES_NO:
                if isinstance(raw, bool):
                    return raw
            case Kind.CHOICE:
                if isinstance(raw, str) and any(raw == choice.key for choice in self.choices):
                    return raw
            case _:
                number = self._number(raw)
                if number is not None:
                    return number
        raise BadValue(
            "“{variable}”不能是 {given}，应为 {allowed}",
            variable=Words(self.zh, self.en),
            given=repr(raw) if isinstance(raw, str) else raw,
            allowed=self.allowed,
        )

    def _number(self, raw: object) -> Decimal | None:
        named = {choice.key: choice.value for choice in self.choices}
        if isinstance(raw, str):
            return named.get(raw)
        if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
            return None
        number = Decimal(raw)
        if not number.is_finite() or number < 0 or (self.most is not None and number > self.most):
            return None
        whole = self.kind is not Kind.COUNT or number == number.to_integral_value()
        return number if whole else None


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares one variable, or the first as a share of the second, with a value.

    A share is compared by multiplying out, so that a second variable of 0 divides nothing.
    """

    variables: tuple[str, ...]
    op: str
    value: Fraction | bool | str

    def holds(self, values: Values) -> bool:
        """Whether the comparison is true; raises NotGiven."""
        left: object = given(values, self.variables[0])
        right: object = self.value
        if isinstance(self.value, Fraction):
            left = Fraction(_number(values, self.variables[0]))
            for whole in self.variables[1:]:
                right = self.value * Fraction(_number(values, whole))
        return OPERATORS[self.op](left, right)


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when every test is."""

    tests: tuple[Test, ...]

    def holds(self, values: Values) -> bool:
        """Whether all hold, asked in order; raises NotGiven."""
        return all(test.holds(values) for test in self.tests)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one test is; what comes after it is not asked for."""

    tests: tuple[Test, ...]

    def holds(self, values: Values) -> bool:
        """Whether one holds, asked in order; raises NotGiven."""
        return any(test.holds(values) for test in self.tests)


Test = Comparison | AllOf | AnyOf


class Effect(StrEnum):
    """What a condition that is not met does to the points."""

    ONE_TIER_DOWN = "one_tier_down"
    HALF = "half"
    ZERO = "zero"


@dataclass(frozen=True, slots=True)
class Condition:
    """A proviso of a clause: unless `test` holds, `otherwise` happens."""

    test: Test
    otherwise: Effect
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Tier:
    """One anchor of a tiered clause: a threshold, a choice, or a test; none of them = all else."""

    points: Decimal
    zh: str
    en: str
    at: Decimal | None = None
    choice: str | None = None
    when: Test | None = None


@dataclass(frozen=True, slots=True)
class Tiered:
    """The first tier that is reached gives the points; tiers run from the best down."""

    tiers: tuple[Tier, ...]
    variable: str | None = None
    lower_is_better: bool = False

    @property
    def highest(self) -> Decimal:
        """The most that the clause can give."""
        return max(tier.points for tier in self.tiers)

    def reached(self, values: Values, down: int = 0) -> Tier:
        """The tier reached, `down` tiers lower, never below the last."""
        place = next(i for i, tier in enumerate(self.tiers) if self._meets(tier, values))
        return self.tiers[min(place + down, len(self.tiers) - 1)]

    def _meets(self, tier: Tier, values: Values) -> bool:
        if tier.when is not None:
            return tier.when.holds(values)
        if self.variable is None:
            return True
        if tier.choice is not None:
            return given(values, self.variable) == tier.choice
        value = _number(values, self.variable)
        if tier.at is None:
            return True
        return value <= tier.at if self.lower_is_better else value >= tier.at


@dataclass(frozen=True, slots=True)
class Ratio:
    """Points in proportion: none at or below `floor`, all at or above `target`."""

    numerator: Variable
    denominator: Variable
    floor: Decimal
    target: Decimal
    highest: Decimal
    may_exceed: bool = (
        False  # more workstations than trainees is possible; more passed than sat not
    )

    def points(self, share: Fraction) -> Fraction:
        """points × clamp((share − floor) / (target − floor), 0, 1)."""
        floor, target = Fraction(self.floor), Fraction(self.target)
        reach = (share - floor) / (target - floor)
        return Fraction(self.highest) * min(max(reach, Fraction(0)), Fraction(1))


@dataclass(frozen=True, slots=True)
class Checklist:
    """The same points for each thing that is there."""

    keys: tuple[str, ...]
    each: Decimal

    @property
    def highest(self) -> Decimal:
        """The most that the clause can give."""
        return self.each * len(self.keys)


@dataclass(frozen=True, slots=True)
class Binary:
    """All or nothing."""

    variable: str
    highest: Decimal


@dataclass(frozen=True, slots=True)
class Deduction:
    """Starts full and loses `each` per occurrence, down to `least`."""

    variable: str
    start: Decimal
    each: Decimal  # negative
    least: Decimal

    @property
    def highest(self) -> Decimal:
        """The most that the clause can give."""
        return self.start


Rule = Tiered | Ratio | Checklist | Binary | Deduction


@dataclass(frozen=True, slots=True)
class Clause:
    """A rule with its provisos.

    `cases`: the variable whose 0 means that there was nothing to judge yet; a ratio has its
    denominator there. `instead`, when its test holds, stands in for the whole clause.
    """

    rule: Rule
    conditions: tuple[Condition, ...] = ()
    cases: str | None = None
    instead_when: Test | None = None
    instead: Clause | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole as it was counted; `n` is shown beside every ratio."""

    part: Decimal
    n: Decimal


@dataclass(frozen=True, slots=True)
class Earned:
    """What a clause gave. `points` is None where there were no cases yet."""

    points: Fraction | None
    share: Share | None = None
    tier: Tier | None = None
    unmet: tuple[Condition, ...] = ()


def evaluate(clause: Clause, values: Values) -> Earned:
    """The points that the values earn, exactly.

    A whole of 0 gives no points and takes none: there were no cases yet.
    Raises NotGiven for the first value that is asked for and not there, BadValue for a part that
    is larger than its whole.
    """
    if clause.instead and clause.instead_when and clause.instead_when.holds(values):
        return evaluate(clause.instead, values)
    if clause.cases is not None and _number(values, clause.cases) == 0:
        return Earned(None)
    unmet = tuple(c for c in clause.conditions if not c.test.holds(values))
    effects = [condition.otherwise for condition in unmet]
    share, tier = None, None
    match clause.rule:
        case Tiered() as rule:
            tier = rule.reached(values, down=effects.count(Effect.ONE_TIER_DOWN))
            points = Fraction(tier.points)
        case Ratio() as rule:
            share = _share(rule, values)
            points = rule.points(Fraction(share.part) / Fraction(share.n))
        case Checklist() as rule:
            answers = [given(values, key) for key in rule.keys]
            points = Fraction(rule.each) * sum(answer is True for answer in answers)
        case Binary() as rule:
            points = Fraction(rule.highest if given(values, rule.variable) is True else 0)
        case Deduction() as rule:
            times = Fraction(_number(values, rule.variable))
            points = max(Fraction(rule.least), Fraction(rule.start) + Fraction(rule.each) * times)
    if Effect.HALF in effects:
        points /= 2
    if Effect.ZERO in effects:
        points = Fraction(0)
    return Earned(points, share, tier, unmet)


def _share(rule: Ratio, values: Values) -> Share:
    part = _number(values, rule.numerator.key)
    whole = _number(values, rule.denominator.key)
    if part > whole and not rule.may_exceed:
        raise BadValue(
            "“{part}”（{given}）不能多于“{whole}”（{limit}）",
            part=Words(rule.numerator.zh, rule.numerator.en),
            given=part,
            whole=Words(rule.denominator.zh, rule.denominator.en),
            limit=whole,
        )
    return Share(part, whole)
