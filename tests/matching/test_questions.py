"""Questions worth asking and training worth offering, against solving the market again."""

import csv
import random
from dataclasses import replace

import numpy as np
import pytest

from matching.engine import kernel
from matching.engine.allotment import allot
from matching.engine.bins import Bin, judge
from matching.engine.orders import teaches
from matching.engine.people import Skill
from matching.engine.prices import lowest
from matching.engine.questions import Course, opened_by_training, training_worth, worth_asking
from matching.engine.vocabulary import Level
from services.files import match as files
from tests.matching.markets import DISTANCES, JOBS, TODAY, a_market
from tests.matching.test_allotment import optimum_by_highs, values
from tests.matching.test_kernel import market_of


def solved(seed, people=30, orders=8, seats=3):
    crowd, posts = a_market(seed, people, orders, seats)
    market = market_of(crowd, posts)
    answer = allot(market)
    return crowd, posts, market, answer, lowest(market, answer)


def if_confirmed(market):
    """v of every pair that needs confirmation, 0 elsewhere."""
    bins, wants, hired = kernel.judge(market, np.arange(len(market.people)))
    worth = wants.astype(np.int64) * hired + market.bonus[:, None]
    return np.where(bins == Bin.CONFIRM, worth, 0)


@pytest.mark.parametrize("seed", range(6))
def test_no_answer_adds_more_than_the_question_is_worth(seed):
    _, _, market, _, worth = solved(seed)
    value, asked = values(market), if_confirmed(market)
    best = optimum_by_highs(value, market.seats)
    told = worth_asking(market, worth)
    assert [one.worth for one in told] == sorted((one.worth for one in told), reverse=True)
    bound = {one.person: one.worth for one in told}
    left_out = set(range(len(value))) - set(bound)
    full = {
        at for at in range(len(market.orders))
        if sum(one.order == market.order_at[at] for one in told) == market.seats[at]
    }  # fmt: skip
    gained = 0
    for person, at in np.argwhere(asked):
        answered = value.copy()
        answered[person, at] = asked[person, at]
        gain = optimum_by_highs(answered, market.seats) - best
        gained += gain > 0
        if person in left_out:  # only for want of seats where the best of the person's pairs is
            assert gain == 0 or full
        else:
            assert gain <= bound[person]
    assert gained


def test_no_more_people_are_asked_for_an_order_than_it_has_seats():
    for seed in range(8):
        _, _, market, _, worth = solved(seed, people=60, orders=5, seats=2)
        asked = np.bincount([one.order for one in worth_asking(market, worth)], minlength=5)
        assert (asked[market.order_at] <= market.seats).all()


def test_a_question_that_can_add_nothing_is_not_asked():
    people, orders = a_market(2, 30, 8, 3)
    market = market_of(people, [replace(one, seats=0) for one in orders])
    assert worth_asking(market, lowest(market, allot(market))) == ()


def with_course(order, course):
    """The order with a class that teaches this, if it asks for it and nobody teaches it."""
    lacking = [
        one
        for one in order.required
        if one.occupation == course.occupation and not teaches(order, one)
    ]
    if not lacking or max(one.level for one in lacking) > course.level:
        return order
    taught = Skill(course.occupation, Level(course.level))
    return replace(order, teaches=(*order.teaches, taught))


def after_the_course(people, orders, market, training):
    """Values once the people of a county may take a course, by the oracle's own means."""
    taught = market_of(people, [with_course(one, training.course) for one in orders])
    here = np.array([person.county == training.county for person in people])
    return np.where(here[:, None], np.maximum(values(market), values(taught)), values(market))


@pytest.mark.parametrize("seed", range(12))
def test_a_class_adds_what_is_told_at_least_and_at_most(seed):
    people, orders, market, answer, worth = solved(seed, people=40, orders=12, seats=6)
    told = training_worth(market, worth, answer.order_of, DISTANCES)
    assert [one.fills for one in told] == sorted((one.fills for one in told), reverse=True)
    for training in told:
        value = after_the_course(people, orders, market, training)
        gain = optimum_by_highs(value, market.seats) - answer.value
        assert training.at_least <= gain <= training.at_most
        assert (training.at_least > 0) == (training.fills > 0)


def test_no_class_that_would_help_is_left_out():
    helpful = 0
    for seed in range(12):
        people, orders, market, answer, worth = solved(seed, people=40, orders=12, seats=6)
        told = {
            (one.course, one.county): one
            for one in training_worth(market, worth, answer.order_of, DISTANCES)
        }
        for course in {Course(s.occupation, int(s.level)) for o in orders for s in o.required}:
            for county in {person.county for person in people}:
                any_class = type("Any", (), {"course": course, "county": county})
                value = after_the_course(people, orders, market, any_class)
                gain = optimum_by_highs(value, market.seats) - answer.value
                assert gain == 0 or (course, county) in told
                helpful += gain > 0
    assert helpful


def test_an_empty_sewing_order_asks_for_a_sewing_class():
    people, orders = a_market(1, 1, 1)
    able = replace(
        people[0], capacity=dict.fromkeys(people[0].capacity | {"hazard": 4}, 4), skills=(),
        musts=frozenset(), avoided=frozenset(), avoided_orders=frozenset(), available_from=None,
        may_work_from=None, education=4,
    )  # fmt: skip
    sewing = replace(
        orders[0], seats=30, demands={}, required=(Skill(JOBS[0], Level.FIVE),), teaches=(),
        occupation=JOBS[0], starts_on=None, work_from=None, raises={},
    )  # fmt: skip
    crowd = [replace(able, id=f"P{at}") for at in range(12)]
    market = market_of(crowd, [sewing])
    answer = allot(market)
    assert answer.seats_filled == 0
    (training,) = training_worth(market, lowest(market, answer), answer.order_of, DISTANCES)
    assert (training.course, training.fills) == (Course(JOBS[0], int(Level.FIVE)), 12)
    assert training.at_least == training.at_most
    (opened,) = opened_by_training(market, 0, DISTANCES)
    assert opened.orders == (0,)


@pytest.mark.parametrize("seed", range(4))
def test_a_person_is_told_which_openings_a_class_opens(seed):
    people, orders, market, _, _ = solved(seed, people=12, orders=20)
    rng = random.Random(seed)
    for at in rng.sample(range(len(people)), 6):
        told = {one.course: set(one.orders) for one in opened_by_training(market, at, DISTANCES)}
        for course in {Course(s.occupation, int(s.level)) for o in orders for s in o.required}:
            opened = {
                place
                for place, order in enumerate(orders)
                if not judge(people[at], order, DISTANCES).bin.fits
                and judge(people[at], with_course(order, course), DISTANCES).bin.fits
            }
            assert told.get(course, set()) == opened


def test_the_file_of_questions_has_the_dearest_first(tmp_path):
    """`./run match`: P3's near vision isn't known, and the free seats ask for it."""
    paths = files.write_example(tmp_path)
    files.write(files.match(*paths, TODAY), tmp_path / "out")
    told = (tmp_path / "out/questions.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(told.splitlines()))
    worths = [int(row["worth_millionths"]) for row in rows]
    assert worths == sorted(worths, reverse=True)
    assert [row["person_id"] for row in rows] == ["P3"]
