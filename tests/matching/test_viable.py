"""A class opens with its minimum headcount or not at all, and it is told what that costs."""

from dataclasses import replace

import numpy as np
import pytest

from matching.engine.allotment import allot
from matching.engine.viable import allot_viable
from tests.matching.markets import a_market
from tests.matching.test_kernel import market_of


def small_market(seed):
    people, orders = a_market(seed, 30, 10, 6)
    return market_of(people, [replace(order, least_people=4) for order in orders])


def headcounts(market, answer):
    counts = np.bincount(answer.order_of[answer.order_of >= 0], minlength=len(market.orders))
    return counts[market.order_at]


def too_small(market, answer):
    count = headcounts(market, answer)
    return (count > 0) & (count < np.minimum(4, market.seats))


@pytest.mark.parametrize("seed", range(12))
def test_no_class_opens_under_its_minimum(seed):
    market = small_market(seed)
    found = allot_viable(market)
    assert not too_small(market, found.allotment).any()
    assert found.allotment.value <= found.relaxed.value <= found.relaxed.bound
    assert found.cost == found.relaxed.value - found.allotment.value
    assert not headcounts(market, found.allotment)[np.isin(market.order_at, found.closed)].any()


def test_without_the_rule_some_classes_are_too_small():
    assert any(too_small(market, allot(market)).any() for market in map(small_market, range(12)))


def test_where_every_class_fills_nothing_closes_and_nothing_is_lost():
    people, orders = a_market(3, 40, 8, 3)
    found = allot_viable(market_of(people, [replace(one, least_people=1) for one in orders]))
    assert found.cost == 0
    assert not len(found.closed)
