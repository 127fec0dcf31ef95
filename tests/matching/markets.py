"""Random people and orders for the tests: small worlds in which everything happens."""

from __future__ import annotations

import random
from datetime import date, timedelta

from matching.engine.orders import Demand, Order
from matching.engine.people import Person, Skill
from matching.engine.scores import Distances
from matching.engine.vocabulary import (
    ACCOMMODATIONS,
    DIMENSIONS,
    FACTS,
    MODES,
    MUSTS,
    SHIFTS,
    Level,
)

TODAY = date(2026, 3, 2)
COUNTIES = ("410102", "410103", "410302", "411502")
DISTANCES = Distances.from_coordinates(
    {
        "410102": (34.78, 113.54),
        "410103": (34.68, 113.54),
        "410302": (34.68, 112.48),
        "411502": (32.12, 114.07),
    }
)
JOBS = ("6-05-01-03", "6-05-01-02", "6-05-02-01", "4-10-04-02", "4-04-05-03", "云客服")
KEYS = tuple(d.key for d in DIMENSIONS)
AIDS = tuple(a.key for a in ACCOMMODATIONS)


def some(rng: random.Random, words: tuple[str, ...], most: int) -> frozenset[str]:
    return frozenset(rng.sample(words, rng.randint(0, most)))


def day(rng: random.Random, days: int) -> date:
    return TODAY + timedelta(days=rng.randint(-days, days))


def a_skill(rng: random.Random) -> Skill:
    return Skill(rng.choice(JOBS), Level(rng.randint(0, 6)), rng.choice([None, day(rng, 4000)]))


def a_person(rng: random.Random, name: str, orders: tuple[str, ...] = ()) -> Person:
    capacity = {key: min(4, rng.choice((1, 2, 3, 4, 4, 4))) for key in KEYS if rng.random() < 0.9}
    return Person(
        id=name,
        county=rng.choice(COUNTIES),
        capacity=capacity,
        observed={key: rng.randint(0, 4) for key in some(rng, KEYS, 2)},
        facts={fact: rng.random() < 0.7 for fact in FACTS if rng.random() < 0.7},
        declined=some(rng, AIDS, 2),
        skills=tuple(a_skill(rng) for _ in range(rng.randint(0, 3))),
        education=rng.choice([None, 0, 2, 3, 4]),
        may_work_from=rng.choice([None, date(2010, 1, 1), date(2010, 1, 1), day(rng, 60)]),
        available_from=rng.choice([None, day(rng, 40)]),
        wanted=some(rng, JOBS, 2),
        avoided=some(rng, JOBS, 1) if rng.random() < 0.3 else frozenset(),
        avoided_orders=some(rng, orders, min(2, len(orders))),
        least_wage_yuan=rng.choice([0, 2000, 2500, 3300]),
        most_km=rng.choice([None, 0, 15, 120]),
        relocates=rng.random() < 0.4,
        modes=some(rng, MODES, 2),
        shifts=some(rng, SHIFTS, 3),
        dorm=rng.random() < 0.3,
        musts=some(rng, MUSTS, 3) if rng.random() < 0.3 else frozenset(),
        waiting_since=rng.choice([None, TODAY - timedelta(days=rng.randint(0, 900))]),
        confirmed=frozenset((o, rng.choice(KEYS)) for o in orders if rng.random() < 0.3)
        | frozenset((o, "hazard") for o in orders if rng.random() < 0.3),
    )


def an_order(rng: random.Random, name: str, seats: int = 3) -> Order:
    keys = rng.sample(KEYS, rng.randint(0, 6)) + (["hazard"] if rng.random() < 0.4 else [])
    trainable = [d.key for d in DIMENSIONS if d.trainable]
    return Order(
        id=name,
        county=rng.choice(COUNTIES),
        occupation=rng.choice(JOBS),
        seats=rng.randint(0, seats),
        demands={key: Demand(rng.randint(0, 4), rng.random() < 0.8) for key in keys},
        offered=some(rng, AIDS, 14),
        secured=some(rng, AIDS, 6),
        wage_yuan=rng.choice([1900, 2200, 2500, 2750, 3300, 4000]),
        contract_months=rng.choice([0, 3, 6, 12, 24]),
        insured=rng.random() < 0.5,
        dorm=rng.random() < 0.4,
        mode=rng.choice(MODES),
        shift=rng.choice(SHIFTS),
        required=tuple(a_skill(rng) for _ in range(rng.choice((0, 0, 1, 2)))),
        preferred=some(rng, JOBS, 3),
        education=rng.choice([0, 0, 3]),
        education_ground=rng.choice(["", "法定资格"]),
        teaches=tuple(a_skill(rng) for _ in range(rng.choice((0, 1, 3)))),
        raises={key: rng.randint(1, 3) for key in some(rng, tuple(trainable), 3)},
        starts_on=rng.choice([None, day(rng, 40)]),
        work_from=rng.choice([None, day(rng, 80)]),
    )


def a_market(
    seed: int, people: int, orders: int, seats: int = 3
) -> tuple[list[Person], list[Order]]:
    rng = random.Random(seed)
    posts = [an_order(rng, f"O{at:03}", seats) for at in range(orders)]
    names = tuple(post.id for post in posts)
    return [
        a_person(rng, f"P{at:03}", rng.sample(names, min(2, orders))) for at in range(people)
    ], posts
