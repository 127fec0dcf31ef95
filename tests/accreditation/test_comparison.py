"""A new version is published knowing whose grade it changes."""

from dataclasses import replace

from accreditation.comparison import What, changes, effects
from accreditation.inheritance import inherit
from accreditation.rubric import Stage, default_rubric, rubric_of
from tests.accreditation.test_inheritance import NATION, SHIFTED, local, new_item
from tests.accreditation.test_scoring import best

OLD = default_rubric()


def test_the_same_rubric_changes_nothing():
    assert changes(OLD, OLD) == ()
    (same,) = effects(OLD, OLD, {"b": best(Stage.OPERATION)})
    assert not same.changes_grade
    assert same.moved == 0


def test_every_change_is_named_by_its_kind():
    new = rubric_of(
        inherit(NATION, local(drop=["A.1.3"], add={"items": [new_item(points=2)]})).document
    )
    seen = {change.code: change.what for change in changes(OLD, new)}
    assert seen == {"A.1.9": (What.ADDED,), "A.1.3": (What.REMOVED,)}
    shifted = rubric_of(inherit(NATION, SHIFTED).document)
    kinds = {change.code: change.what for change in changes(OLD, shifted)}
    assert kinds == {"A.1.1": (What.POINTS, What.RULE), "A.1.3": (What.POINTS, What.RULE)}


def test_whose_grade_changes_is_known_before_it_is_published():
    higher = rubric_of(inherit(NATION, local(grades={"excellent": 95})).document)
    lost = frozenset({"E.3.1", "A.1.1"})
    sheets = {
        "flawless": best(Stage.OPERATION),
        "nearly": replace(best(Stage.OPERATION), not_evidenced=lost),
    }
    seen = {one.base: one for one in effects(OLD, higher, sheets)}
    assert not seen["flawless"].changes_grade
    assert seen["nearly"].old.grade.code == "excellent"
    assert seen["nearly"].changes_grade


def test_what_last_season_did_not_ask_is_unknown_and_not_lost_silently():
    new = rubric_of(
        inherit(NATION, local(drop=["A.1.3"], add={"items": [new_item(points=2)]})).document
    )
    (seen,) = effects(OLD, new, {"b": best(Stage.OPERATION)})
    assert seen.unknown == ("A.1.9",)
    assert seen.moved == -2
