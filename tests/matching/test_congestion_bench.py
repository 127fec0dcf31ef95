"""The measurement of lists: its figures mean what they say."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import congestion
from benchmarks.congestion import Pairs, gini, lists, placed


@pytest.fixture(scope="module")
def result() -> dict:
    return congestion.measured(seed=3, n=600, m=30, k=5, rounds=1)


def test_it_says_which_data_and_machine_and_repeats_its_lists(result: dict) -> None:
    again = congestion.measured(seed=3, n=600, m=30, k=5, rounds=1)
    assert result["data"] == again["data"]
    assert result["machine"]["cores"] >= 1

    def figures(told: dict) -> dict:
        return {
            way: {name: figure for name, figure in row.items() if name != "seconds"}
            for way, row in told["lists"].items()
        }

    assert figures(result) == figures(again)
    assert json.dumps(result)


def test_prices_and_rounds_spread_what_the_product_crowds(result: dict) -> None:
    ways = result["lists"]
    assert ways["product"]["ndcg"] == 1
    for ours in ("prices_1", "rounds"):
        assert ways[ours]["people_a_seat"] < ways["product"]["people_a_seat"]
        assert ways[ours]["gini"] < ways["product"]["gini"]
        assert ways[ours]["coverage"] >= ways["product"]["coverage"]


def test_a_market_told_by_hand_is_counted_right() -> None:
    pairs = Pairs(
        fits=np.array([[True, True], [True, False]]),
        wish=np.array([[9, 5], [8, 7]]),
        value=np.array([[9.0, 5.0], [8.0, 7.0]]),
        seats=np.array([1, 1]),
    )
    shown = lists(pairs, pairs.value, 2)
    assert shown.tolist() == [[0, 1], [0, -1]]
    assert placed(pairs, shown) == (1, 9.0)  # the second finds her only opening taken
    told = congestion.told(pairs, pairs.value, 2, 13, 0.0)
    assert told["people_a_seat"] == pytest.approx((2 * 2 + 1 * 1) / 3, abs=0.01)
    assert told["coverage"] == 1
    assert gini(np.array([1.0, 1.0, 1.0])) == pytest.approx(0)
    assert gini(np.array([0.0, 0.0, 1.0])) == pytest.approx(2 / 3)
