"""Lists of a few orders a person speak for all pairs: the bound holds at prices nobody looked at."""

import numpy as np
import pytest

from matching.engine.shortlists import UNSEEN, Shortlists
from tests.matching.markets import a_market
from tests.matching.test_allotment import optimum_by_highs, values
from tests.matching.test_kernel import market_of

NOBODY = np.full(60, -1)


def looked_at(seed, prices):
    market = market_of(*a_market(seed, 60, 25, 4))
    lists = Shortlists(market)
    lists.look(prices, NOBODY)
    return market, lists


@pytest.mark.parametrize("seed", range(8))
def test_the_bound_of_old_lists_holds_at_other_prices(seed):
    rng = np.random.default_rng(seed)
    market, lists = looked_at(seed, rng.integers(300_000, 700_000, 25))
    worth = values(market)
    best = optimum_by_highs(worth, market.seats)
    for spread in (5_000, 50_000, 400_000):
        prices = np.maximum(0, lists.looked_at[-1] + rng.integers(-spread, spread, 25))
        bound, doubtful = lists.bound(prices)
        true = np.maximum(0, (np.where(worth > 0, worth, -1) - prices).max(axis=1))
        assert bound >= int(true.sum() + market.seats @ prices) >= best
        sure = np.setdiff1d(np.arange(60), doubtful)
        assert lists.surplus(prices)[sure].tolist() == true[sure].tolist()


@pytest.mark.parametrize("seed", range(8))
def test_another_look_leaves_nobody_in_doubt(seed):
    rng = np.random.default_rng(seed)
    _, lists = looked_at(seed, rng.integers(300_000, 700_000, 25))
    for fallen in (2, 25):
        prices = lists.looked_at[-1].copy()
        prices[:fallen] = rng.integers(0, 300_000, fallen)
        lists.look(prices, NOBODY)
        worth = values(lists.market)
        true = np.maximum(0, (np.where(worth > 0, worth, -1) - prices).max(axis=1))
        assert lists.surplus(prices).tolist() == true.tolist()


def test_lists_that_nobody_filled_prove_nothing():
    market = market_of(*a_market(1, 60, 25, 4))
    assert Shortlists(market).bound(np.zeros(25, np.int64))[0] >= UNSEEN
