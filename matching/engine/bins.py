"""One pair, judged in words: five bins and what decides them.

The pair is evaluated twice: *low* takes every unknown against it, *high* takes it for it. Where
high fails there is a definite gap; where only low fails there are questions; where low holds the
person fits. This is the readable statement of the rule; `kernel` says the same thing for
hundreds of millions of pairs and is tested against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum

from matching.engine.orders import Order, teaches
from matching.engine.people import Person
from matching.engine.scores import Distances, kinship, place_case
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    ACCOMMODATIONS,
    DIMENSION_AT,
    DIMENSIONS,
    EDUCATION,
    MAX_LEVEL,
    Accommodation,
)

COSTS = ("none", "low", "medium")  # cost bands, cheapest first


class Bin(IntEnum):
    """The five answers; from TRAINING up the pair may be allotted."""

    NOT_NOW = 0  # 暂不匹配
    CONFIRM = 1  # 需确认
    TRAINING = 2  # 培训后可胜任
    ACCOMMODATION = 3  # 加便利可胜任
    NOW = 4  # 直接胜任

    @property
    def fits(self) -> bool:
        """Whether a seat may be given."""
        return self >= Bin.TRAINING


class Ground(StrEnum):
    """What can exclude. Nothing else can."""

    DEMAND = "demand"
    SKILL = "skill"
    EDUCATION = "education"
    DATE = "date"
    MUST = "must"
    AVOID = "avoid"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A definite gap: on what ground, in which `key`, how much is `needed` and what `has` is.

    `would_close` names the accommodations, neither provided nor refused nor declined, any one of
    which would close a demand.
    """

    ground: Ground
    key: str
    needed: int = 0
    has: int = 0
    would_close: tuple[str, ...] = ()


class Unknown(StrEnum):
    """What a question is about."""

    CAPACITY = "capacity"  # how much the person can do
    FACT = "fact"  # something an accommodation requires
    SAFETY = "safety"  # an assessor's confirmation for this person and post
    EDUCATION = "education"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Question:
    """An unknown that decides the pair; `dimension` is the demand it decides, if any."""

    about: Unknown
    key: str
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """An accommodation this pair needs, who provides it and in which cost band."""

    key: str
    provider: str
    cost_band: str


@dataclass(frozen=True, slots=True)
class Gain:
    """What the order's class adds: a skill (`occupation` code) or levels of a `dimension`."""

    kind: str
    key: str
    level: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """The bin of a pair and everything that decided it."""

    bin: Bin
    exclusions: tuple[Exclusion, ...] = ()
    questions: tuple[Question, ...] = ()
    arrangements: tuple[Arrangement, ...] = ()
    gains: tuple[Gain, ...] = ()


def judge(person: Person, order: Order, distances: Distances) -> Judgement:
    """The bin of a pair, with its reasons."""
    exclusions = tuple(_exclusions(person, order, distances))
    if exclusions:
        return Judgement(Bin.NOT_NOW, exclusions=exclusions)
    questions = tuple(dict.fromkeys(_questions(person, order)))
    if questions:
        return Judgement(Bin.CONFIRM, questions=questions)
    gains = tuple(_gains(person, order))
    arrangements = _fewest(person, order)
    return Judgement(_fitting(gains, arrangements), arrangements=arrangements, gains=gains)


def _fitting(gains: tuple[Gain, ...], arrangements: tuple[Arrangement, ...]) -> Bin:
    if gains:
        return Bin.TRAINING
    return Bin.ACCOMMODATION if arrangements else Bin.NOW


# Demands


def essential(order: Order) -> dict[str, int]:
    """The demands that can exclude."""
    return {key: one.level for key, one in order.demands.items() if one.essential and one.level}


def helps(person: Person, accommodation: Accommodation, *, doubt: bool) -> bool:
    """Whether it relaxes anything for this person; `doubt` answers what isn't known.

    The person's own aid is part of the capacity already and relaxes nothing a second time.
    """
    if accommodation.in_capacity or accommodation.key in person.declined:
        return False
    return all(person.facts.get(fact, doubt) for fact in accommodation.requires)


def relaxation(
    person: Person, order: Order, dimension: str, provided: frozenset[str], *, doubt: bool
) -> int:
    """Levels taken off a demand. A safety-critical one needs an assessor's confirmation."""
    if DIMENSIONS[DIMENSION_AT[dimension]].safety_critical:
        doubt_or_confirmed = doubt or (order.id, dimension) in person.confirmed
        if not doubt_or_confirmed:
            return 0
    levels = 0
    for key in provided:
        one = ACCOMMODATIONS[ACCOMMODATION_AT[key]]
        relaxed = one.relaxes.get(dimension, 0)
        if relaxed and helps(person, one, doubt=doubt):
            levels += relaxed
    return min(levels, MAX_LEVEL)


def unmet(
    person: Person, order: Order, provided: frozenset[str], *, trained: bool, doubt: bool
) -> dict[str, int]:
    """Essential demands above the person's capacity, and what is left of each."""
    left = {}
    for dimension, level in essential(order).items():
        relaxed = relaxation(person, order, dimension, provided, doubt=doubt)
        gained = order.raises.get(dimension, 0) if trained else 0
        effective = max(0, level - relaxed - gained)
        capacity = person.can(dimension)
        if effective > (capacity if capacity is not None else MAX_LEVEL * doubt):
            left[dimension] = effective
    return left


