"""What an employer and a job-seeker are told, on the sewing order of Hunan, 2010."""

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.bins import Bin, Ground, Question, Unknown, judge
from matching.engine.explain import openings, pair
from matching.engine.market import Market
from matching.engine.orders import Demand, Order, Orders
from matching.engine.people import People, Person, Skill
from matching.engine.scores import chance
from matching.engine.vocabulary import Level, profile
from matching.errors import Refusal
from tests.matching.markets import AIDS, DISTANCES, JOBS, KEYS, TODAY, a_market, a_person

# The notice asked for "lower-limb disability, right leg sound". The job asks for this:
SEWING = Order(
    id="sewing",
    county="410102",
    occupation="6-05-01-03",
    seats=50,
    demands={
        "foot_control": Demand(3, reason="脚踏缝纫机"),
        "bimanual": Demand(4, reason="送料"),
        "near_vision": Demand(3, reason="看清线迹"),
    },
)
ABLE = Person("able", "410102", capacity=dict.fromkeys(KEYS, 4), facts={"one_usable_hand": True})
NO_PEDAL = replace(ABLE, id="no pedal", capacity=ABLE.capacity | {"foot_control": 0})
WITH_SWITCH = replace(SEWING, offered=frozenset({"hand_switch"}))


def test_people_the_notice_excluded_fit_with_a_hand_switch():
    assert judge(ABLE, SEWING, DISTANCES).bin is Bin.NOW
    assert judge(NO_PEDAL, SEWING, DISTANCES).bin is Bin.NOT_NOW
    judged = judge(NO_PEDAL, WITH_SWITCH, DISTANCES)
    assert judged.bin is Bin.ACCOMMODATION
    (needed,) = judged.arrangements
    assert (needed.key, needed.provider, needed.cost_band) == ("hand_switch", "employer", "medium")


def test_a_refusal_names_the_demand_and_what_would_close_it():
    (gap,) = judge(NO_PEDAL, SEWING, DISTANCES).exclusions
    assert (gap.ground, gap.key, gap.needed, gap.has) == (Ground.DEMAND, "foot_control", 3, 0)
    assert gap.would_close == ("hand_switch",)


def test_an_unknown_is_a_question_and_never_a_refusal():
    unknown = {key: 4 for key in KEYS if key != "near_vision"}
    judged = judge(replace(ABLE, capacity=unknown), SEWING, DISTANCES)
    assert judged.bin is Bin.CONFIRM
    assert judged.questions == (Question(Unknown.CAPACITY, "near_vision", "near_vision"),)
    judged = judge(replace(NO_PEDAL, facts={}), WITH_SWITCH, DISTANCES)
    assert judged.questions == (Question(Unknown.FACT, "one_usable_hand", "foot_control"),)


def test_a_safety_critical_relaxation_waits_for_an_assessor():
    order = Order("o", "410102", JOBS[0], 1, {"hazard": Demand(3)}, offered=frozenset({"guard"}))
    careful = replace(ABLE, capacity=ABLE.capacity | {"hazard": 1})
    judged = judge(careful, order, DISTANCES)
    assert judged.questions == (Question(Unknown.SAFETY, "hazard", "hazard"),)
    confirmed = replace(careful, confirmed=frozenset({("o", "hazard")}))
    assert judge(confirmed, order, DISTANCES).bin is Bin.ACCOMMODATION
    elsewhere = replace(careful, confirmed=frozenset({("another", "hazard")}))
    assert judge(elsewhere, order, DISTANCES).bin is Bin.CONFIRM


def test_the_aid_a_person_brings_relaxes_nothing_a_second_time():
    weak = replace(
        ABLE, capacity=ABLE.capacity | {"near_vision": 1}, facts={"uses_hearing_aid": True}
    )
    order = replace(SEWING, offered=frozenset({"magnifier"}))
    assert judge(weak, order, DISTANCES).bin is Bin.NOT_NOW


def test_a_class_makes_up_for_skills_and_trainable_demands():
    order = replace(
        SEWING,
        demands=SEWING.demands | {"numeracy": Demand(3)},
        required=(Skill("6-05-01-03", Level.FIVE),),
        teaches=(Skill("6-05-01-03", Level.FIVE),),
        raises={"numeracy": 2},
    )
    judged = judge(replace(ABLE, capacity=ABLE.capacity | {"numeracy": 1}), order, DISTANCES)
    assert judged.bin is Bin.TRAINING
    assert {gain.key for gain in judged.gains} == {"6-05-01-03", "numeracy"}
    untaught = replace(order, teaches=())
    assert judge(ABLE, untaught, DISTANCES).exclusions[0].ground is Ground.SKILL


def test_no_class_raises_what_is_a_condition_of_the_job():
    with pytest.raises(Refusal, match="不是培训能提高的能力"):
        replace(SEWING, raises={"foot_control": 2})


