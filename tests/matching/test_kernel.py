"""The kernel says of hundreds of millions of pairs what the readable rule says of one."""

import numba
import numpy as np
import pytest

from matching.engine import kernel
from matching.engine.bins import Bin, judge
from matching.engine.market import Market
from matching.engine.orders import Orders
from matching.engine.people import People
from matching.engine.scores import prospect, utility
from tests.matching.markets import DISTANCES, TODAY, a_market


def market_of(people, orders):
    return Market.of(People.from_values(people), Orders.from_values(orders), DISTANCES, TODAY)


def test_random_markets_hold_every_bin():
    bins = {b for seed in range(6) for b in _kernel_bins(seed).ravel().tolist()}
    assert bins == set(Bin)


def _kernel_bins(seed):
    people, orders = a_market(seed, 40, 40)
    return kernel.judge(market_of(people, orders), np.arange(40))[0]


@pytest.mark.parametrize("seed", range(6))
def test_the_kernel_equals_the_readable_rule_to_the_bit(seed):
    people, orders = a_market(seed, 40, 40)
    bins, wants, hired = kernel.judge(market_of(people, orders), np.arange(40))
    for p, person in enumerate(people):
        for o, order in enumerate(orders):
            km = DISTANCES.between(person.county, order.county)
            assert bins[p, o] == judge(person, order, DISTANCES).bin
            assert hired[p, o] == prospect(person, order, TODAY).chance
            if bins[p, o] != Bin.NOT_NOW:
                assert wants[p, o] == utility(person, order, km).chance


@pytest.mark.parametrize("seed", range(4))
def test_the_best_orders_at_prices_are_those_of_all_pairs(seed):
    people, orders = a_market(seed, 50, 30)
    market = market_of(people, orders)
    prices = np.random.default_rng(seed).integers(0, 200_000, 30)
    order, value, surplus = kernel.best(market, prices, 4)
    bins, wants, hired = kernel.judge(market, np.arange(50))
    worth = wants.astype(np.int64) * hired + market.bonus[:, None]
    for p in range(50):
        gains = [
            (-(worth[p, o] - prices[o]), o)
            for o in range(30)
            if bins[p, o] >= Bin.TRAINING and worth[p, o] > prices[o]
        ]
        expected = [-gain for gain, _ in sorted(gains)[:4]]
        named = [o for o in order[p] if o >= 0]
        assert {o for _, o in gains} >= set(named)
        assert [worth[p, o] - prices[o] for o in named] == expected
        assert value[p, : len(named)].tolist() == [worth[p, o] for o in named]
        assert surplus[p] == max((-gain for gain, _ in gains), default=0)


def test_one_thread_and_two_give_the_same_bytes():
    people, orders = a_market(3, 200, 60)
    market = market_of(people, orders)
    prices = np.zeros(60, np.int64)
    answers = []
    threads = numba.get_num_threads()
    for count in (1, min(2, threads)):
        numba.set_num_threads(count)
        answers.append([part.tobytes() for part in kernel.best(market, prices, 8)])
    numba.set_num_threads(threads)
    assert answers[0] == answers[1]
