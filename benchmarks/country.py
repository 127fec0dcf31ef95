"""What a country of provinces needs, computed from one province measured here.

./run bench country --provinces 30 --json

Two ways: every province as a market of its own (they don't touch each other: the machines share
them out), and one market of everybody with every order. In the second the pairs grow with the
square: a pass is given its measured pairs a second on every core, which counts on no more being
skipped in a larger market; the auction and its edges stay on one machine.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Sequence

import numpy as np

from benchmarks import _machine
from benchmarks.market import TODAY, a_province
from matching.engine import kernel
from matching.engine.allotment import KEPT_EDGES, NEW_EDGES, allot
from matching.engine.market import Market

EDGE_BYTES = 8  # int32 order, int32 value


def measured(seed: int, n: int, m: int) -> dict[str, float]:
    """One province here: seconds, bytes, pairs."""
    province = a_province(seed, n, m)
    small = Market.of(*a_province(seed, 100, 20), TODAY)
    allot(small, exact=False)  # compiles, or loads what was compiled
    pack, market = _machine.timed(lambda: Market.of(*province, TODAY))
    nothing = np.zeros(m, np.int64)
    first, _ = _machine.timed(lambda: kernel.best(market, nothing, NEW_EDGES))
    whole, answer = _machine.timed(lambda: allot(market, exact=False))
    last, _ = _machine.timed(lambda: kernel.best(market, answer.prices[market.order_at], NEW_EDGES))
    passes = len(answer.passes) + 1
    return {
        "people": n,
        "orders": m,
        "pack_seconds": round(pack, 2),
        "first_pass_seconds": round(first, 2),
        "last_pass_seconds": round(last, 2),
        "passes": passes,
        "allot_seconds": round(whole, 2),
        # All but the passes: merging edges and the auctions.
        "auction_seconds": round(max(0.0, whole - first - (passes - 1) * last), 2),
        "gap": answer.gap,
        "market_bytes": len(pickle.dumps(market, protocol=5)),
        "peak_gib": _machine.peak_gib(),
    }


def computed(one: dict[str, float], provinces: int, minutes: float) -> dict[str, dict[str, float]]:
    """What `provinces` of them need, by each way; a night's run within `minutes`."""
    cores = _machine.cores()
    each = one["pack_seconds"] + one["allot_seconds"]
    sweep = one["first_pass_seconds"] + (one["passes"] - 1) * one["last_pass_seconds"]
    core_seconds = sweep * cores * provinces**2
    here = (one["pack_seconds"] + one["auction_seconds"]) * provinces
    left = minutes * 60 - here
    people = one["people"] * provinces
    return {
        "apart": {
            "seconds_on_one_such_machine": round(each * provinces),
            "machines_for_the_night": float(np.ceil(each * provinces / (minutes * 60))),
            "gib_a_machine": one["peak_gib"],
        },
        "as_one": {
            "pairs": people * one["orders"] * provinces,
            "core_hours_of_passes": round(core_seconds / 3600, 1),
            "seconds_at_the_one_machine": round(here),
            "cores_for_the_night": float(np.ceil(core_seconds / left)) if left > 0 else -1.0,
            "gib_a_worker": round(one["market_bytes"] * provinces / _machine.GIB, 2),
            "gib_of_new_edges_a_pass": round(people * NEW_EDGES * EDGE_BYTES / _machine.GIB, 2),
            "gib_of_edges_at_the_one_machine": round(
                people * (KEPT_EDGES + NEW_EDGES) * EDGE_BYTES / _machine.GIB, 2
            ),
        },
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one measurement and what follows from it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=160_000)
    parser.add_argument("--orders", type=int, default=5_000)
    parser.add_argument("--provinces", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    province = measured(asked.seed, asked.people, asked.orders)
    needed = computed(province, asked.provinces, asked.minutes)
    if asked.json:
        told = {"benchmark": "country", "machine": _machine.facts(), "seed": asked.seed}
        print(json.dumps(told | {"province": province, "provinces": asked.provinces} | needed))
        return
    print(_machine.line())
    for name, rows in {"province": province, **needed}.items():
        print(f"{name}:")
        print("\n".join(f"  {key:34} {value}" for key, value in rows.items()))


if __name__ == "__main__":
    main()
