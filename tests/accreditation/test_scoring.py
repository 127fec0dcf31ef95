"""The score of a base: exact, complete about what is missing, and fair to a new base."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accreditation.errors import BadValue
from accreditation.rubric import Stage, default_rubric
from accreditation.scoring import NotApplicable, Scorer, Sheet, State, score, shown
from services.files.score import example_sheet, read_sheet

RUBRIC = default_rubric()
AGREED = NotApplicable("无此类学员", "张主任")


def best(stage: Stage) -> Sheet:
    """A base without a flaw."""
    sheet = read_sheet(example_sheet(RUBRIC, stage), RUBRIC)
    better = {
        "A.1.2": {"area_m2": 300, "largest_class_trainees": 20},
        "A.4.1": {"open_hazards": 0, "evacuation_plan": True},
        "B.4.1": {"improper_expenditures": 0},
    }
    if stage is Stage.OPERATION:
        better |= {"D.3.4": {"failed_checks": 0}, "F.3.1": {"complaints": 0}}
    measures = dict(sheet.measures)
    for code, values in better.items():
        measures[code] = {
            key: value if isinstance(value, bool) else Decimal(value)
            for key, value in values.items()
        }
    return replace(sheet, measures=measures)


def without(sheet: Sheet, *codes: str) -> Sheet:
    kept = {code: values for code, values in sheet.measures.items() if code not in codes}
    return replace(sheet, measures=kept)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_base_without_a_flaw_scores_exactly_100(stage: Stage) -> None:
    result = score(RUBRIC, best(stage))
    assert result.total == 100
    assert result.grade.code == "excellent"
    assert result.complete
    assert not result.failed_minima


def test_a_new_base_can_pass_at_admission_without_any_record() -> None:
    result = score(RUBRIC, best(Stage.ADMISSION))
    assert result.counted == 39
    states = {one.item.stage: one.state for one in result.items}
    assert states == {"both": State.SCORED, "operation": State.NOT_AT_STAGE}
    assert {one.section for one in result.minima} == {"A", "B", "C", "D", None}
    assert result.demonstration_minima_met is None
    assert result.ranking is None


def test_a_sum_alone_does_not_pass_a_base_that_cannot_be_entered() -> None:
    blocked = replace(
        best(Stage.OPERATION),
        not_evidenced=frozenset({"A.2.1", "A.2.2", "A.3.1"}),
    )
    result = score(RUBRIC, blocked)
    assert result.total == Decimal("94.5")
    assert result.grade_by_points.code == "excellent"
    assert result.grade.code == "fail"
    assert "M2" in {one.minimum.id for one in result.failed_minima}


def test_weak_core_items_cost_the_top_grade_only() -> None:
    weak = replace(best(Stage.OPERATION), not_evidenced=frozenset({"E.2.2", "E.3.2", "C.2.1"}))
    result = score(RUBRIC, weak)
    assert result.total == 91
    assert result.core_share is not None
    assert result.core_share < Decimal("0.8")
    assert (result.grade_by_points.code, result.grade.code) == ("excellent", "good")


def test_missing_evidence_is_nothing_and_not_applicable_is_left_out() -> None:
    sheet = without(best(Stage.OPERATION), "A.3.1")
    missing = score(RUBRIC, sheet)
    assert (missing.total, missing.missing) == (Decimal("98.5"), ("A.3.1",))
    left_out = score(RUBRIC, replace(sheet, not_applicable={"A.3.1": AGREED}))
    assert (left_out.total, left_out.counted) == (100, Decimal("98.5"))


def test_no_more_than_8_points_may_be_not_applicable() -> None:
    able = {item.id: AGREED for item in RUBRIC.items if item.na_allowed}
    sheet = best(Stage.OPERATION)
    with pytest.raises(BadValue, match="超过上限8分"):
        score(RUBRIC, replace(sheet, not_applicable=able))
    del able["D.2.2"]
    assert score(RUBRIC, replace(sheet, not_applicable=able)).not_applicable_points == 8


def test_not_applicable_needs_a_reason_an_approver_and_leave() -> None:
    sheet = best(Stage.OPERATION)
    with pytest.raises(BadValue, match="不得列为不适用"):
        score(RUBRIC, replace(sheet, not_applicable={"A.1.1": AGREED}))
    with pytest.raises(BadValue, match="理由和批准人"):
        score(RUBRIC, replace(sheet, not_applicable={"A.3.1": NotApplicable(" ", "x")}))


def test_no_cases_yet_uses_up_no_cap() -> None:
    sheet = best(Stage.OPERATION)
    none = {"requests_met": Decimal(0), "requests_made": Decimal(0)}
    result = score(RUBRIC, replace(sheet, measures={**sheet.measures, "D.2.2": none}))
    assert (result.total, result.counted, result.not_applicable_points) == (100, 98, 0)


def test_thirds_of_points_add_up_to_the_cut_and_not_to_a_hair_below() -> None:
    third = {"completers_followed": Decimal(13), "completers": Decimal(20)}  # 3 × 1/3 of a point
    sheet = best(Stage.OPERATION)
    lost = frozenset({"D.1.3", "D.3.1", "D.3.2", "E.1.1"})  # 8 points
    measures = {**sheet.measures, "F.2.1": third}
    result = score(RUBRIC, replace(sheet, measures=measures, not_evidenced=lost))
    assert result.total == Decimal(90)
    assert result.grade_by_points.code == "excellent"
    assert shown(Decimal("89.995")) == "90.00"


def test_a_bonus_ranks_and_never_lifts_a_grade() -> None:
    weak = replace(
        best(Stage.OPERATION),
        not_evidenced=frozenset({"D.1.3", "D.3.1", "D.3.2", "E.1.1", "D.3.3", "A.1.1"}),
    )
    plain, extra = score(RUBRIC, weak), score(RUBRIC, replace(weak, bonus=frozenset({"P1", "P2"})))
    assert (plain.total, plain.grade) == (extra.total, extra.grade)
    assert extra.ranking == 90
    assert extra.grade.code == "good"


def test_a_veto_is_told_with_its_effect() -> None:
    result = score(RUBRIC, replace(best(Stage.OPERATION), vetoes=frozenset({"V2"})))
    assert [veto.effect for veto in result.vetoes] == [("deny", "revoke", "clawback")]


def test_codes_that_the_rubric_does_not_have_are_refused() -> None:
    with pytest.raises(BadValue, match=r"Z\.9\.9"):
        score(RUBRIC, Sheet(Stage.OPERATION, {"Z.9.9": {}}))


def test_an_empty_sheet_is_all_missing() -> None:
    result = score(RUBRIC, Sheet(Stage.OPERATION, {}))
    assert (result.total, len(result.missing), result.grade.code) == (0, 54, "fail")


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from([item.id for item in RUBRIC.items])))
def test_the_parts_are_the_whole(lost: set[str]) -> None:
    result = score(RUBRIC, replace(best(Stage.OPERATION), not_evidenced=frozenset(lost)))
    points = sum(one.points for one in result.items if one.points is not None)
    tops = sum(part.earned for part in result.sections if part.section.above is None)
    gone = sum(item.points for item in RUBRIC.items if item.id in lost)
    assert result.total == points == tops == 100 - gone


def test_every_ratio_shows_its_n() -> None:
    result = score(RUBRIC, best(Stage.OPERATION))
    ratios = [one for one in result.items if one.item.score_type == "ratio"]
    assert ratios
    assert all(one.share is not None and one.share.n == 20 for one in ratios)


def test_the_example_is_json_that_reads_back() -> None:
    assert json.loads(example_sheet(RUBRIC))["stage"] == "admission"


def test_many_sheets_score_as_each_alone_and_true_is_not_one() -> None:
    scorer = Scorer(RUBRIC)
    sheets = [best(Stage.OPERATION), best(Stage.ADMISSION), without(best(Stage.OPERATION), "A.1.1")]
    for sheet in [*sheets, *sheets]:
        assert scorer.score(sheet) == score(RUBRIC, sheet)
    measures = {**best(Stage.OPERATION).measures, "A.2.4": {"met": True}}
    scorer.score(replace(sheets[0], measures=measures))
    with pytest.raises(BadValue):  # known for true, it must not be taken for 1
        scorer.score(replace(sheets[0], measures={**measures, "A.2.4": {"met": 1}}))
