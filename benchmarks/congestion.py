"""Lists of openings: how many people are shown the same ones, and what spreading them costs.

./run bench congestion --people 16000 --orders 500 --json

Everybody gets a list of k openings that fit. Compared are ways to order them: by wish alone (what
a job board does); by the product of both scores, without prices; by value less the prices of the
allotment (all of them, or a part); by rounds of the allotment (each gives everybody one opening
more, and an opening takes in a round no more people than its part of the seats); and by entropic
optimal transport, the re-ranking of CAROT that ReCon (arXiv 2308.09516) is measured against, at
several temperatures. nDCG counts the value of a pair as its gain: it says what a list gives up to
spread people, not how well anybody's taste was guessed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import _machine
from benchmarks.market import TODAY, a_province
from matching.engine import kernel
from matching.engine.allotment import Allotment, allot
from matching.engine.bins import Bin
from matching.engine.learning.measures import ndcg
from matching.engine.market import Market
from matching.engine.orders import Orders
from matching.engine.people import People
from matching.engine.scores import Distances

Array = NDArray[Any]

SHARES = (0.25, 0.5, 1.0)  # of the prices
TEMPERATURES = (0.3, 0.1, 0.03)  # of the value of a sure pair
TRANSPORT_ROUNDS = 300
NEVER = -(10.0**12)
FIRST = 10.0**9  # above every value


@dataclass(frozen=True)
class Pairs:
    """All pairs of a small market: (people, orders)."""

    fits: Array
    wish: Array  # thousandths
    value: Array  # millionths, without waiting
    seats: Array

    @classmethod
    def of(cls, market: Market) -> Pairs:
        bins, wants, hired = kernel.judge(market, np.arange(len(market.people)))
        fits = (bins >= Bin.TRAINING) & (market.seats > 0)
        return cls(fits, wants, wants.astype(np.float64) * hired, market.seats)


def lists(pairs: Pairs, score: Array, k: int) -> Array:
    """(people, k) openings, best first; -1 after the last that fits."""
    ranked = np.where(pairs.fits, score, NEVER)
    shown = np.argsort(-ranked, axis=1, kind="stable")[:, :k]
    return np.where(np.take_along_axis(pairs.fits, shown, 1), shown, -1)


def transport(pairs: Pairs, temperature: float) -> Array:
    """Value less the soft prices at which people, drawn by value, just fill the seats.

    Sinkhorn's iteration with a stay-at-home for everybody; an order that is not full costs nothing.
    """
    odds = np.where(pairs.fits, pairs.value / 1e6, NEVER) / temperature
    price = np.zeros(len(pairs.seats))
    for _ in range(TRANSPORT_ROUNDS):
        raw = odds - price
        top = np.maximum(raw.max(axis=1, keepdims=True), 0)
        drawn = np.exp(raw - top)
        drawn /= drawn.sum(axis=1, keepdims=True) + np.exp(-top)
        wanted = drawn.sum(axis=0)
        with np.errstate(divide="ignore"):
            price = np.maximum(0, price + np.log(wanted / np.maximum(pairs.seats, 1e-9)))
    return pairs.value - price * temperature * 1e6


def in_rounds(pairs: Pairs, people: People, orders: Orders, where: Distances, k: int) -> Array:
    """Value, with what k allotments chose before all else; each leaves out the pairs before it."""
    crowd = len(people) / max(1, int(orders.seats.sum()))
    roomy = replace(orders, seats=np.ceil(orders.seats * crowd).astype(orders.seats.dtype))
    score = pairs.value.copy()
    seen: list[tuple[int, str, int, bool]] = []
    for _ in range(k):
        market = Market.of(replace(people, remarks=tuple(seen)), roomy, where, TODAY)
        given = allot(market, exact=False).order_of
        placed = np.flatnonzero(given >= 0)
        score[placed, given[placed]] += FIRST
        seen += [(int(p), orders.ids[given[p]], 0, True) for p in placed]
    return score


def gini(share: Array) -> float:
    """0 when all have the same, towards 1 when one has everything."""
    ordered = np.sort(share)
    n = len(ordered)
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(weights @ ordered / (n * ordered.sum())) if ordered.sum() else 0.0


def placed(pairs: Pairs, shown: Array) -> tuple[int, float]:
    """Seats filled, and their value, when one after the other takes the first with a free seat."""
    free = pairs.seats.copy()
    filled, worth = 0, 0.0
    for p, row in enumerate(shown):
        for o in row[row >= 0]:
            if free[o] > 0:
                free[o] -= 1
                filled += 1
                worth += pairs.value[p, o]
                break
    return filled, worth


def told(pairs: Pairs, score: Array, k: int, bound: int, seconds: float) -> dict[str, object]:
    """What one way of ordering makes of the market."""
    shown = lists(pairs, score, k)
    usable = pairs.fits.any(axis=0)
    exposure = np.bincount(shown[shown >= 0], minlength=len(usable))
    a_seat = exposure[usable] / pairs.seats[usable]
    filled, worth = placed(pairs, shown)
    gain = np.where(pairs.fits, pairs.value, 0.0)
    return {
        "ndcg": round(ndcg(gain, np.where(pairs.fits, score, NEVER), k), 4),
        "coverage": round(float(np.mean(exposure[usable] > 0)), 4),
        "gini": round(gini(a_seat), 4),
        # Of the openings that a person sees: how many people see the same, for each of its seats.
        "people_a_seat": round(float((exposure[usable] * a_seat).sum() / exposure.sum()), 2),
        "first_people_a_seat": round(_first(pairs, shown), 2),
        "seats_filled": filled,
        "value_share_of_bound": round(worth / bound, 4),
        "seconds": round(seconds, 3),
    }


def _first(pairs: Pairs, shown: Array) -> float:
    first = np.bincount(shown[:, 0][shown[:, 0] >= 0], minlength=len(pairs.seats))
    usable = pairs.seats > 0
    return float((first[usable] ** 2 / pairs.seats[usable]).sum() / first.sum())


def ways(
    pairs: Pairs, market: Market, province: tuple[People, Orders, Distances], k: int
) -> dict[str, Callable[[], Array]]:
    """Each way of ordering, as the scores it ranks by."""

    def priced(share: float) -> Callable[[], Array]:
        def score() -> Array:
            answer: Allotment = allot(market, exact=False)
            return pairs.value - share * answer.prices

        return score

    return {
        "wish": lambda: pairs.wish.astype(np.float64),
        "product": lambda: pairs.value,
        **{f"prices_{share:g}": priced(share) for share in SHARES},
        "rounds": lambda: in_rounds(pairs, *province, k),
        **{
            f"transport_{heat:g}": (lambda heat=heat: transport(pairs, heat))
            for heat in TEMPERATURES
        },
    }


def beaten(results: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """For each way of ordering, ours that lose no nDCG against it and crowd people less."""
    ours = [name for name in results if name.startswith(("prices", "rounds"))]
    return {
        name: [
            mine
            for mine in ours
            if mine != name
            and results[mine]["ndcg"] >= row["ndcg"]
            and results[mine]["people_a_seat"] < row["people_a_seat"]
        ]
        for name, row in results.items()
    }


def measured(seed: int, n: int, m: int, k: int, rounds: int) -> dict[str, object]:
    """All ways of ordering on one market, taking turns."""
    province = a_province(seed, n, m)
    market = Market.of(*province, TODAY)
    pairs = Pairs.of(market)
    allot(market, exact=False)  # compiles, or loads what was compiled
    bound = int(allot(market, exact=False).bound)
    timed = _machine.interleaved(ways(pairs, market, province, k), rounds)
    results = {name: told(pairs, one.result, k, bound, one.median) for name, one in timed.items()}
    return {
        "benchmark": "congestion",
        "machine": _machine.facts(),
        "seed": seed,
        "data": _machine.digest(pairs.fits, pairs.wish, pairs.value, pairs.seats),
        "people": n,
        "orders": m,
        "seats": int(market.seats.sum()),
        "k": k,
        "lists": results,
        "beaten_by": beaten(results),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints one measurement."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=8_000)
    parser.add_argument("--orders", type=int, default=250)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    result = measured(asked.seed, asked.people, asked.orders, asked.k, asked.rounds)
    if asked.json:
        print(json.dumps(result))
        return
    print(_machine.line())
    print(
        f"seed {asked.seed}, data {result['data']}, {asked.people} people, {result['seats']} seats"
    )
    rows: dict[str, dict[str, object]] = result["lists"]  # type: ignore[assignment]
    names = list(next(iter(rows.values())))
    print(f"{'lists by':14}" + "".join(f"{name:>21}" for name in names))
    for way, row in rows.items():
        print(f"{way:14}" + "".join(f"{row[name]:>21}" for name in names))


if __name__ == "__main__":
    main()