def held_level(person: Person, occupation: str) -> int:
    """The highest level held in an occupation, -1 when it isn't held at all."""
    return max(
        (int(one.level) for one in person.skills if one.occupation == occupation), default=-1
    )


# What excludes: the high evaluation


def _exclusions(person: Person, order: Order, distances: Distances) -> Iterator[Exclusion]:
    for key, needed in unmet(person, order, order.provided, trained=True, doubt=True).items():
        has = person.can(key)
        closers = tuple(_would_close(person, order, key))
        yield Exclusion(Ground.DEMAND, key, needed, has or 0, closers)
    for skill in order.required:
        held = held_level(person, skill.occupation)
        if held < skill.level and not teaches(order, skill):
            yield Exclusion(Ground.SKILL, skill.occupation, skill.level, held)
    if person.education is not None and person.education < order.education_needed:
        key = EDUCATION[order.education_needed]
        yield Exclusion(Ground.EDUCATION, key, order.education_needed, person.education)
    if _late(person.available_from, order.starts_on):
        yield Exclusion(Ground.DATE, "available_from")
    if _late(person.may_work_from, order.work_from):
        yield Exclusion(Ground.DATE, "may_work_from")
    yield from _against_wishes(person, order, distances)


def _late(ready: date | None, needed: date | None) -> bool:
    return ready is not None and needed is not None and ready > needed


def _would_close(person: Person, order: Order, dimension: str) -> Iterator[str]:
    for one in ACCOMMODATIONS:
        open_to_ask = one.key not in order.provided | order.refused
        if open_to_ask and one.relaxes.get(dimension) and helps(person, one, doubt=True):
            more = order.provided | {one.key}
            if dimension not in unmet(person, order, more, trained=True, doubt=True):
                yield one.key


def _against_wishes(person: Person, order: Order, distances: Distances) -> Iterator[Exclusion]:
    if order.occupation in person.avoided:
        yield Exclusion(Ground.AVOID, order.occupation)
    if order.id in person.avoided_orders:
        yield Exclusion(Ground.AVOID, order.id)
    km = distances.between(person.county, order.county)
    broken = {
        "wage": order.wage_yuan < person.least_wage_yuan,
        "distance": place_case(person, order, km) == "far",
        "mode": bool(person.modes) and order.mode not in person.modes,
        "shift": bool(person.shifts) and order.shift not in person.shifts,
        "dorm": person.dorm and not order.dorm,
        "occupation": bool(person.wanted)
        and max(kinship(code, order.occupation) for code in person.wanted) < 2,
    }
    yield from (
        Exclusion(Ground.MUST, must)
        for must, is_broken in broken.items()
        if is_broken and must in person.musts
    )


# What decides: the questions between low and high


def _questions(person: Person, order: Order) -> Iterator[Question]:
    for dimension in unmet(person, order, order.provided, trained=True, doubt=False):
        if person.can(dimension) is None:
            yield Question(Unknown.CAPACITY, dimension, dimension)
            continue
        for key in sorted(order.provided):
            one = ACCOMMODATIONS[ACCOMMODATION_AT[key]]
            if one.relaxes.get(dimension) and helps(person, one, doubt=True):
                for fact in one.requires:
                    if fact not in person.facts:
                        yield Question(Unknown.FACT, fact, dimension)
        if DIMENSIONS[DIMENSION_AT[dimension]].safety_critical and (
            (order.id, dimension) not in person.confirmed
        ):
            yield Question(Unknown.SAFETY, dimension, dimension)
    if person.education is None and order.education_needed:
        yield Question(Unknown.EDUCATION, EDUCATION[order.education_needed])
    if person.may_work_from is None and order.work_from:
        yield Question(Unknown.DATE, "may_work_from")


# What makes it fit: the low evaluation


def _gains(person: Person, order: Order) -> Iterator[Gain]:
    for skill in order.required:
        if held_level(person, skill.occupation) < skill.level:
            yield Gain("skill", skill.occupation, skill.level)
    for dimension in unmet(person, order, order.provided, trained=False, doubt=False):
        yield Gain("dimension", dimension, order.raises[dimension])


def _fewest(person: Person, order: Order) -> tuple[Arrangement, ...]:
    """Accommodations none of which can be spared, the dearest spared first.

    What the class teaches is taught anyway where it is needed; the rest is arranged.
    """
    trained = bool(unmet(person, order, order.provided, trained=False, doubt=False))
    if not unmet(person, order, frozenset(), trained=trained, doubt=False):
        return ()
    needed = order.provided
    for key in sorted(
        order.provided, key=lambda one: (-COSTS.index(_of(one).cost_band), -ACCOMMODATION_AT[one])
    ):
        if not unmet(person, order, needed - {key}, trained=trained, doubt=False):
            needed -= {key}
    return tuple(
        Arrangement(key, _of(key).provider, _of(key).cost_band)
        for key in sorted(needed, key=ACCOMMODATION_AT.__getitem__)
    )


def _of(key: str) -> Accommodation:
    return ACCOMMODATIONS[ACCOMMODATION_AT[key]]
