"""Outcomes of people who decide by a card that the learner does not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np

from matching.engine.learning.card import GROUNDS, PUBLISHED, Card, Cases, Table
from matching.engine.learning.stages import Outcomes

TODAY = date(2026, 3, 2)
FIRST = TODAY.toordinal() - 1200
LAST = TODAY.toordinal()
Chance = Callable[[Cases], np.ndarray]


def some_cases(rng: np.random.Generator, score: str, n: int) -> Cases:
    """Every case of every ground, independent of each other."""
    columns = [rng.integers(0, len(ground.cases), n) for ground in GROUNDS[score]]
    return np.stack(columns, 1).astype(np.int8)


def changed(table: Table, base: int = 0, **grounds: float) -> Table:
    """The table with some grounds weighing more or less, and another base."""
    score = "U" if len(table.points) == len(GROUNDS["U"]) else "P"
    points = tuple(
        tuple(round(point * grounds.get(ground.key, 1.0)) for point in row)
        for ground, row in zip(GROUNDS[score], table.points, strict=True)
    )
    return Table(table.base + base, points)


# People care for the place and little for the wage; employers look at the contract's length less
# than at the skill. Nothing of it is in the published points.
HIDDEN = Card(
    changed(PUBLISHED.U, base=-60, wage=0.3, place=2.0, occupation=0.4, shift=2.0),
    changed(PUBLISHED.P, base=40, skill=1.8, contract=2.0, insurance=3.0),
)
STAYING = changed(PUBLISHED.P, base=80, skill=0.3, contract=2.5, insurance=4.0)


def chance(table: Table, cases: Cases) -> np.ndarray:
    return table.chances(cases) / 1000


def outcomes(
    seed: int,
    n: int,
    accepts: Table = HIDDEN.U,
    hires: Table = HIDDEN.P,
    keeps: Table = STAYING,
    *,
    days: tuple[int, int] = (FIRST, LAST),
) -> Outcomes:
    """n showings, four a person, on days spread evenly."""
    rng = np.random.default_rng(seed)
    wishes, prospects = some_cases(rng, "U", n), some_cases(rng, "P", n)
    accepted = rng.random(n) < chance(accepts, wishes)
    hired = rng.random(n) < chance(hires, prospects)
    kept = rng.random(n) < chance(keeps, prospects)
    return Outcomes(
        np.arange(n) // 4,
        rng.integers(*days, n),
        wishes,
        prospects,
        accepted.astype(np.int8),
        np.where(accepted, hired, -1).astype(np.int8),
        np.where(accepted & hired, kept, -1).astype(np.int8),
        np.ones(n),
    )


def taken(told: Outcomes, rows: np.ndarray) -> Outcomes:
    """Some of the rows, in the order given."""
    names = ("who", "day", "wishes", "prospects", "accepted", "hired", "kept", "propensity")
    return replace(told, **{name: getattr(told, name)[rows] for name in names})


def together(one: Outcomes, other: Outcomes) -> Outcomes:
    """Both logs."""
    names = ("who", "day", "wishes", "prospects", "accepted", "hired", "kept", "propensity")
    joined = {name: np.concatenate((getattr(one, name), getattr(other, name))) for name in names}
    return replace(one, **joined)
