"""The clauses give what they say, exactly."""

import json
from decimal import Decimal
from fractions import Fraction

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accreditation.clauses import Earned, NotGiven, evaluate
from accreditation.errors import BadValue, RubricFault
from accreditation.rubric import Stage, default_rubric, default_text, load_rubric

RUBRIC = default_rubric()
SCHEMA = json.loads(default_text("rubric.schema.json"))


def earned(code: str, **values: object) -> Earned:
    item = RUBRIC.item(code)
    assert item is not None
    read = {one.key: one.read(values[one.key]) for one in item.variables if one.key in values}
    return evaluate(item.clause, read)


def points(code: str, **values: object) -> Fraction | None:
    return earned(code, **values).points


@pytest.mark.parametrize(
    ("months", "given_points"), [("owned", 2), (36, 2), (35, 1), (12, 1), (11, 0), (0, 0)]
)
def test_own_premises_count_as_a_lease_of_36_months(months: object, given_points: int) -> None:
    assert points("A.1.1", tenure_months=months) == given_points


def test_less_than_five_square_metres_a_trainee_costs_one_tier() -> None:
    assert points("A.1.2", area_m2=300, largest_class_trainees=60) == 2
    assert points("A.1.2", area_m2=300, largest_class_trainees=61) == 1
    assert points("A.1.2", area_m2=100, largest_class_trainees=61) == 0


def test_without_an_evacuation_plan_there_are_no_points_for_safety() -> None:
    assert points("A.4.1", open_hazards=1, evacuation_plan=True) == Fraction(3, 2)
    assert points("A.4.1", open_hazards=9, evacuation_plan=True) == 0
    assert points("A.4.1", open_hazards=0, evacuation_plan=False) == 0


def test_more_than_a_third_of_severe_trainees_needs_an_assistant() -> None:
    group = {"median_class_size": 20, "trainees": 30}
    assert points("C.3.1", **group, severe_trainees=10) == 2  # a third exactly: nobody asks
    assert points("C.3.1", **group, severe_trainees=11, assistant=True) == 2
    assert points("C.3.1", **group, severe_trainees=11, assistant=False) == 1
    with pytest.raises(NotGiven, match="assistant"):
        points("C.3.1", **group, severe_trainees=11)


def test_smaller_classes_are_better() -> None:
    group = {"trainees": 90, "severe_trainees": 0}
    sizes = [points("C.3.1", median_class_size=size, **group) for size in (20, 21, 30, 31)]
    assert sizes == [2, 1, 1, 0]


def test_a_specialised_base_is_judged_by_its_severe_trainees() -> None:
    assert points("E.1.2", categories_served=3, specialised=False) == Fraction(3, 2)
    severe = earned(
        "E.1.2", categories_served=1, specialised=True, severe_trainees=15, trainees=100
    )
    assert severe.points == 1
    assert severe.share is not None
    assert severe.share.n == 100


@pytest.mark.parametrize(("asked", "replies", "full"), [(40, 12, 2), (41, 12, 1), (20, 9, 1)])
def test_few_replies_halve_satisfaction(asked: int, replies: int, full: int) -> None:
    assert points("E.4.1", satisfied=replies, valid_replies=replies, asked=asked) == full


def test_a_first_round_of_operation_is_judged_by_its_self_evaluation_alone() -> None:
    assert points("F.4.1", self_evaluation="on_time", first_operation_round=True) == 2
    assert points("F.4.1", self_evaluation="missing", first_operation_round=True) == 0
    later = {"self_evaluation": "on_time", "first_operation_round": False, "actions_due": 5}
    closed = [points("F.4.1", **later, actions_closed=number) for number in (5, 4, 3)]
    assert closed == [2, 1, 0]


def test_each_thing_on_a_checklist_counts_the_same() -> None:
    there = {"ramp": True, "passage": True, "lift": False, "handrail": True}
    assert points("A.2.1", **there) == Fraction(3, 2)


def test_a_choice_gives_its_anchor() -> None:
    chosen = earned("A.3.1", level="one")
    assert chosen.points == Fraction(4, 5)
    assert chosen.tier is not None
    assert chosen.tier.zh == "仅一项"
    assert points("A.2.4", met=True) == 1
    assert points("A.2.4", met=False) == 0


def test_a_whole_of_nothing_is_no_case_yet() -> None:
    assert points("D.2.2", requests_met=0, requests_made=0) is None
    assert points("E.3.3", gained=0, trainees=0) is None


def test_a_part_larger_than_its_whole_is_refused_where_it_cannot_be() -> None:
    with pytest.raises(BadValue):
        points("E.2.1", passed=11, enrolled=10)
    assert points("A.1.3", workstations=11, largest_class_trainees=10) == 2


@pytest.mark.parametrize("raw", [-1, 1.0, "20", True, None, Decimal("NaN"), Decimal("1.5")])
def test_a_count_takes_whole_numbers_only(raw: object) -> None:
    item = RUBRIC.item("B.1.2")
    assert item is not None
    with pytest.raises(BadValue, match="专职管理人员"):
        item.variables[0].read(raw)


@settings(max_examples=80)
@given(st.integers(0, 200), st.integers(1, 200))
def test_a_ratio_is_linear_between_floor_and_target(part: int, whole: int) -> None:
    part = min(part, whole)
    expected = 3 * min(max((Fraction(part, whole) - Fraction(1, 2)) / Fraction(9, 20), 0), 1)
    got = points("F.2.1", completers_followed=part, completers=whole)
    assert got == expected


def test_the_published_schema_accepts_the_default_and_refuses_a_bent_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    check = jsonschema.Draft202012Validator(SCHEMA)
    document = json.loads(default_text("rubric.json"))
    assert not list(check.iter_errors(document))
    del document["items"][0]["rule"]["tiers"]
    assert list(check.iter_errors(document))


def test_the_default_keeps_the_shape_of_its_source() -> None:
    assert len(RUBRIC.items) == 54
    assert sum(item.points for item in RUBRIC.items) == 100
    core = [item.points for item in RUBRIC.items if item.core]
    assert (len(core), sum(core)) == (18, 42)
    assert sum(item.points for item in RUBRIC.items if item.auto_from_data) == 49
    assert sum(item.points for item in RUBRIC.items if item.basis == "S") == 12
    assert {item.stage for item in RUBRIC.at(Stage.ADMISSION)} == {"both"}


@pytest.mark.parametrize("text", ["", "[]", "{", "null", b"\xff\xfe\x00", "[" * 100_000])
def test_a_file_that_is_no_rubric_is_refused_in_words(text: str | bytes) -> None:
    with pytest.raises(RubricFault):
        load_rubric(text)
