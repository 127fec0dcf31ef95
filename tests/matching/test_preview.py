"""One order before everybody: equal to judging each person and each what-if in plain words."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.bins import Bin, judge
from matching.engine.crowd import Crowd
from matching.engine.orders import Order
from matching.engine.people import People, Person
from matching.engine.preview import preview, variants
from matching.errors import Refusal
from tests.matching.markets import DISTANCES, a_market
from tests.matching.test_explain import ABLE, NO_PEDAL, SEWING, WITH_SWITCH


def crowd_of(people: list[Person]) -> Crowd:
    made = Crowd(DISTANCES)
    made.put(People.from_values(people))
    return made


def in_plain_words(
    people: list[Person], order: Order
) -> tuple[Counter[Bin], dict[tuple[str, str], tuple[int, int]]]:
    """The counts by bin, and (more, fewer) of each what-if, from one judgement a pair."""
    bins = {one.id: judge(one, order, DISTANCES).bin for one in people}
    fit = {name for name, which in bins.items() if which.fits}
    changes = {}
    for kind, key, changed in variants(order):
        after = {one.id for one in people if judge(one, changed, DISTANCES).bin.fits}
        changes[kind, key] = len(after - fit), len(fit - after)
    return Counter(bins.values()), changes


def told(crowd: Crowd, order: Order) -> tuple[Counter[Bin], dict[tuple[str, str], tuple[int, int]]]:
    """The same from the one pass."""
    found = preview(crowd, order)
    counts = Counter({which: count for which, count in found.counts.items() if count})
    return counts, {(one.kind, one.key): (one.more, one.fewer) for one in found.changes}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_one_pass_equals_the_plain_judgement_of_every_pair_and_what_if(seed):
    people, orders = a_market(seed, 40, 4)
    crowd = crowd_of(people)
    for order in orders:
        assert told(crowd, order) == in_plain_words(people, order)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_who_came_changed_or_left_counts_as_if_the_crowd_were_made_anew(seed, data):
    people, orders = a_market(seed, 30, 3)
    others, _ = a_market(seed + 1, 45, 1)  # the same ids as those there, and 15 more
    crowd, there = crowd_of(people), {one.id: one for one in people}
    for _ in range(data.draw(st.integers(1, 20))):
        changed = [others[at] for at in data.draw(st.sets(st.integers(0, 44), max_size=4))]
        gone = [others[at].id for at in data.draw(st.sets(st.integers(0, 44), max_size=3))]
        crowd.put(People.from_values(changed))
        crowd.drop(gone)
        there |= {one.id: one for one in changed}
        there = {name: one for name, one in there.items() if name not in gone}
    assert len(crowd) == len(there)
    for order in orders:
        assert told(crowd, order) == in_plain_words(list(there.values()), order)


def test_nothing_of_who_left_stays_in_the_columns():
    crowd = crowd_of([ABLE, NO_PEDAL])
    crowd.drop([ABLE.id, "a stranger"])
    assert len(crowd) == 1
    emptied = [at for at in range(2) if not crowd.columns.here[at]]
    assert all(not column[emptied].any() for column in crowd.columns)


def test_a_crowd_grows_and_its_lists_stay_short_however_often_people_change():
    people, _ = a_market(3, 50, 1)
    crowd = crowd_of(people)
    crowd.put(People.from_values([replace(people[0], id=f"n{at}") for at in range(3000)]))
    assert len(crowd) == 3050
    for _ in range(40):
        crowd.put(People.from_values([replace(people[0], id=f"n{at}") for at in range(500)]))
    held = sum(len(one.skills) for one in people) + 3000 * len(people[0].skills)
    assert len(crowd.lists.skill) <= 2 * held + 4000


def test_the_employer_is_told_how_many_more_a_hand_switch_would_bring():
    crowd = crowd_of([ABLE, *(replace(NO_PEDAL, id=f"p{at}") for at in range(7))])
    found = preview(crowd, SEWING)
    assert found.fitting == 1
    first = found.changes[0]
    assert (first.kind, first.key, first.more, first.fewer) == (
        "accommodation",
        "hand_switch",
        7,
        0,
    )
    after = preview(crowd, WITH_SWITCH)
    assert after.counts[Bin.ACCOMMODATION] == 7
    assert not any(change.key == "hand_switch" for change in after.changes)


def test_what_touches_no_demand_of_the_post_is_not_asked():
    assert not [
        key for kind, key, _ in variants(replace(SEWING, demands={})) if kind == "accommodation"
    ]


def test_an_order_of_an_unknown_county_is_refused():
    with pytest.raises(Refusal, match="没有代码为"):
        preview(crowd_of([ABLE]), replace(SEWING, county="999999"))
