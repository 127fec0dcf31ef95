"""Rates by group, and whether one is disadvantaged by more than chance and more than by its openings.

Measured outside the matcher, on arrays: what came out, and labels that mean nothing here. Three
things are kept apart, because each is easily taken for another:

- the *impact ratio*: the group's rate over that of everybody else, expected to be at least 0.80
  (the four-fifths rule, 29 CFR 1607.4 D), among those whom at least one order fits;
- the *adjusted* ratio: the same within strata of equal opportunity (Mantel-Haenszel), so that
  what people can do, wish and compete for is not taken for unequal treatment;
- the *alarm*: an adjusted ratio below 0.80 that chance would not give. The chance is exact, by
  convolving the hypergeometric distributions of the strata, and Holm's step-down holds over all
  groups asked about together, so that many groups don't make a false alarm likely.

An alarm is a reason to look, not a verdict; no alarm is no proof of fairness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

UNKNOWN: Final = -1  # a person whose group isn't known is in none and compared with none
EXPECTED_RATIO: Final = 0.80
ALARM_CHANCE: Final = 0.01  # of any false alarm at all, over all groups of one audit; our default
SMALLEST_SHOWN: Final = 5  # people; smaller groups are not told
STRATA: Final = 5
_Z: Final = 1.959964  # of 95 %
_REACH_SD: Final = 12  # beyond that many standard deviations a chance is nothing


class Verdict(StrEnum):
    """What a group's figures say."""

    EVEN = "even"
    EXPLAINED = "explained"  # a ratio below 0.80 that equal opportunity explains, or chance may
    ALARM = "alarm"
    FEW = "few"  # too few, in it or beside it, to say anything


@dataclass(frozen=True, slots=True)
class Range:
    """An estimate with its 95 % interval; None where it can't be formed."""

    point: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """One group of one dimension; the rate is of the eligible, `value` the mean of the selected.

    `chance` is that of so few or fewer selected, given the strata, before Holm's correction.
    """

    key: int
    people: int
    eligible: int
    selected: int
    rate: Range
    value: Range
    impact: Range
    adjusted: float | None
    chance: float
    verdict: Verdict


def audit(
    dimensions: Mapping[str, Whole],
    *,
    eligible: Flags,
    selected: Flags,
    value: Whole,
    stratum: Whole,
) -> dict[str, tuple[Group, ...]]:
    """Every group of every dimension; groups in ascending order of their labels.

    All arrays are by person: `dimensions` labels (UNKNOWN for none), `eligible` whether any order
    fits, `selected` whether a seat was given, `value` its value, `stratum` whole numbers from 0 of
    equal opportunity (see `strata`).
    """
    found = {
        (name, key): _group(key, labels, eligible, selected, value, stratum)
        for name, labels in dimensions.items()
        for key in np.unique(labels[labels != UNKNOWN]).tolist()
    }
    asked = [at for at, group in found.items() if group.verdict is not Verdict.FEW]
    asked.sort(key=lambda at: found[at].chance)
    beyond_chance = True
    for rank, at in enumerate(asked):  # Holm: the first that chance may give ends it
        beyond_chance = beyond_chance and found[at].chance <= ALARM_CHANCE / (len(asked) - rank)
        found[at] = replace(found[at], verdict=_verdict(found[at], beyond_chance))
    return {
        name: tuple(group for (of, _), group in found.items() if of == name) for name in dimensions
    }


def _verdict(group: Group, beyond_chance: bool) -> Verdict:
    if beyond_chance and group.adjusted is not None and group.adjusted < EXPECTED_RATIO:
        return Verdict.ALARM
    low = group.impact.point is not None and group.impact.point < EXPECTED_RATIO
    return Verdict.EXPLAINED if low else Verdict.EVEN


def _group(
    key: int, labels: Whole, eligible: Flags, selected: Flags, value: Whole, stratum: Whole
) -> Group:
    mine = labels == key
    others = eligible & ~mine & (labels != UNKNOWN)
    own = eligible & mine
    chosen = own & selected
    of = (int(own.sum()), int(chosen.sum()))
    beside = (int(others.sum()), int((others & selected).sum()))
    ns, ms, rest, rest_ms = (
        np.bincount(stratum[who], minlength=int(stratum.max(initial=0)) + 1)
        for who in (own, chosen, others, others & selected)
    )
    few = min(of[0], beside[0]) < SMALLEST_SHOWN
    return Group(
        key,
        int(mine.sum()),
        *of,
        rate(of[1], of[0]),
        mean(value[chosen]),
        ratio(of[1], of[0], beside[1], beside[0]),
        adjusted(ns, ms, rest, rest_ms),
        chance_of_so_few(ns, ms, rest, rest_ms),
        Verdict.FEW if few else Verdict.EVEN,
    )


