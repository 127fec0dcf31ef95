"""The worth of a seat: lowest optimal prices, against solving the market again with one seat more."""

import random
from dataclasses import replace

import numpy as np
import pytest

from matching.engine import prices
from matching.engine.allotment import allot
from matching.engine.prices import adds_at_most, lowest, why_not
from tests.matching.markets import a_market, an_order
from tests.matching.test_allotment import optimum_by_highs, values
from tests.matching.test_kernel import market_of


def a_small_market(seed):
    rng = random.Random(seed)
    return market_of(*a_market(seed, rng.randint(1, 30), rng.randint(2, 10), 4))


def worth_of_one_more_seat(market):
    """By the oracle: the market solved again for every order, in the order given."""
    value = values(market)
    best = optimum_by_highs(value, market.seats)
    more = np.zeros(len(market.orders), np.int64)
    for held, given in enumerate(market.order_at):
        seats = market.seats.copy()
        seats[held] += 1
        more[given] = optimum_by_highs(value, seats) - best
    return more


def first_come(market, answer):
    """A poor allotment: whoever stands first takes the best that is left."""
    value, left = values(market), market.seats.copy()
    order_of = np.full(len(value), -1, np.int64)
    for person, row in enumerate(value):
        at = int(np.argmax(np.where(left > 0, row, 0)))
        if row[at] and left[at]:
            order_of[person] = market.order_at[at]
            left[at] -= 1
    taken = order_of[order_of >= 0]
    held = np.argsort(market.order_at)[taken]
    total = int(value[np.flatnonzero(order_of >= 0), held].sum())
    return replace(answer, order_of=order_of, value=total, exact=False)


@pytest.mark.parametrize("block", range(4))
def test_a_price_is_what_one_more_seat_is_worth(block):
    for seed in range(block * 12, block * 12 + 12):
        market = a_small_market(seed)
        worth = lowest(market, allot(market))
        assert worth.proven
        assert worth.prices.tolist() == worth_of_one_more_seat(market).tolist()


def test_the_prices_of_the_auction_are_no_worth():
    """The test of the test: what the auction ends with is nearly always dearer."""
    dearer = 0
    for seed in range(20):
        market = a_small_market(seed)
        answer = allot(market)
        worth = lowest(market, answer)
        dearer += bool((answer.prices > worth.prices).any())
    assert dearer >= 15


@pytest.mark.parametrize("seed", range(8))
def test_an_allotment_that_is_not_the_best_is_finished_first(seed):
    market = market_of(*a_market(seed, 60, 12, 4))
    answer = allot(market)
    poor = first_come(market, answer)
    worth = lowest(market, poor)
    assert worth.proven
    assert worth.prices.tolist() == lowest(market, answer).prices.tolist()


def test_what_is_not_proven_is_a_bound_and_says_so():
    bounds = 0
    for seed in range(12):
        market = market_of(*a_market(seed, 60, 12, 4))
        poor = first_come(market, allot(market))
        told = lowest(market, poor, most_repairs=0)
        assert (told.prices + told.slack >= worth_of_one_more_seat(market)).all()
        bounds += not told.proven
    assert bounds >= 6


def test_a_pair_that_is_missing_from_the_search_is_found_by_looking_at_all(monkeypatch):
    monkeypatch.setattr(prices, "EDGES", 1)
    passes = []
    seen = prices._Search.look_at_all
    monkeypatch.setattr(
        prices._Search, "look_at_all", lambda self: passes.append(seen(self)) or passes[-1]
    )
    for seed in range(10):
        market = a_small_market(seed)
        worth = lowest(market, allot(market))
        assert worth.prices.tolist() == worth_of_one_more_seat(market).tolist()
    assert any(one is None for one in passes)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_below_what_is_needed_is_in_a_best_allotment(seed):
    """The statement of "why not me": with any lower fit of this pair nothing changes."""
    market = market_of(*a_market(seed, 18, 6, 3))
    answer = allot(market)
    worth, value = lowest(market, answer), values(market)
    best = optimum_by_highs(value, market.seats)
    told = 0
    for person, row in enumerate(value):
        for at in np.flatnonzero(row):
            order = int(market.order_at[at])
            if answer.order_of[person] == order:
                continue
            said = why_not(market, worth, person, order)
            assert said.value == row[at] <= said.needed
            closer = value.copy()
            closer[person, at] = said.needed
            assert optimum_by_highs(closer, market.seats) == best
            told += 1
    assert told


@pytest.mark.parametrize("seed", range(4))
def test_the_next_in_line_would_get_one_more_seat(seed):
    market = market_of(*a_market(seed, 18, 6, 3))
    answer = allot(market)
    worth, value = lowest(market, answer), values(market)
    best = optimum_by_highs(value, market.seats)
    for person, row in enumerate(value):
        for at in np.flatnonzero(row):
            order = int(market.order_at[at])
            said = why_not(market, worth, person, order)
            if answer.order_of[person] != order and said.next_in_line and said.price:
                seats, forced = market.seats.copy(), value.copy()
                seats[at] += 1
                forced[person] = np.where(np.arange(len(row)) == at, row, 0)
                assert optimum_by_highs(forced, seats) == best + said.price


def test_there_is_no_why_not_where_the_pair_does_not_fit():
    market = market_of(*a_market(3, 25, 8, 3))
    worth, value = lowest(market, allot(market)), values(market)
    person, at = map(int, np.argwhere(value == 0)[0])
    assert why_not(market, worth, person, int(market.order_at[at])) is None


@pytest.mark.parametrize("seed", range(8))
def test_an_order_that_comes_new_adds_no_more_than_is_said(seed):
    people, orders = a_market(seed, 30, 6, 3)
    market = market_of(people, orders)
    worth = lowest(market, allot(market))
    new = an_order(random.Random(seed + 1000), "new", 4)
    after = market_of(people, [*orders, new])
    at = int(np.flatnonzero(after.order_at == len(orders))[0])
    gained = optimum_by_highs(values(after), after.seats) - optimum_by_highs(
        values(market), market.seats
    )
    assert 0 <= gained <= adds_at_most(values(after)[:, at], worth.surplus, new.seats)


def test_a_market_of_nobody_has_no_worth():
    for people, orders in (([], a_market(1, 3, 3)[1]), (a_market(1, 3, 3)[0], [])):
        market = market_of(people, orders)
        worth = lowest(market, allot(market))
        assert worth.proven
        assert not worth.prices.any()