def test_an_education_minimum_excludes_only_with_a_stated_ground():
    schooled = replace(ABLE, education=1)
    assert judge(schooled, replace(SEWING, education=3), DISTANCES).bin is Bin.NOW
    grounded = replace(SEWING, education=3, education_ground="法定资格")
    assert judge(schooled, grounded, DISTANCES).exclusions[0].ground is Ground.EDUCATION


def test_a_demand_that_is_not_essential_excludes_nobody():
    order = replace(SEWING, demands={"foot_control": Demand(4, essential=False)})
    assert judge(NO_PEDAL, order, DISTANCES).bin is Bin.NOW


def test_the_accommodations_named_are_the_cheapest_that_suffice():
    person = replace(ABLE, capacity=ABLE.capacity | {"stairs": 0})
    order = Order(
        "o", "410102", JOBS[0], 1, {"stairs": Demand(3)},
        offered=frozenset({"step_free", "lift_elevator", "sit_stool"}),
    )  # fmt: skip
    assert [a.key for a in judge(person, order, DISTANCES).arrangements] == ["lift_elevator"]


def test_ability_far_above_the_demand_is_never_a_penalty():
    plain = replace(ABLE, capacity=ABLE.capacity | {"bimanual": 4, "learn": 1})
    for order in (SEWING, WITH_SWITCH):
        one, other = (pair(who, order, DISTANCES, TODAY) for who in (plain, ABLE))
        assert one.value == other.value


def test_the_contributions_of_both_scores_add_up():
    people, orders = a_market(5, 20, 20)
    for person, order in zip(people, orders, strict=True):
        told = pair(person, order, DISTANCES, TODAY)
        for score in (told.wants, told.hired):
            assert score.chance == chance(sum(one.points for one in score.contributions))
        assert told.value == told.wants.chance * told.hired.chance


def test_a_person_gets_three_lists_each_best_first():
    people, orders = a_market(2, 30, 60)
    by_id = {order.id: order for order in orders}
    market = Market.of(People.from_values(people), Orders.from_values(orders), DISTANCES, TODAY)
    for p, person in enumerate(people):
        told = openings(market, p)
        for some in (told.fitting, told.after_training, told.to_confirm):
            assert [one.value for one in some] == sorted((o.value for o in some), reverse=True)
            for one in some:
                said = pair(person, by_id[one.order_id], DISTANCES, TODAY)
                assert (said.judgement.bin, said.value) == (one.bin, one.value)
        assert sum(told.counts.values()) == 60


def test_profiles_are_found_by_name_because_codes_are_shared():
    assert profile("云客服").code == profile("呼叫中心服务员").code
    assert profile("云客服").demands["hear_speech"] == 1
    assert profile("呼叫中心服务员").demands["hear_speech"] == 4
    assert profile("4-04-05-03") is None


def test_what_a_class_recorded_counts_before_what_was_observed_and_said():
    person = Person("p", "410102", capacity={"lift": 1, "walk": 1}, observed={"lift": 3})
    assert (person.can("lift"), person.can("walk"), person.can("read")) == (3, 1, None)
    assert replace(person, recorded={"lift": 2}).can("lift") == 2


def test_the_engine_knows_no_category_grade_sex_age_or_name():
    known = {*Person.__dataclass_fields__, *People.__dataclass_fields__}
    assert not known & {"category", "grade", "sex", "gender", "age", "born", "name", "phone"}


# Properties


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_one_more_accommodation_never_removes_a_fit(seed):
    people, orders = a_market(seed, 12, 12)
    rng = random.Random(seed)
    for person, order in zip(people, orders, strict=True):
        more = replace(order, offered=order.offered | {rng.choice(AIDS)})
        if judge(person, order, DISTANCES).bin.fits:
            assert judge(person, more, DISTANCES).bin.fits


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_higher_capacity_never_turns_a_fit_into_a_refusal(seed):
    rng = random.Random(seed)
    person = a_person(rng, "p")
    for order in a_market(seed, 1, 30)[1]:
        for key, level in person.capacity.items():
            able = replace(person, capacity=person.capacity | {key: min(4, level + 1)})
            before, after = (judge(who, order, DISTANCES).bin for who in (person, able))
            assert after >= before or (before.fits and after.fits)


def test_nobody_must_wait_for_what_an_old_date_says():
    late = replace(ABLE, may_work_from=date(2027, 1, 1))
    order = replace(SEWING, work_from=date(2026, 9, 1))
    assert judge(late, order, DISTANCES).exclusions[0].ground is Ground.DATE
    assert judge(replace(ABLE, may_work_from=None), order, DISTANCES).bin is Bin.CONFIRM


def test_columns_left_out_say_nothing_of_anybody():
    people = People.from_columns(["a", "b"], ["410102"])
    market = Market.of(people, Orders.from_values([SEWING]), DISTANCES, TODAY)
    assert openings(market, 0).counts[Bin.CONFIRM] == 1
    assert np.all(people.capacity == -1)
