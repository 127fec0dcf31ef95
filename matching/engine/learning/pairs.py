"""Which row of each table applies to a pair: all that learning ever sees of it.

No category, sex or age can be among them, because `Person` holds none. A log of these cases says
what a person was shown without the profile behind it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date

from matching.engine import scores
from matching.engine.learning.card import (
    LEVEL_CASES,
    PROSPECTS,
    PUBLISHED,
    WAGE_CASES,
    WISHES,
    Card,
    Ground,
)
from matching.engine.orders import Order
from matching.engine.people import Person, Skill


def wish_cases(person: Person, order: Order, km: int) -> tuple[int, ...]:
    """The case of each ground of U."""
    wish = person.least_wage_yuan
    percent = order.wage_yuan * 100 // wish if wish else 0
    wage = WAGE_CASES[bisect_right(scores.WAGE_PERCENT, percent)] if wish else "open"
    return _at(
        WISHES,
        wage,
        scores.place_case(person, order, km),
        scores.occupation_case(person, order.occupation),
        scores.wish_case(person.modes, order.mode),
        scores.wish_case(person.shifts, order.shift),
        scores.dorm_case(person, order),
    )


def prospect_cases(
    person: Person, order: Order, as_of: date, card: Card = PUBLISHED
) -> tuple[int, ...]:
    """The case of each ground of P; of several skills the one worth most on this card."""
    skills, recencies = card.P.points[0], card.P.points[1]
    options = [
        (PROSPECTS[0].at(skill), PROSPECTS[1].at(recency))
        for skill, recency in _experiences(person, order, as_of)
    ]
    skill, recency = max(options, key=lambda at: skills[at[0]] + recencies[at[1]])
    held = {one.occupation for one in person.skills}
    months = bisect_right(scores.CONTRACT_MONTHS, order.contract_months)
    preferred = min(len(order.preferred & held), scores.PREFERRED_COUNTED)
    return skill, recency, preferred, months, int(order.insured)


def _at(grounds: tuple[Ground, ...], *cases: str) -> tuple[int, ...]:
    return tuple(ground.at(case) for ground, case in zip(grounds, cases, strict=True))


def _experiences(person: Person, order: Order, as_of: date) -> Iterator[tuple[str, str]]:
    """Everything that could count as experience: skill and how old it is."""
    yield "none", "24"
    if order.taught(order.occupation) is not None:
        yield "taught", "24"
    for skill in person.skills:
        kin = scores.kinship(skill.occupation, order.occupation)
        if kin:
            case = LEVEL_CASES[skill.level] if kin == 3 else f"kin_{kin}"
            yield case, _recency(skill, as_of)


def _recency(skill: Skill, as_of: date) -> str:
    if skill.since is None:
        return "undated"
    months = max(0, (as_of - skill.since).days) // scores.DAYS_A_MONTH
    return ("24", "60", "120", "older")[bisect_right(scores.RECENCY_MONTHS, months)]
