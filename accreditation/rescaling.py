"""A rule worth more or fewer points, or asking for more: exact, or refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from accreditation.errors import RubricFault
from accreditation.rubric import Raw, decimal_of

Rule = dict[str, Any]
PLACES: Final = 4  # more digits than any points need


class Inexact(RubricFault):
    """The points do not divide: a third of a point can't be written in the rubric."""


class Looser(RubricFault):
    """The change would ask for less, or is not one that this kind of rule has."""


_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tiered": (),
    "ratio": (),
    "checklist": ("each",),
    "binary": ("full",),
    "deduction": ("start", "each", "min"),
}


def rescaled(score_type: str, rule: Raw, was: Decimal, now: Decimal) -> Rule:
    """The rule with all its points in proportion, worth `now` where it was worth `was`.

    Raises Inexact where a value would need more than four decimals.
    """
    made: Rule = copy.deepcopy(dict(rule))
    factor = Fraction(now) / Fraction(was)
    for field in _FIELDS[score_type]:
        made[field] = times(made[field], factor)
    for tier in made.get("tiers", ()):
        tier["points"] = times(tier["points"], factor)
    instead = made.get("instead")
    if instead:
        instead["rule"] = rescaled(instead["score_type"], instead["rule"], was, now)
    return made


def times(value: float | Decimal, factor: Fraction) -> Decimal:
    """The product, exact to four decimals; raises Inexact."""
    exact = Fraction(decimal_of(value)) * factor
    scaled = exact * 10**PLACES
    if scaled.denominator != 1:
        raise Inexact("按比例折算得{points}，不能整除；请换一个分值", points=str(exact))
    return (Decimal(int(scaled)).scaleb(-PLACES)).normalize() + 0


def raised(score_type: str, rule: Raw, change: Raw) -> Rule:
    """The rule with stricter thresholds; raises Looser for one that is not stricter, or not a
    threshold of this kind of rule.

    `change` may hold: tiers (a new `at` and new words for each), target, floor, each (a larger
    deduction), conditions (provisos that come on top).
    """
    made: Rule = copy.deepcopy(dict(rule))
    by_kind: Mapping[str, Mapping[str, Callable[[Rule, Any], None]]] = {
        "tiered": {"tiers": _tiers},
        "ratio": {"target": _target, "floor": _floor},
        "deduction": {"each": _each},
    }
    own = by_kind.get(score_type, {})
    for field, value in change.items():
        if field == "conditions":
            made["conditions"] = [*made.get("conditions", ()), *value]
        elif field in own:
            own[field](made, value)
        else:
            raise Looser("这类指标没有可提高的 {field}", field=field)
    return made


def _tiers(rule: Rule, tiers: list[Rule]) -> None:
    lower = rule.get("direction") == "lower_is_better"
    own = rule["tiers"]
    if len(tiers) != len(own) or any("at" not in tier for tier in own):
        raise Looser("须为每一档写明新的界限，共{n}档", n=len(own))
    for tier, new in zip(own, tiers, strict=True):
        _not_looser(decimal_of(tier["at"]), decimal_of(new["at"]), lower)
        tier.update(at=new["at"], zh=new["zh"], en=new["en"])
    if any((one["at"] < other["at"]) is not lower for one, other in pairwise(own)):
        raise Looser("各档界限的次序不对")


def _target(rule: Rule, value: float | Decimal) -> None:
    _not_looser(decimal_of(rule["target"]), decimal_of(value), False)
    rule["target"] = value


def _floor(rule: Rule, value: float | Decimal) -> None:
    _not_looser(decimal_of(rule["floor"]), decimal_of(value), False)
    rule["floor"] = value


def _each(rule: Rule, value: float | Decimal) -> None:
    _not_looser(decimal_of(rule["each"]), decimal_of(value), True)
    rule["each"] = value


def _not_looser(was: Decimal, now: Decimal, lower: bool) -> None:
    if now > was if lower else now < was:
        raise Looser("界限只能更严：上级为{was}，现为{now}", was=was, now=now)
