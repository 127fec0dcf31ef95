"""Seats for the whole market: the optimum, and the proof."""

import random
from dataclasses import replace

import highspy
import numpy as np
import pytest

from matching.engine import kernel
from matching.engine.allotment import allot
from matching.engine.market import Market
from matching.engine.orders import Order, Orders
from matching.engine.people import People, Person
from tests.matching.markets import DISTANCES, JOBS, KEYS, TODAY, a_market
from tests.matching.test_kernel import market_of


def values(market):
    """v of every pair that fits, 0 elsewhere: what the oracle optimises."""
    bins, wants, hired = kernel.judge(market, np.arange(len(market.people)))
    worth = wants.astype(np.int64) * hired + market.bonus[:, None]
    return np.where(bins >= 2, worth, 0)


def optimum_by_highs(worth, seats):
    """The linear programme, solved by simplex."""
    n, m = worth.shape
    who, what = np.nonzero(worth)
    if not len(who):
        return 0
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(who), n + m
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = worth[who, what].astype(float)
    lp.col_lower_, lp.col_upper_ = np.zeros(len(who)), np.ones(len(who))
    lp.row_lower_ = np.full(n + m, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate((np.ones(n), seats)).astype(float)
    lp.a_matrix_.start_ = np.arange(0, 2 * len(who) + 1, 2)
    lp.a_matrix_.index_ = np.stack((who, n + what), axis=1).ravel()
    lp.a_matrix_.value_ = np.ones(2 * len(who))
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(lp)
    solver.run()
    return round(solver.getInfo().objective_function_value)


@pytest.mark.long
@pytest.mark.parametrize("block", range(10, 30))
def test_a_thousand_more_are_too(block):
    _as_well_as_highs(range(block * 50, block * 50 + 50))


@pytest.mark.parametrize("block", range(10))
def test_five_hundred_random_markets_are_allotted_as_well_as_by_highs(block):
    _as_well_as_highs(range(block * 50, block * 50 + 50))


def _as_well_as_highs(seeds):
    for seed in seeds:
        rng = random.Random(seed)
        market = market_of(*a_market(seed, rng.randint(1, 30), rng.randint(2, 10), 4))
        answer = allot(market)
        worth = values(market)
        assert answer.exact
        assert answer.value == answer.bound == optimum_by_highs(worth, market.seats)
        _is_an_allotment(market, answer, worth)


def _is_an_allotment(market, answer, worth):
    at = {int(given): held for held, given in enumerate(market.order_at)}
    seated = [(p, at[int(o)]) for p, o in enumerate(answer.order_of) if o >= 0]
    assert all(worth[pair] > 0 for pair in seated)
    assert sum(int(worth[pair]) for pair in seated) == answer.value
    counts = np.bincount([o for _, o in seated], minlength=len(market.orders))
    assert (counts <= market.seats).all()


@pytest.mark.parametrize("seed", range(12))
def test_prices_and_pairs_in_turn_reach_the_target_gap(seed):
    market = market_of(*a_market(seed, 120, 30, 6))
    answer = allot(market, exact=False)
    worth = values(market)
    best = optimum_by_highs(worth, market.seats)
    assert answer.value <= best <= answer.bound
    assert answer.gap <= 0.0001
    _is_an_allotment(market, answer, worth)


@pytest.mark.parametrize("seed", range(5))
def test_any_prices_bound_the_best_allotment_from_above(seed):
    market = market_of(*a_market(seed, 60, 15, 4))
    best = optimum_by_highs(values(market), market.seats)
    rng = np.random.default_rng(seed)
    for most in (1, 100_000, 900_000):
        prices = rng.integers(0, most, 15)
        surplus = kernel.best(market, prices, 1)[2]
        assert surplus.sum() + market.seats @ prices >= best


@pytest.mark.parametrize("exact", [True, False])
def test_the_order_of_the_rows_changes_only_the_order_of_the_answer(exact):
    people, orders = a_market(11, 60, 15, 4)
    plain = allot(market_of(people, orders), exact=exact)
    rng = random.Random(1)
    mixed, posts = rng.sample(people, 60), rng.sample(orders, 15)
    turned = allot(market_of(mixed, posts), exact=exact)
    assert turned.value == plain.value
    assert _named(mixed, posts, turned) == _named(people, orders, plain)


def _named(people, orders, answer):
    return {
        person.id: orders[o].id if o >= 0 else None
        for person, o in zip(people, answer.order_of, strict=True)
    }


@pytest.mark.parametrize("seed", range(8))
def test_one_more_seat_never_lowers_the_value(seed):
    people, orders = a_market(seed, 40, 8, 3)
    before = allot(market_of(people, orders)).value
    for at in range(0, 8, 3):
        more = [replace(o, seats=o.seats + 1) if i == at else o for i, o in enumerate(orders)]
        assert allot(market_of(people, more)).value >= before


@pytest.mark.parametrize("exact", [True, False])
def test_people_alike_before_orders_alike_do_not_bid_for_ever(exact):
    able = Person("", "410102", capacity=dict.fromkeys(KEYS, 4))
    people = [replace(able, id=f"P{at:03}") for at in range(120)]
    orders = [Order(f"O{at:02}", "410102", JOBS[0], 10) for at in range(6)]
    answer = allot(market_of(people, orders), exact=exact)
    assert answer.seats_filled == 60
    assert answer.gap <= 0.0001


def test_a_market_without_people_or_without_orders_is_worth_nothing():
    people, orders = a_market(1, 3, 3)
    for some, posts in (([], orders), (people, []), ([], [])):
        market = Market.of(People.from_values(some), Orders.from_values(posts), DISTANCES, TODAY)
        assert allot(market).value == allot(market, exact=False).value == 0
