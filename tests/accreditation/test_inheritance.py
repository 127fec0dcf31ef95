"""A local rubric adds and tightens inside limits, and drops nothing that the nation calls core."""

import copy
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.errors import RubricFault
from accreditation.inheritance import Level, inherit, inherited, national
from accreditation.lint import lint
from accreditation.rescaling import Inexact, raised, rescaled
from accreditation.rubric import default_text, parse, rubric_of
from accreditation.scoring import score
from tests.accreditation.test_scoring import best

NATION = national(parse(default_text("rubric.json")))


def local(**changes):
    return {
        "id": "HENAN",
        "version": "1",
        "level": "province",
        "inherits": {"id": NATION.layers[0].id, "version": NATION.layers[0].version},
        "basis_note": {"zh": "省标准", "en": "Provincial standard"},
        **changes,
    }


def item(document, code):
    return next(one for one in document["items"] if one["id"] == code)


def new_item(code="A.1.9", points=1):
    made = copy.deepcopy(item(NATION.document, "A.2.4"))
    made["rule"]["full"] = points
    return made | {"id": code, "l2": "A.1", "points": points, "core": False}


def codes(faults):
    return sorted({(fault.code, fault.item) for fault in faults})


SHIFTED = local(points={"A.1.1": 3, "A.1.3": 1})


def test_points_move_inside_a_section_and_every_item_says_where_it_comes_from():
    made = inherit(NATION, SHIFTED)
    assert lint(made.document) == []
    assert item(made.document, "A.1.1")["points"] == 3
    assert [tier["points"] for tier in item(made.document, "A.1.1")["rule"]["tiers"]] == [
        3,
        Decimal("1.5"),
        0,
    ]
    province = made.layers[1]
    assert made.origins["A.1.1"].points == province
    assert made.origins["A.1.1"].item.level is Level.NATIONAL
    assert made.origins["A.1.2"].points is None
    assert [layer.level for layer in made.layers] == [Level.NATIONAL, Level.PROVINCE]


def test_the_rubric_above_stays_as_it_was():
    before = copy.deepcopy(NATION.document)
    inherit(NATION, SHIFTED)
    assert NATION.document == before


def test_a_city_stands_on_its_province():
    province = inherit(NATION, SHIFTED)
    city = local(
        id="LUOYANG",
        level="city",
        inherits={"id": "HENAN", "version": "1"},
        add={"items": [new_item(points=1)]},
        points={"A.1.1": 2},
    )
    made = inherit(province, city)
    assert made.origins["A.1.9"].item.level is Level.CITY
    assert made.origins["A.1.1"].points.level is Level.CITY
    assert sum(Decimal(str(one["points"])) for one in made.document["level1"]) == 100
    assert score(rubric_of(made.document), best("operation")).missing == ("A.1.9",)


def test_thresholds_may_rise_and_the_base_that_met_the_old_one_no_longer_does():
    tiers = [{"at": at, "zh": f"{at}平方米以上", "en": f"{at} m² or more"} for at in (400, 300, 0)]
    made = inherit(NATION, local(**{"raise": {"A.1.2": {"tiers": tiers}}}))
    assert made.origins["A.1.2"].thresholds == made.layers[1]
    before = score(rubric_of(NATION.document), best("operation"))
    after = score(rubric_of(made.document), best("operation"))
    assert before.total - after.total == 1


