"""A synthetic province, allotted: how long it takes and how close to the best it provably is.

./run bench market --people 160000 --orders 5000 --seed 0 --json

The peers get the best 20 orders of each person, found by our kernel outside their time: none of
them can look at all pairs. Their seconds are medians of runs that take turns.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _machine, _peers
from matching.engine.allotment import allot
from matching.engine.market import Market
from matching.engine.orders import Orders
from matching.engine.people import People
from matching.engine.scores import Distances
from matching.engine.search import search
from matching.engine.vocabulary import ACCOMMODATIONS, DIMENSIONS, FACTS, occupations

TODAY = date(2026, 3, 2)
EDGES = 20  # a person that the peers get
PEERS = ("numpy==2.4.6", "scipy==1.17.1", "ortools==9.15.6755", "matching==1.4.3")
SCRIPT = Path(__file__).with_name("_market_peers.py")
CONTESTANTS = ("greedy", "deferred acceptance", "ortools", "scipy", "matching")


def distances(rng: np.random.Generator, counties: int) -> Distances:
    """Counties spread over a square of Henan's size."""
    places = np.stack((rng.uniform(31.4, 36.3, counties), rng.uniform(110.4, 116.6, counties)), 1)
    return Distances.from_coordinates({f"41{at:04}": tuple(p) for at, p in enumerate(places)})


def a_province(seed: int, n: int, m: int) -> tuple[People, Orders, Distances]:
    """People and orders; some orders are wanted by nearly everybody."""
    rng = np.random.default_rng(seed)
    where = distances(rng, 157)
    codes = [one.code for one in occupations() if one.code]
    popular = rng.zipf(1.5, len(codes)).clip(1, 50).astype(float)
    weights = popular / popular.sum()
    return people(rng, n, where, codes, weights), orders(rng, m, where, codes, weights), where


def people(
    rng: np.random.Generator, n: int, where: Distances, codes: list[str], weights: np.ndarray
) -> People:
    """Each with a few limits, one or two skills and one or two wishes."""
    width = len(DIMENSIONS)
    capacity = np.full((n, width), 4, np.int8)
    limited = rng.random((n, width)) < 0.12
    capacity[limited] = rng.integers(0, 4, int(limited.sum()))
    capacity[rng.random((n, width)) < 0.05] = -1
    skills, wishes = rng.integers(0, 3, n), rng.integers(0, 3, n)
    today = TODAY.toordinal()
    return People.from_columns(
        [f"p{at:07}" for at in range(n)],
        where.counties,
        codes,
        capacity=capacity,
        facts=rng.choice([-1, 0, 1, 1, 1], (n, len(FACTS))),
        declined=np.uint64(1) << rng.integers(0, 49, n).astype(np.uint64),
        county=rng.integers(0, 157, n),
        may_work_from=np.full(n, today - 2000),
        education=rng.integers(0, 5, n),
        least_wage_yuan=rng.choice([0, 1800, 2000, 2300, 2600, 3000, 3500, 4000], n),
        most_km=rng.choice([-1, 10, 30, 60, 100, 200], n),
        relocates=rng.random(n) < 0.3,
        modes=rng.choice([0, 1, 2, 3, 7], n),
        shifts=rng.choice([0, 1, 3, 15], n),
        dorm=rng.random(n) < 0.2,
        musts=rng.choice([0, 0, 0, 1, 2, 4], n),
        waiting_since=today - rng.integers(0, 700, n),
        skill_at=np.append(0, np.cumsum(skills)),
        skill=rng.choice(len(codes), skills.sum(), p=weights),
        skill_level=rng.integers(0, 7, skills.sum()),
        skill_since=today - rng.integers(0, 4000, skills.sum()),
        wish_at=np.append(0, np.cumsum(wishes)),
        wish=rng.choice(len(codes), wishes.sum(), p=weights),
        wish_avoids=rng.random(wishes.sum()) < 0.1,
    )