def strata(opportunity: Whole, many: int = STRATA) -> Whole:
    """People of about equal opportunity: 0 for those with none, the others in equal parts.

    The opportunity of a person is the best of value less price over all orders that fit, from a
    matching that is blind: it holds abilities, wishes, place and competition, and no group.
    """
    some = opportunity > 0
    if not some.any():
        return np.zeros(len(opportunity), np.int64)
    cuts = np.quantile(opportunity[some], np.arange(1, many) / many)
    part = 1 + np.searchsorted(cuts, opportunity, side="right")
    return np.where(some, part, 0).astype(np.int64)


def _wilson(chosen: int, among: int) -> tuple[float, float, float]:
    """A share, and Wilson's interval."""
    share, z2 = chosen / among, _Z * _Z
    middle = (share + z2 / (2 * among)) / (1 + z2 / among)
    reach = sqrt(share * (1 - share) / among + z2 / (4 * among * among)) * _Z / (1 + z2 / among)
    return share, max(0.0, middle - reach), min(1.0, middle + reach)


def rate(chosen: int, among: int) -> Range:
    """A share with Wilson's interval."""
    return Range(*_wilson(chosen, among)) if among else Range(None, None, None)


def ratio(chosen: int, among: int, other: int, beside: int) -> Range:
    """One share over another; the interval is built from both of Wilson's.

    MOVER-R: Donner & Zou, Statistical Methods in Medical Research 21 (2012), after Newcombe.
    """
    if not (among and beside and other):
        return Range(None, None, None)
    one, low, high = _wilson(chosen, among)
    two, their_low, their_high = _wilson(other, beside)

    def end(mine: float, theirs: float, sign: int) -> float:
        below = theirs * (2 * two - theirs)
        under = (one * two) ** 2 - mine * (2 * one - mine) * below
        return (one * two + sign * sqrt(max(0.0, under))) / below

    return Range(one / two, end(low, their_high, -1), end(high, their_low, 1))


def mean(values: Whole) -> Range:
    """A mean with its normal interval; no interval for fewer than two."""
    if not len(values):
        return Range(None, None, None)
    middle = float(values.mean())
    if len(values) < 2:
        return Range(middle, None, None)
    reach = _Z * float(values.std(ddof=1)) / sqrt(len(values))
    return Range(middle, middle - reach, middle + reach)


def adjusted(among: Whole, chosen: Whole, beside: Whole, other: Whole) -> float | None:
    """The ratio of rates common to the strata (Mantel-Haenszel); None without anybody to compare."""
    total = np.maximum(1, among + beside)
    below = float((other * among / total).sum())
    return float((chosen * beside / total).sum()) / below if below else None


def chance_of_so_few(among: Whole, chosen: Whole, beside: Whole, other: Whole) -> float:
    """The exact chance of no more of the group being chosen, were all of a stratum alike.

    In each stratum the group's number is hypergeometric; their sum is the convolution.
    """
    odds: NDArray[np.float64] = np.ones(1)
    start = 0
    for n, a, m, b in zip(
        among.tolist(), chosen.tolist(), beside.tolist(), other.tolist(), strict=True
    ):
        law = hypergeom(n + m, a + b, n)
        least, most = max(0, a + b - m), min(n, a + b)
        if least == most:
            start += least
            continue
        reach = int(_REACH_SD * law.std()) + 30
        first, last = max(least, int(law.mean()) - reach), min(most, int(law.mean()) + reach)
        odds = np.convolve(odds, law.pmf(np.arange(first, last + 1)))
        start += first
    return float(min(1.0, odds[: max(0, int(chosen.sum()) - start + 1)].sum()))


def shown(sizes: Sequence[int], least: int = SMALLEST_SHOWN) -> tuple[bool, ...]:
    """Which groups of a dimension may be told: none under `least`, and none by subtraction.

    Where a single one would be hidden, the total would give it away: the next smallest is hidden
    with it.
    """
    hidden = {at for at, size in enumerate(sizes) if size < least}
    if len(hidden) == 1 and len(sizes) > 1:
        hidden.add(min((size, at) for at, size in enumerate(sizes) if at not in hidden)[1])
    return tuple(at not in hidden for at in range(len(sizes)))


def alarms(told: Mapping[str, Sequence[Group]]) -> list[tuple[str, Group]]:
    """The groups that call for a look."""
    return [
        (name, group)
        for name, groups in told.items()
        for group in groups
        if group.verdict is Verdict.ALARM
    ]


def record(group: Group) -> dict[str, Any]:
    """A group as plain values, for JSON."""
    ranges = {"rate": group.rate, "value": group.value, "impact": group.impact}
    return {
        **{name: getattr(group, name) for name in ("key", "people", "eligible", "selected")},
        **{name: [one.point, one.low, one.high] for name, one in ranges.items()},
        "adjusted": group.adjusted,
        "chance": group.chance,
        "verdict": str(group.verdict),
    }