TIERS_DOWN = [{"at": at, "zh": "甲", "en": "a"} for at in (200, 100, 0)]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"drop": ["A.2.1"], "points": {"A.2.2": 4}}, ("core_dropped", "A.2.1")),
        ({"points": {"A.2.1": 1, "A.1.1": 3}}, ("core_weakened", "A.2.1")),
        ({"points": {"A.1.1": 4}}, ("weight", "A.1.1")),
        ({"points": {"A.1.1": 3}}, ("wrong_sum", "HENAN")),
        ({"points": {"X.9.9": 3}}, ("unknown_item", "X.9.9")),
        ({"drop": ["X.9.9"]}, ("unknown_item", "X.9.9")),
        ({"raise": {"A.1.2": {"tiers": TIERS_DOWN}}}, ("looser", "A.1.2")),
        ({"raise": {"A.1.2": {"tiers": TIERS_DOWN[:2]}}}, ("looser", "A.1.2")),
        ({"raise": {"A.1.3": {"target": Decimal("0.9")}}}, ("looser", "A.1.3")),
        ({"raise": {"A.1.3": {"floor": Decimal("0.4")}}}, ("looser", "A.1.3")),
        ({"raise": {"A.4.1": {"each": Decimal("-0.25")}}}, ("looser", "A.4.1")),
        ({"raise": {"A.2.1": {"target": 1}}}, ("looser", "A.2.1")),
        ({"grades": {"excellent": 85}}, ("looser", "excellent")),
        ({"minima": {"M1": Decimal("0.5")}}, ("looser", "M1")),
        ({"add": {"items": [new_item("A.1.1")]}}, ("duplicate_code", "A.1.1")),
        ({"add": {"items": [new_item(points=16)]}}, ("added", "HENAN")),
        ({"add": {"items": [new_item(points=6)]}}, ("section_weight", "A")),
        ({"level": "national"}, ("wrong_value", "HENAN")),
        ({"inherits": {"id": "OTHER", "version": "1"}}, ("other_parent", "HENAN")),
        ({"surprise": 1}, ("unknown_field", "")),
    ],
)
def test_what_a_locality_may_not_do_is_named(changes, found):
    _, faults = inherited(NATION, local(**changes))
    assert found in {(fault.code, fault.item) for fault in faults} | {
        (fault.code, "HENAN") for fault in faults if fault.code == "wrong_value"
    }
    with pytest.raises(RubricFault):
        inherit(NATION, local(**changes))


def test_all_faults_are_told_at_once():
    _, faults = inherited(NATION, local(drop=["A.2.1"], grades={"excellent": 80}, points={"Q": 1}))
    assert {"core_dropped", "looser", "unknown_item"} <= {fault.code for fault in faults}


def test_a_city_may_not_undo_what_its_province_made_stricter():
    province = inherit(NATION, local(grades={"excellent": 92}))
    city = local(
        id="C", level="city", inherits={"id": "HENAN", "version": "1"}, grades={"excellent": 91}
    )
    assert ("looser", "excellent") in codes(inherited(province, city)[1])


def test_a_city_may_not_stand_above_its_province():
    province = inherit(NATION, SHIFTED)
    _, faults = inherited(province, local(inherits={"id": "HENAN", "version": "1"}))
    assert codes(faults) == [("level", "HENAN")]


def test_a_third_of_a_point_is_refused():
    rule = {"each": 1, "items": [1, 2, 3]}
    assert rescaled("checklist", rule, Decimal(3), Decimal("1.5"))["each"] == Decimal("0.5")
    with pytest.raises(Inexact):
        rescaled("checklist", rule, Decimal(3), Decimal(2))


def test_a_condition_comes_on_top():
    rule = {"variable": "met", "full": 1, "conditions": ["old"]}
    assert raised("binary", rule, {"conditions": ["new"]})["conditions"] == ["old", "new"]


@given(st.sampled_from(NATION.document["items"]), st.sampled_from([1, 2, 4, 5]))
def test_a_rescaled_rule_reaches_just_its_points(one, factor):
    was = Decimal(str(one["points"]))
    now = was * factor / 2
    made = copy.deepcopy(NATION.document)
    target = item(made, one["id"])
    target["rule"] = rescaled(one["score_type"], one["rule"], was, now)
    target["points"] = now
    assert {fault.code for fault in lint(made)} <= {"wrong_sum", "na_cap"}
    assert Fraction(now) >= 0