def orders(
    rng: np.random.Generator, m: int, where: Distances, codes: list[str], weights: np.ndarray
) -> Orders:
    """Five to nine demands each, a handful of accommodations, every third with a class."""
    width = len(DIMENSIONS)
    demand = np.where(rng.random((m, width)) < 0.18, rng.integers(1, 5, (m, width)), 0)
    offered = np.zeros(m, np.uint64)
    for at in range(len(ACCOMMODATIONS)):
        offered |= (rng.random(m) < 0.15).astype(np.uint64) << np.uint64(at)
    trainable = np.array([one.trainable for one in DIMENSIONS])
    teaches = rng.random(m) < 0.33
    needs = (rng.random(m) < 0.4).astype(int)
    occupation = rng.choice(len(codes), m, p=weights)
    needy = np.flatnonzero(needs)
    today = TODAY.toordinal()
    return Orders.from_columns(
        [f"o{at:06}" for at in range(m)],
        where.counties,
        codes,
        county=rng.integers(0, 157, m),
        occupation=occupation,
        seats=rng.geometric(1 / 8.3, m),
        demand=demand,
        offered=offered,
        wage_yuan=rng.integers(36, 110, m) * 50,
        contract_months=rng.choice([3, 6, 12, 24], m),
        insured=rng.random(m) < 0.7,
        dorm=rng.random(m) < 0.3,
        mode=rng.choice(3, m, p=[0.8, 0.1, 0.1]),
        shift=rng.choice(4, m, p=[0.7, 0.1, 0.1, 0.1]),
        education=rng.choice([0, 0, 0, 0, 2, 3], m),
        work_from=np.full(m, today + 60),
        gain=np.where(trainable & teaches[:, None], rng.integers(0, 3, (m, width)), 0),
        teaches_own=teaches,
        need_at=np.append(0, np.cumsum(needs)),
        need=occupation[needy],
        need_level=rng.integers(0, 4, len(needy)),
        need_taught=teaches[needy],
    )


def measured(seed: int, n: int, m: int, target: float) -> tuple[Market, dict[str, Any]]:
    """One run from arrays to seats, in seconds and GiB."""
    crowd, posts, where = a_province(seed, n, m)
    small = Market.of(*a_province(seed, 100, 20), TODAY)
    compiled, _ = _machine.timed(lambda: allot(small, exact=False))
    cpu = time.process_time()
    packing, market = _machine.timed(lambda: Market.of(crowd, posts, where, TODAY))
    allotting, answer = _machine.timed(lambda: allot(market, target_gap=target, exact=False))
    return market, {
        "people": n,
        "orders": m,
        "pairs": n * m,
        "seed": seed,
        "data": _machine.digest(*market.side, *market.posts, market.seats, market.bonus),
        "seats": int(market.seats.sum()),
        "seats_filled": answer.seats_filled,
        "value_millionths": answer.value,
        "bound_millionths": answer.bound,
        "gap": answer.gap,
        "passes": [[one.value, one.bound, one.seats_filled] for one in answer.passes],
        "load_seconds": round(compiled, 2),
        "pack_seconds": round(packing, 2),
        "allot_seconds": round(allotting, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_gib": _machine.peak_gib(),
    }


def beside_peers(market: Market, rounds: int) -> dict[str, Any]:
    """What others make of the best 20 orders of each person, which we find for them."""
    found = search(market, np.zeros(len(market.orders), np.int64), EDGES)
    who, place = np.nonzero(found.order[market.rank] >= 0)
    edges = {
        "who": who,
        "what": found.order[market.rank][who, place],
        "value": found.value[market.rank][who, place],
        "seats": market.seats,
        "people": np.array(len(market.people)),
    }
    interpreter = _peers.python(PEERS)

    def contestant(name: str) -> Callable[[], object]:
        def run() -> object:
            try:
                return _peers.call(interpreter, SCRIPT, [name], edges, seconds=120)
            except _peers.PeerFailed as failed:
                return _machine.Timed((float("nan"),), {"said": {"failed": str(failed)}})

        return run

    timed = _machine.interleaved({name: contestant(name) for name in CONTESTANTS}, rounds)
    return {
        name: one.result["said"]
        | {"seconds": None if isnan(one.median) else round(one.median, 3), "rounds": rounds}
        for name, one in timed.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one measurement; 1 when the gap was not reached or a peer found more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=160_000)
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--target-gap", type=float, default=0.0001)
    parser.add_argument("--rounds", type=int, default=3, help="of the peers; 0 leaves them out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    market, ours = measured(asked.seed, asked.people, asked.orders, asked.target_gap)
    peers = beside_peers(market, asked.rounds) if asked.rounds else {}
    if asked.json:
        print(json.dumps({"machine": _machine.facts(), "ours": ours, "peers": peers}))
    else:
        print(_machine.line())
        print("\n".join(f"{name:20} {value}" for name, value in ours.items()))
        for name, said in peers.items():
            print(f"{name:20} {said}")
    above = [
        name for name, said in peers.items() if said.get("value", 0) >= ours["value_millionths"]
    ]
    return int(ours["gap"] > asked.target_gap or bool(above))


if __name__ == "__main__":
    raise SystemExit(main())
