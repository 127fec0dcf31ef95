"""What would raise the grade: the least work that reaches it, given the minima.

A mixed integer programme: each item may be brought to one of the better levels that its rule
has (or, for a ratio, anywhere up to full), the total has to reach the grade's cut and every
selection its minimum, and the effort is least. HiGHS solves it; the answer is then added up
again in exact fractions, so that a base is never told of a path that ends a hair short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from accreditation.clauses import Binary, Checklist, Deduction, Ratio, Tiered
from accreditation.errors import BadValue
from accreditation.rubric import Grade, Item, Minimum, Rubric
from accreditation.scoring import COUNTED, ItemScore, Result

STEP: Final = Decimal("0.01")  # a ratio is asked for in hundredths of a point, upwards
PER_POINT: Final = 0.001  # of an item's effort: among equal sets of items the one with fewer points


@dataclass(frozen=True, slots=True)
class Step:
    """One item to better: from its points now to at least `to`."""

    item: Item
    now: Decimal
    to: Decimal

    @property
    def gain(self) -> Decimal:
        """Points won."""
        return self.to - self.now


@dataclass(frozen=True, slots=True)
class Path:
    """The way to a grade: what to better, the least total effort, and the total it leads to."""

    grade: Grade
    steps: tuple[Step, ...]
    effort: Decimal
    total: Decimal


def next_grade(rubric: Rubric, result: Result) -> Grade | None:
    """The grade above the one the base has; None for the best."""
    better = [grade for grade in rubric.grades if grade.least > result.grade.least]
    return better[-1] if better else None


def path_to(
    rubric: Rubric,
    result: Result,
    grade: Grade,
    effort: Mapping[str, Decimal] | None = None,
) -> Path | None:
    """The cheapest set of items that brings the base to the grade; None where none does.

    `effort` of an item is 1 unless given; it must be above 0. An item that does not count stays
    out of it, and so does a condition's effect: an item is offered the levels of its rule as if
    its provisos were met. Raises BadValue for an effort of 0 or less.
    """
    cost = {item.id: (effort or {}).get(item.id, Decimal(1)) for item in rubric.items}
    if any(one <= 0 for one in cost.values()):
        raise BadValue("改进所需投入应大于0")
    scored = [one for one in result.items if one.state in COUNTED]
    bound = [one for one in rubric.minima if _binds(rubric, one, grade)]
    selections = [
        (chosen, Fraction(minimum.share))
        for minimum in bound
        for chosen in _chosen(rubric, result, minimum, scored)
    ]
    total = (list(range(len(scored))), Fraction(grade.least) / Fraction(rubric.total))
    return _solved(rubric, grade, scored, [total, *selections], cost)


def _binds(rubric: Rubric, minimum: Minimum, grade: Grade) -> bool:
    """A minimum binds its own grade and all above it."""
    own = next((one for one in rubric.grades if one.code == minimum.grade), None)
    return own is not None and own.least <= grade.least


def _chosen(
    rubric: Rubric, result: Result, minimum: Minimum, scored: Sequence[ItemScore]
) -> Iterable[list[int]]:
    """The selections that the minimum holds for at this stage, as places in `scored`."""

    def places(sections: Iterable[str]) -> list[int]:
        wanted = set(sections)
        return [
            at
            for at, one in enumerate(scored)
            if wanted & {one.item.section, one.item.chapter, one.item.id}
        ]

    if minimum.select == "each_level1":
        applied = {
            seen.section for seen in result.minima if seen.minimum.id == minimum.id and seen.section
        }
        yield from (places([section]) for section in sorted(applied))
    elif minimum.select == "core":
        yield [at for at, one in enumerate(scored) if one.item.core]
    else:
        yield places(minimum.of)


def levels(one: ItemScore) -> tuple[Fraction, ...] | None:
    """The better points that the rule of the item has, rising; None where any up to full are."""
    now, rule = Fraction(one.points or 0), one.item.clause.rule
    match rule:
        case Ratio():
            return None
        case Tiered():
            there = [Fraction(tier.points) for tier in rule.tiers]
        case Checklist():
            there = [Fraction(rule.each) * n for n in range(1, len(rule.keys) + 1)]
        case Binary():
            there = [Fraction(rule.highest)]
        case Deduction():
            steps = (Fraction(rule.start) - Fraction(rule.least)) / -Fraction(rule.each)
            there = [Fraction(rule.start) + Fraction(rule.each) * n for n in range(int(steps) + 1)]
    return tuple(sorted(points for points in set(there) if points > now))


def _solved(
    rubric: Rubric,
    grade: Grade,
    scored: Sequence[ItemScore],
    needs: Sequence[tuple[Sequence[int], Fraction]],
    cost: Mapping[str, Decimal],
) -> Path | None:
    """One 0/1 column for each level of an item; a ratio has one to touch it and one for how far."""
    owner: list[int] = []
    gain: list[Fraction] = []
    price: list[float] = []
    touches: list[tuple[int, int]] = []  # a ratio's own column of points, and its switch
    for at, one in enumerate(scored):
        effort = float(cost[one.item.id])
        room = Fraction(one.full) - Fraction(one.points or 0)
        better = levels(one)
        if better is None and room > 0:
            touches.append((len(owner) + 1, len(owner)))
            owner += [at, at]
            gain += [Fraction(0), room]  # the second in parts of the room
            price += [effort, effort * PER_POINT * float(room)]
            continue
        for points in better or ():
            owner.append(at)
            gain.append(points - Fraction(one.points or 0))
            price.append(effort * (1 + PER_POINT * float(gain[-1])))
    if not owner:
        return _path(rubric, grade, scored, {}, needs, cost)
    rows, low, high = _rows(scored, owner, gain, touches, needs)
    integral = np.ones(len(owner), np.int64)
    for part, _ in touches:
        integral[part] = 0
    found = milp(
        np.array(price),
        constraints=LinearConstraint(rows, low, high),
        integrality=integral,
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if not found.success:
        return None
    won: dict[int, Fraction] = {}
    for column, at in enumerate(owner):
        if found.x[column] > 1e-9:
            whole = round(found.x[column]) if integral[column] else Fraction(found.x[column])
            won[at] = won.get(at, Fraction(0)) + gain[column] * whole
    return _path(rubric, grade, scored, won, needs, cost)


def _rows(
    scored: Sequence[ItemScore],
    owner: Sequence[int],
    gain: Sequence[Fraction],
    touches: Sequence[tuple[int, int]],
    needs: Sequence[tuple[Sequence[int], Fraction]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, low, high = [], [], []
    for chosen, share in needs:
        inside = set(chosen)
        rows.append([float(gain[c]) if at in inside else 0.0 for c, at in enumerate(owner)])
        low.append(float(_short(scored, chosen, share, {})))
        high.append(np.inf)
    parts = {part for part, _ in touches}
    for at in set(owner):  # one level of an item at most
        columns = [c for c, own in enumerate(owner) if own == at and c not in parts]
        rows.append([1.0 if c in columns else 0.0 for c in range(len(owner))])
        low.append(-np.inf)
        high.append(1.0)
    for part, switch in touches:  # no points without touching
        row = np.zeros(len(owner))
        row[part], row[switch] = 1.0, -1.0
        rows.append(row.tolist())
        low.append(-np.inf)
        high.append(0.0)
    return np.array(rows), np.array(low), np.array(high)


def _short(
    scored: Sequence[ItemScore],
    chosen: Sequence[int],
    share: Fraction,
    won: Mapping[int, Fraction],
) -> Fraction:
    """Points that a selection lacks of its share; 0 or less once it is met."""
    full = sum((Fraction(scored[at].full) for at in chosen), Fraction(0))
    has = sum((Fraction(scored[at].points or 0) + won.get(at, 0) for at in chosen), Fraction(0))
    return full * share - has


def _path(
    rubric: Rubric,
    grade: Grade,
    scored: Sequence[ItemScore],
    won: Mapping[int, Fraction],
    needs: Sequence[tuple[Sequence[int], Fraction]],
    cost: Mapping[str, Decimal],
) -> Path | None:
    """The answer in whole hundredths, added up exactly; None if it does not reach after all."""
    steps = []
    exact: dict[int, Fraction] = {}
    for at, points in sorted(won.items()):
        one = scored[at]
        now = one.points or Decimal(0)
        reached = Fraction(now) + points
        to = (Decimal(reached.numerator) / Decimal(reached.denominator)).quantize(
            STEP, rounding=ROUND_CEILING
        )
        to = min(to, one.full)
        exact[at] = Fraction(to) - Fraction(now)
        steps.append(Step(one.item, now, to))
    if any(_short(scored, chosen, share, exact) > 0 for chosen, share in needs):
        return None
    full = sum((Fraction(one.full) for one in scored), Fraction(0))
    has = sum((Fraction(one.points or 0) for one in scored), Fraction(0)) + sum(exact.values())
    total = has / full * Fraction(rubric.total) if full else Fraction(0)
    return Path(
        grade,
        tuple(sorted(steps, key=lambda step: (-step.gain, step.item.id))),
        sum((cost[step.item.id] for step in steps), Decimal(0)),
        Decimal(total.numerator) / Decimal(total.denominator),
    )
