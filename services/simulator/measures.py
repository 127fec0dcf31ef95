"""What an assessor would find, and what the records of a year say, for a base of some quality."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, Final

import numpy as np

from accreditation.clauses import Binary, Checklist, Deduction, Ratio, Tiered
from accreditation.rubric import Item, Rubric, Stage, default_rubric
from accreditation.scoring import Result, Sheet, score

Measures = dict[str, dict[str, Any]]
# The records' counts, each with the share that a perfect base reaches and a poor one (quality 0).
_SHARES: Final = {
    "trainees_assessed": (1.0, 0.35), "trainees_with_plan": (0.99, 0.2), "passed": (0.97, 0.5),
    "severe_trainees": (0.25, 0.25),
}  # fmt: skip


@cache
def rubric() -> Rubric:
    return default_rubric()


def judged() -> tuple[Item, ...]:
    """The items that assessors judge when a base is in operation."""
    return tuple(i for i in rubric().at(Stage.OPERATION) if not i.auto_from_data)


def judge(rng: np.random.Generator, quality: float, items: tuple[Item, ...], big: int) -> Measures:
    """A measure of every item for a base of `quality` 0..1 whose largest class has `big` people."""
    return {item.id: _measure(rng, item, quality, big) for item in items}


def _measure(rng: np.random.Generator, item: Item, quality: float, big: int) -> dict[str, Any]:
    x = float(np.clip(quality + rng.normal(0, 0.06), 0, 1))
    if item.id == "F.4.1":
        return {
            "self_evaluation": "on_time" if x > 0.45 else "late",
            "first_operation_round": False,
            "actions_closed": 5 if x > 0.72 else 4 if x > 0.5 else 2,
            "actions_due": 5,
        }
    rule = item.clause.rule
    out: dict[str, Any] = {}
    match rule:
        case Checklist():
            out = {key: bool(rng.random() < 0.35 + 0.7 * x) for key in rule.keys}
        case Binary():
            out = {rule.variable: bool(rng.random() < 0.3 + 0.75 * x)}
        case Deduction():
            out = {rule.variable: int(rng.binomial(3, max(0.0, 0.55 * (0.93 - x))))}
        case Ratio():
            whole = big if rule.denominator.key == "largest_class_trainees" else 20
            floor, target = float(rule.floor), float(rule.target)
            share = min(1.0, floor + (target - floor) * min(1.0, x * 1.12))
            out = {rule.numerator.key: round(share * whole), rule.denominator.key: whole}
        case Tiered():
            out = _tiered(rng, rule, x)
    if item.id == "A.1.2":
        out["largest_class_trainees"] = big
        out["area_m2"] = max(out["area_m2"], big * 6 if x > 0.5 else 0)
    if item.id == "A.4.1":
        out["evacuation_plan"] = bool(rng.random() < 0.5 + 0.6 * x)
    return out


def _tiered(rng: np.random.Generator, rule: Tiered, x: float) -> dict[str, Any]:
    place = min(len(rule.tiers) - 1, int(rng.binomial(2, max(0.0, min(1.0, (1 - x) * 0.9)))))
    tier = rule.tiers[place]
    if rule.variable is None:  # E.3.3, the only rule of tests that is left
        return {"gained": (9, 5, 2, 0)[place], "trainees": 40}
    if tier.choice is not None:
        return {rule.variable: tier.choice}
    return {rule.variable: int((tier.at or Decimal(0)) * Decimal("1.1") + Decimal("0.9"))}


def class_counts(
    rng: np.random.Generator, quality: float, size: int, order: bool
) -> dict[str, Any]:
    """The counts of one class: the variables of the record-computed items, added up over classes."""

    def part(whole: int, best: float, worst: float) -> int:
        share = worst + (best - worst) * min(1.0, max(0.0, quality + rng.normal(0, 0.04)))
        return int(rng.binomial(whole, min(1.0, share)))

    counts: dict[str, Any] = {key: part(size, *ends) for key, ends in _SHARES.items()}
    passed = counts["passed"]
    requests = int(rng.integers(2, 7))
    sessions, hours = size * 20, 80
    certificates = part(passed, 0.5, 0.02)
    seeking = round(passed * 0.8)
    employed = part(seeking, 0.66, 0.05)
    replies = part(size, 0.92, 0.3)
    kinds = rng.permutation(7)[: int(rng.integers(2, 5))]
    counts |= {
        "trainees": size,
        "enrolled": size,
        "trainees_on_order": size if order else 0,
        "requests_made": requests,
        "requests_met": part(requests, 1.0, 0.5),
        "sessions_scheduled": sessions,
        "sessions_attended": part(sessions, 0.96, 0.65),
        "hours_planned": hours,
        "hours_delivered": part(hours, 1.0, 0.88),
        "hours": hours,
        "practical_hours": part(hours, 0.68, 0.2),
        "persons_trained": size,
        "certificates": certificates,
        "high_skill_certificates": part(certificates, 0.28, 0.0),
        "completers": passed,
        "completers_seeking_work": seeking,
        "employed": employed,
        "placed": employed,
        "retained": part(employed, 0.8, 0.1),
        "completers_followed": part(passed, 1.0, 0.3),
        "asked": size,
        "valid_replies": replies,
        "satisfied": part(replies, 0.97, 0.55),
        "assistant": bool(rng.random() < quality),
        "completed_by_category": {str(k + 1): max(1, passed // len(kinds)) for k in kinds.tolist()},
    }
    return counts


def year_counts(rng: np.random.Generator, quality: float, trained: int) -> dict[str, Any]:
    """What is counted for a base and a year, not for a class."""
    teachers = int(rng.integers(6, 16))
    replies = int(rng.integers(3, 9))
    return {
        "teachers": teachers,
        "teachers_retrained": int(rng.binomial(teachers, min(1.0, 0.4 + 0.62 * quality))),
        "persons_assigned": max(1, round(trained / min(1.1, 0.55 + 0.55 * quality))),
        "employers": int(rng.poisson(1 + 7 * quality)),
        "replies": replies,
        "satisfied_employers": int(rng.binomial(replies, min(1.0, 0.55 + 0.44 * quality))),
        "complaints": int(rng.binomial(3, max(0.0, 0.5 * (0.85 - quality)))),
        "specialised": False,
    }


def from_records(
    classes: list[Mapping[str, Any]], on_time: int, year: Mapping[str, Any]
) -> Measures:
    """The measures of the record-computed items: sums over the classes, and the year's counts."""
    total: dict[str, Any] = dict(year)
    for counts in classes:
        for key, value in counts.items():
            if isinstance(value, int) and not isinstance(value, bool):
                total[key] = total.get(key, 0) + value
    sizes = sorted(counts["trainees"] for counts in classes) or [0]
    middle = len(sizes) // 2
    total["median_class_size"] = sizes[middle]
    total["assistant"] = all(counts["assistant"] for counts in classes)
    total["categories_served"] = len({k for c in classes for k in c["completed_by_category"]})
    total |= {"classes_on_time": on_time, "classes_ended": len(classes)}
    return {
        item.id: {v.key: total[v.key] for v in item.variables if v.key in total}
        for item in rubric().items
        if item.auto_from_data
    }


def settle(measures: Measures, stage: Stage) -> Result:
    """The result of measures under the default rubric."""
    known = {item.id for item in rubric().at(stage)}
    values = {
        code: {k: Decimal(v) if type(v) is int else v for k, v in one.items()}
        for code, one in measures.items()
        if code in known
    }
    return score(rubric(), Sheet(stage, values))


def entered_on(rng: np.random.Generator, ended: date, quality: float, today: date) -> date | None:
    """When a class's records came in: mostly within the 10 working days of 三(四)."""
    late = rng.random() > 0.72 + 0.28 * quality
    day = ended + timedelta(days=int(rng.integers(17, 40) if late else rng.integers(1, 11)))
    return day if day <= today else None
