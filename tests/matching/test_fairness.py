"""The fairness audit: it finds what was planted, keeps still where nothing was, hides the few."""

from itertools import combinations

import numpy as np
import pytest

from benchmarks import fairness as measurement
from matching.engine import fairness
from matching.engine.allotment import allot
from matching.engine.fairness import (
    UNKNOWN,
    Verdict,
    alarms,
    audit,
    chance_of_so_few,
    ratio,
    shown,
    strata,
)
from services.files.market_tables import distances


def audited(rng, chance, labels, stratum=None):
    """The audit of people selected by luck, each at a chance of their own."""
    n = len(labels)
    return audit(
        {"group": labels},
        eligible=np.ones(n, np.bool_),
        selected=rng.random(n) < chance,
        value=rng.integers(1, 10**6, n),
        stratum=np.zeros(n, np.int64) if stratum is None else stratum,
    )


def test_a_planted_bias_is_found_in_every_seed():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 5, 2000)
        told = audited(rng, np.where(labels == 3, 0.2, 0.5), labels)
        assert [group.key for _, group in alarms(told)] == [3]


def test_without_a_bias_there_is_no_alarm_in_nearly_every_seed():
    quiet = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        quiet += not alarms(audited(rng, 0.3, rng.integers(0, 60, 2000)))
    assert quiet >= 48


def test_without_the_correction_for_many_groups_there_would_be_false_alarms():
    """The test of the test: each group held against 5 % by itself cries wolf."""
    loud = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        told = audited(rng, 0.3, rng.integers(0, 60, 2000))
        loud += any(group.chance < 0.05 and group.adjusted < 0.8 for group in told["group"])
    assert loud >= 15


def test_what_equal_opportunity_explains_is_no_alarm_but_is_told():
    rng = np.random.default_rng(1)
    stratum = rng.integers(0, 2, 4000)
    labels = (rng.random(4000) < np.where(stratum == 1, 0.1, 0.5)).astype(np.int64)
    chance = np.where(stratum == 1, 0.6, 0.1)
    (_, group) = audited(rng, chance, labels, stratum)["group"]
    assert group.impact.high < 0.8
    assert group.verdict is Verdict.EXPLAINED
    assert group.adjusted == pytest.approx(1, abs=0.25)
    (_, blamed) = audited(rng, chance, labels)["group"]
    assert blamed.verdict is Verdict.ALARM


def test_who_is_not_known_is_in_no_group_and_compared_with_none():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 500)
    known = audited(rng, 0.4, labels)["group"]
    rng = np.random.default_rng(2)
    rng.integers(0, 2, 500)
    more = np.concatenate((labels, np.full(300, UNKNOWN)))
    n = len(more)
    selected = np.zeros(n, np.bool_)
    selected[:500] = rng.random(500) < 0.4
    told = audit(
        {"group": more},
        eligible=np.ones(n, np.bool_),
        selected=selected,
        value=np.zeros(n, np.int64),
        stratum=np.zeros(n, np.int64),
    )["group"]
    assert [one.key for one in told] == [0, 1]
    assert [one.impact for one in told] == [one.impact for one in known]


def test_a_group_of_a_few_gets_no_verdict():
    labels = np.concatenate((np.zeros(4, np.int64), np.ones(200, np.int64)))
    (few, _) = audited(np.random.default_rng(1), 0.5, labels)["group"]
    assert few.verdict is Verdict.FEW


@pytest.mark.parametrize("seed", range(5))
def test_the_chance_is_that_of_drawing_lots_within_each_stratum(seed):
    rng = np.random.default_rng(seed)
    sizes = [(3, 4, 3), (2, 5, 2)]  # of the group, of the others, selected of both
    chances = []
    for own, others, seats in sizes:
        draws = [
            sum(one < own for one in drawn) for drawn in combinations(range(own + others), seats)
        ]
        chances.append(np.bincount(draws, minlength=4) / len(draws))
    both = np.convolve(*chances)
    own = np.array([size[0] for size in sizes])
    others = np.array([size[1] for size in sizes])
    chosen = np.array([rng.integers(0, min(size[0], size[2]) + 1) for size in sizes])
    rest = np.array([size[2] for size in sizes]) - chosen
    told = chance_of_so_few(own, chosen, others, rest)
    assert told == pytest.approx(both[: chosen.sum() + 1].sum())


def test_a_stratum_where_all_or_none_are_chosen_says_nothing():
    many = np.array([50, 70])
    assert chance_of_so_few(many, np.array([50, 0]), many, np.array([50, 0])) == 1


def test_the_interval_of_a_ratio_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    for own, others, low, high in ((40, 400, 0.3, 0.5), (200, 300, 0.6, 0.6), (25, 1000, 0.2, 0.1)):
        held = 0
        for _ in range(1000):
            told = ratio(rng.binomial(own, low), own, rng.binomial(others, high), others)
            held += told.low is not None and told.low <= low / high <= told.high
        assert 0.93 <= held / 1000 <= 0.985


def test_a_ratio_to_nobody_is_not_told():
    assert ratio(3, 10, 0, 10).point is None
    assert ratio(0, 0, 3, 10).point is None
    assert ratio(0, 10, 3, 10).low == 0


def test_strata_hold_those_of_no_opportunity_apart():
    part = strata(np.array([0, -5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), many=5)
    assert part.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert strata(np.zeros(3, np.int64)).tolist() == [0, 0, 0]


def test_groups_under_five_are_hidden_and_none_is_told_by_subtraction():
    assert shown([100, 4, 30, 6]) == (True, False, True, False)
    assert shown([100, 4, 2]) == (True, False, False)
    assert shown([100, 5]) == (True, True)
    assert shown([4]) == (False,)
    assert shown([3, 90]) == (False, False)


@pytest.mark.parametrize("seed", range(2))
def test_a_matcher_with_a_bias_is_found_and_the_blind_one_is_not(seed):
    """Two of the fifty seeds of `./run bench fairness`."""
    seen = measurement.a_place(seed, 1500, 50, distances())
    name, key, biased = measurement.planted(seen, seed)
    assert not alarms(measurement.placed(seen.blind, seen))
    assert (name, key) in [
        (of, one.key) for of, one in alarms(measurement.placed(allot(biased), seen))
    ]


def test_every_figure_of_a_group_is_written_down():
    rng = np.random.default_rng(0)
    (group, *_) = audited(rng, 0.4, rng.integers(0, 2, 300))["group"]
    told = fairness.record(group)
    assert told["selected"] <= told["eligible"] <= told["people"]
    assert told["rate"][0] == group.selected / group.eligible
