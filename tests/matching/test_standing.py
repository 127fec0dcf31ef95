"""The sweep that only asks for bins says what the kernel says of every pair."""

import numpy as np
import pytest

from matching.engine import kernel, standing
from matching.engine.market import Market
from matching.engine.orders import Orders
from matching.engine.people import People
from tests.matching.markets import DISTANCES, TODAY, a_market


def drawn_market(seed):
    people, orders = a_market(seed, 30, 20)
    return Market.of(People.from_values(people), Orders.from_values(orders), DISTANCES, TODAY)


@pytest.mark.parametrize("seed", range(12))
def test_the_best_bin_is_the_best_over_all_orders(seed):
    market = drawn_market(seed)
    bins, _, _ = kernel.judge(market, np.arange(len(market.people)))
    assert standing.best_bins(market).tolist() == bins.max(axis=1).tolist()


@pytest.mark.parametrize("seed", range(12))
def test_a_pair_judged_alone_is_judged_alike(seed):
    market = drawn_market(seed)
    everyone = np.arange(len(market.people))
    bins, wants, hired = kernel.judge(market, everyone)
    people, orders = np.nonzero(bins >= kernel.TRAINING)
    alone = standing.judge_pairs(market, people, orders)
    assert alone[0].tolist() == bins[people, orders].tolist()
    assert alone[1].tolist() == wants[people, orders].tolist()
    assert alone[2].tolist() == hired[people, orders].tolist()
