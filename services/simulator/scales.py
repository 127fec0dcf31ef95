"""How large a simulated province is, and the ground it stands on."""

import csv
import io
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from services.reference.sets import DIVISIONS, TARGETS


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of people, orders and bases. Class records keep province size at every scale."""

    name: str
    people: int
    orders: int
    bases: int
    uncovered_counties: int


SMALL: Final = Scale("small", people=2_000, orders=60, bases=170, uncovered_counties=14)
PROVINCE: Final = Scale("province", people=160_000, orders=5_000, bases=170, uncovered_counties=14)
SCALES: Final = {scale.name: scale for scale in (SMALL, PROVINCE)}


@dataclass(frozen=True, slots=True)
class County:
    code: str
    name: str
    unit: str  # the reporting unit of the plan
    city: str  # the division above: 济源市 has none, its own code stands here
    kind: str  # 市辖区, 县级市 or 县


@cache
def counties() -> tuple[County, ...]:
    """The 157 county-level units, in the order of the reference file."""
    return tuple(
        County(
            row["code"],
            row["name"],
            row["city_code"],
            row["code"] if row["city_code"] == "419000" else row["city_code"],
            row["kind"],
        )
        for row in csv.DictReader(io.StringIO(DIVISIONS.text()))
    )


@cache
def targets() -> dict[str, int]:
    """Persons to be trained by reporting unit (豫残联〔2022〕33号 附件)."""
    return {
        row["city_code"]: int(row["trained_persons"])
        for row in csv.DictReader(io.StringIO(TARGETS.text()))
    }


def streams(seed: int, *topics: str) -> list[np.random.Generator]:
    """One generator a topic: what one topic draws never moves another."""
    return [np.random.default_rng([seed, *topic.encode()]) for topic in topics]


def people_by_county(seed: int, people: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """People in each county: shares of the units by largest remainder, inside a unit by a drawn weight."""
    (rng,) = streams(seed, "county-weights")
    weight = rng.lognormal(0.0, 0.35, len(counties()))
    goal = targets()
    share = np.array([goal[c.unit] for c in counties()], float)
    for unit in goal:
        inside = np.array([c.unit == unit for c in counties()])
        share[inside] *= weight[inside] / weight[inside].sum()
    exact = share / share.sum() * people
    count = np.floor(exact).astype(np.int64)
    for at in np.argsort(count - exact, kind="stable")[: people - int(count.sum())]:
        count[at] += 1
    return np.array(count, np.int64)
