"""The way to the next grade is the cheapest there is, and really leads there."""

import itertools
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from accreditation.clauses import Ratio
from accreditation.errors import BadValue
from accreditation.raising import levels, next_grade, path_to
from accreditation.rubric import Stage, default_rubric
from accreditation.scoring import COUNTED, score
from tests.accreditation.test_scoring import best, without

RUBRIC = default_rubric()
GRADES = {grade.code: grade for grade in RUBRIC.grades}


def worse(*codes, stage=Stage.OPERATION):
    """A flawless base but for items without evidence."""
    return score(RUBRIC, replace(best(stage), not_evidenced=frozenset(codes)))


def test_one_large_item_is_cheaper_than_three_small_ones():
    lost = ["E.3.1", "E.3.2", "A.1.1", "A.1.2", "A.1.3"]
    result = worse(*lost)
    path = path_to(RUBRIC, result, GRADES["excellent"])
    assert path is not None
    assert path.total >= 90
    assert {step.item.id for step in path.steps} <= set(lost)


def test_a_section_below_its_minimum_is_bettered_though_the_total_is_enough():
    accessible = [item.id for item in RUBRIC.items if item.section in {"A.2", "A.3"}]
    result = worse(*accessible)
    assert result.grade.code == "fail"
    path = path_to(RUBRIC, result, GRADES["pass"])
    assert path is not None
    assert {step.item.section for step in path.steps} <= {"A.2", "A.3"}
    lost = sum(item.points for item in RUBRIC.items if item.id in accessible)
    assert sum(step.gain for step in path.steps) >= lost * Decimal("0.6")


def test_the_best_grade_has_none_above_it():
    result = score(RUBRIC, best(Stage.OPERATION))
    assert next_grade(RUBRIC, result) is None
    assert path_to(RUBRIC, result, GRADES["excellent"]).steps == ()


def test_effort_steers_the_way():
    result = worse("E.3.1", "E.3.2", "D.1.1", "D.1.2")
    path = path_to(RUBRIC, result, GRADES["excellent"])
    dear = {step.item.id: Decimal(50) for step in path.steps}
    other = path_to(RUBRIC, result, GRADES["excellent"], dear)
    assert {step.item.id for step in other.steps} != set(dear)
    with pytest.raises(BadValue):
        path_to(RUBRIC, result, GRADES["excellent"], {"A.1.1": Decimal(0)})


def brute_force(result, grade, touched):
    """The fewest of the given items which, each brought to full, reach the grade."""
    scored = [one for one in result.items if one.state in COUNTED]
    for n in range(len(touched) + 1):
        for chosen in itertools.combinations(touched, n):
            bettered = replace(
                best(result.stage), not_evidenced=frozenset(touched) - frozenset(chosen)
            )
            again = score(RUBRIC, bettered)
            if again.grade.least >= grade.least:
                assert len(scored) == len([x for x in again.items if x.state in COUNTED])
                return n
    return None


@pytest.mark.parametrize("seed", range(25))
def test_no_smaller_set_of_items_would_do(seed):
    rng = np.random.default_rng(seed)
    codes = [item.id for item in RUBRIC.items]
    lost = sorted(rng.choice(codes, rng.integers(3, 9), replace=False).tolist())
    result = worse(*lost)
    grade = next_grade(RUBRIC, result)
    if grade is None:
        return
    path = path_to(RUBRIC, result, grade)
    assert path is not None
    assert len(path.steps) == brute_force(result, grade, lost)
    reached = {step.item.id: step.to for step in path.steps}
    total = sum(
        Fraction(reached.get(one.item.id, one.points))
        for one in result.items
        if one.state in COUNTED
    )
    assert total / Fraction(result.counted) * 100 >= Fraction(grade.least)


def test_a_new_base_is_shown_only_what_counts_at_admission():
    result = worse("A.1.1", "A.1.2", "B.1.1", "B.1.2", "C.1.1", stage=Stage.ADMISSION)
    grade = next_grade(RUBRIC, result)
    path = path_to(RUBRIC, result, grade)
    allowed = {item.id for item in RUBRIC.at(Stage.ADMISSION)}
    assert {step.item.id for step in path.steps} <= allowed


def test_every_level_that_is_offered_is_one_that_the_rule_has():
    result = score(RUBRIC, without(best(Stage.OPERATION), *[item.id for item in RUBRIC.items]))
    for one in result.items:
        offered = levels(one)
        if isinstance(one.item.clause.rule, Ratio):
            assert offered is None
        else:
            assert offered[-1] == one.item.points
            assert all(0 < points <= one.item.points for points in offered)
