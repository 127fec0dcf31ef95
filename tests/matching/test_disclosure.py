"""What an employer may see of a count: useful in the large, useless for telling one person apart."""

import random
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.bins import Bin
from matching.engine.preview import Change, Preview, preview
from matching.orders.disclosure import CHANGES_TOLD, for_employer, question, rounded
from tests.matching.markets import TODAY, a_market
from tests.matching.test_explain import ABLE, NO_PEDAL, SEWING
from tests.matching.test_preview import crowd_of

SECRET = b"only the service knows it"


@given(count=st.integers(0, 10**6), asked=st.text(max_size=20))
def test_a_figure_is_a_multiple_of_five_never_above_the_truth_and_never_far_below(count, asked):
    told = rounded(count, SECRET, asked)
    assert told % 5 == 0
    assert count - 9 < told <= count
    assert count >= 5 or told == 0


@given(count=st.integers(0, 10**6), asked=st.text(max_size=20))
def test_the_same_question_has_the_same_answer(count, asked):
    assert rounded(count, SECRET, asked) == rounded(count, SECRET, asked)


def attack(show, pairs: int = 4000) -> float:
    """How often one who subtracts two answers says rightly whether they differ by one person.

    The attacker asks about a group, then about the same group with or without one person, by two
    different questions, and says "somebody" if the answers differ. 0.5 is guessing.
    """
    rng, right = random.Random(7), 0
    for at in range(pairs):
        size, there = rng.randint(5, 400), rng.random() < 0.5
        answers = show(size, f"first {at}"), show(size + there, f"second {at}")
        right += (answers[0] != answers[1]) == there
    return right / pairs


def test_who_subtracts_two_previews_learns_hardly_more_than_by_guessing():
    assert attack(lambda count, asked: rounded(count, SECRET, asked)) < 0.56


@pytest.mark.parametrize(
    "show", [lambda count, _: count, lambda count, _: count if count >= 5 else 0]
)
def test_the_attack_succeeds_against_exact_counts(show):
    """The positive control: what was shown before gives the person away every time."""
    assert attack(show) == 1


def test_a_step_at_fixed_numbers_would_prove_that_somebody_is_there():
    """Why plain rounding is not enough: an answer that differs is proof, and padding finds the step."""
    fixed = [count // 5 * 5 for count in (14, 15)]
    assert fixed[0] != fixed[1]
    answers = {(rounded(14, SECRET, f"a{n}"), rounded(15, SECRET, f"b{n}")) for n in range(200)}
    same = {(rounded(15, SECRET, f"a{n}"), rounded(15, SECRET, f"b{n}")) for n in range(200)}
    assert answers <= same | {(5, 15)} | {(10, 10), (5, 10), (10, 15)}
    assert len(same) > 1  # equal groups differ too, so that a difference proves nothing


def test_two_previews_through_the_whole_path_do_not_give_the_joining_person_away():
    """Ten people fit, then an eleventh: over many secrets the answers overlap."""
    people = [replace(ABLE, id=f"p{at}") for at in range(12)]
    ten, eleven = (preview(crowd_of(people[:n]), SEWING) for n in (10, 11))
    seen: list[set[int]] = [set(), set()]
    for at in range(60):
        for which, told in enumerate((ten, eleven)):
            secret = f"secret {at}".encode()
            seen[which].add(for_employer(told, SEWING, secret, TODAY).counts[Bin.NOW])
    assert seen[0] == {5, 10} == seen[1]


def test_no_total_gives_away_what_is_hidden():
    told = for_employer(preview(crowd_of([ABLE, NO_PEDAL]), SEWING), SEWING, SECRET, TODAY)
    assert Bin.NOT_NOW not in told.counts
    assert set(told.counts.values()) == {0}
    assert not told.changes


def test_what_ifs_stand_by_what_is_told_of_them():
    """In the order of the true counts 34 before 33 would say more than the figures do."""
    changes = tuple(Change("accommodation", f"a{at}", 30 + at, 1) for at in reversed(range(5)))
    found = Preview(dict.fromkeys(Bin, 0), (*changes, Change("dorm", "", 4, 0)))
    told = for_employer(found, SEWING, SECRET, TODAY).changes
    assert [one.more for one in told] == sorted((one.more for one in told), reverse=True)
    for one, after in pairwise(told):
        assert one.more > after.more or one.key < after.key
    assert len(told) <= CHANGES_TOLD
    assert not any(one.kind == "dorm" or one.fewer for one in told)


def test_words_that_decide_nothing_are_not_another_question():
    """Else an employer could ask the same a hundred times and take the mean."""
    again = replace(SEWING, id="another", seats=7, contract_months=36, insured=True)
    reworded = {key: replace(one, reason="另一种说法") for key, one in SEWING.demands.items()}
    assert question(SEWING) == question(again) == question(replace(SEWING, demands=reworded))
    for order in a_market(4, 1, 40)[1]:
        assert question(replace(order, wage_yuan=order.wage_yuan + 1)) != question(order)


def test_another_day_rounds_anew():
    told = Preview(dict.fromkeys(Bin, 52), ())
    days = {
        for_employer(told, SEWING, SECRET, date(2026, 3, day)).counts[Bin.NOW]
        for day in range(1, 29)
    }
    assert days == {45, 50}
