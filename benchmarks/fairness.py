"""Whether the fairness audit finds a bias that was planted, and stays still where none was.

./run bench fairness --json

For every seed a simulated province is matched twice: blind, and by a matcher with a planted bias
that lowers the value of everybody in one group by a tenth of the scale. Groups are category, sex,
age band, county, and city district or county; sex and age are drawn for the measurement, for
nothing in matching depends on them. The audit sees who was placed and the groups, as the page of the service
does; the strata of opportunity are computed blind. A bias is planted where it has at least a dozen
seats to take: one that takes a single seat looks like chance to any audit.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np

from benchmarks import _machine
from matching.engine import fairness, kernel, standing
from matching.engine.allotment import Allotment, allot
from matching.engine.bins import Bin
from matching.engine.market import Market
from matching.engine.orders import Orders
from matching.engine.prices import values_of
from matching.engine.scores import Distances
from services.actions.market import Demanded, Post, Provided, Skilled, engine_order
from services.files.market_tables import distances
from services.profiles import to_people
from services.simulator.book import Book
from services.simulator.categories import MANY, draw_categories
from services.simulator.orders import draw_orders
from services.simulator.people import draw_people
from services.simulator.scales import Scale, counties, streams

TODAY = date(2026, 3, 2)
PENALTY = 100_000  # millionths of value, of a scale that ends at 1,000,000
AGE_BANDS = 4
LEAST_SEATS = 12  # a bias is planted in groups with so many seats to lose: fewer prove nothing
FALSE_ALARMS_ALLOWED = 2  # of 50 seeds without a bias


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A market, its groups, and what the audit holds equal."""

    market: Market
    groups: dict[str, np.ndarray]
    eligible: np.ndarray
    stratum: np.ndarray
    blind: Allotment


def a_place(seed: int, people: int, orders: int, where: Distances) -> Place:
    """A simulated province with the groups of its people."""
    scale = Scale("fairness", people, orders, bases=0, uncovered_counties=0)
    crowd, book = draw_people(seed, scale, TODAY), Book()
    draw_orders(seed, scale, [], TODAY, book, here=0)
    posts = Orders.from_values(open_orders(book))
    market = Market.of(to_people(crowd.rows, crowd.profiles), posts, where, TODAY)
    categories, lives = streams(seed, "categories", "fairness")
    kinds = draw_categories(categories, crowd.able)
    urban = np.array([one.kind == "市辖区" for one in counties()])
    groups = {
        "category": np.array([one[0][0] if len(one) == 1 else MANY for one in kinds]),
        "sex": lives.integers(0, 2, len(kinds)),
        "age": lives.integers(0, AGE_BANDS, len(kinds)),
        "county": crowd.county,
        "urban": urban[crowd.county].astype(np.int64),
    }
    blind = allot(market)
    clearing = blind.prices[market.order_at]
    return Place(
        market,
        groups,
        standing.best_bins(market) >= Bin.TRAINING,
        fairness.strata(kernel.best(market, clearing, 1)[2]),
        blind,
    )


def open_orders(book: Book) -> list[Any]:
    """The simulated open orders as the engine's values."""
    rows = {name: defaultdict(list) for name in ("demand", "accommodation", "skill")}
    for name, by_order in rows.items():
        for row in book.tables[f"order_{name}"]:
            by_order[row["order_id"]].append(row)
    found = []
    for row in book.tables["job_order"]:
        if row["state"] != "open":
            continue
        mine = {name: by_order[row["id"]] for name, by_order in rows.items()}
        post = Post(
            county=row["county"],
            occupation=row["occupation_code"] or row["trade"],
            raises=row["trains"],
            demands=[_taken(Demanded, one) for one in mine["demand"]],
            accommodations=[_taken(Provided, one) for one in mine["accommodation"]],
            skills=[_taken(Skilled, one) for one in mine["skill"]],
            **{name: row[name] for name in _SAME},
        )
        found.append(engine_order(str(row["id"]), post))
    return found


_SAME = (
    "seats", "min_headcount", "work_type", "wage_min", "wage_basis", "contract_months",
    "insurance", "dorm", "shift", "education_min", "education_reason", "class_starts", "starts_on",
)  # fmt: skip


def _taken(kind: type[Any], row: dict[str, Any]) -> Any:
    return kind(**{field.name: row[field.name] for field in fields(kind)})


def placed(answer: Allotment, seen: Place) -> dict[str, Any]:
    """The audit of one matching, by group."""
    seated = np.flatnonzero(answer.order_of >= 0)
    at = np.argsort(seen.market.order_at)[answer.order_of[seated]]
    value = np.zeros(len(answer.order_of), np.int64)
    value[seated] = values_of(seen.market, seated, at)
    return fairness.audit(
        seen.groups,
        eligible=seen.eligible,
        selected=answer.order_of >= 0,
        value=value,
        stratum=seen.stratum,
    )


def planted(seen: Place, seed: int) -> tuple[str, int, Market]:
    """The dimension and group of a bias, and the market of a matcher that has it."""
    name = list(seen.groups)[seed % len(seen.groups)]
    labels = seen.groups[name]
    keys, seats = np.unique(labels[seen.blind.order_of >= 0], return_counts=True)
    key = int(np.random.default_rng(seed).choice(keys[seats >= LEAST_SEATS]))
    lowered = seen.market.bonus - np.where(labels == key, PENALTY, 0)
    return name, key, replace(seen.market, bonus=lowered)


def measured(seeds: int, people: int, orders: int) -> dict[str, Any]:
    """How often the audit speaks, with and without a reason to."""
    where = distances()
    rows = []
    for seed in range(seeds):
        seen = a_place(seed, people, orders, where)
        name, key, biased = planted(seen, seed)
        quiet = fairness.alarms(placed(seen.blind, seen))
        told = placed(allot(biased), seen)
        loud = fairness.alarms(told)
        group = next(one for one in told[name] if one.key == key)
        rows.append(
            {
                "seed": seed,
                "data": _machine.digest(seen.market.side.low, seen.market.posts.demand),
                "planted": [name, key],
                "found": any((of, one.key) == (name, key) for of, one in loud),
                "others": len(loud) - any((of, one.key) == (name, key) for of, one in loud),
                "false_alarms": len(quiet),
                "group": fairness.record(group),
            }
        )
    return {
        "people": people,
        "orders": orders,
        "seeds": seeds,
        "planted_millionths": PENALTY,
        "found": sum(row["found"] for row in rows),
        "quiet": sum(not row["false_alarms"] for row in rows),
        "runs": rows,
        "machine": _machine.facts(),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one measurement; 1 if a planted bias was missed or alarms were raised for nothing."""
    parser = argparse.ArgumentParser(prog="./run bench fairness", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--people", type=int, default=6_000)
    parser.add_argument("--orders", type=int, default=190)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    result = measured(asked.seeds, asked.people, asked.orders)
    if asked.json:
        print(json.dumps(result))
    else:
        print(_machine.line())
        print(f"planted bias found in {result['found']} of {asked.seeds} seeds")
        print(f"no alarm where none was planted in {result['quiet']} of {asked.seeds} seeds")
    missed = result["found"] < asked.seeds
    return int(missed or result["quiet"] < asked.seeds - FALSE_ALARMS_ALLOWED)


if __name__ == "__main__":
    raise SystemExit(main())
