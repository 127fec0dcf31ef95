"""A whole rubric sent back is read as the changes that its locality made, and as nothing more."""

import copy
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accreditation.derivation import derived
from accreditation.inheritance import inherited
from tests.accreditation.test_inheritance import NATION, item, local, new_item

HEAD = {"id": "HENAN", "version": "1", "level": "province"}
NUMERIC = [
    one
    for one in NATION.document["items"]
    if one["score_type"] == "tiered" and all("at" in tier for tier in one["rule"]["tiers"])
]


@st.composite
def local_changes(draw):
    """Changes of every kind at once; sums and limits may be broken, for the form is what counts."""
    items = NATION.document["items"]
    plain = [one for one in items if not one["core"]]
    dropped = draw(st.lists(st.sampled_from([one["id"] for one in plain]), unique=True, max_size=3))
    kept = [one for one in items if one["id"] not in dropped]
    points = {
        one["id"]: Decimal(str(one["points"])) * draw(st.sampled_from((2, Decimal("0.5"))))
        for one in draw(st.lists(st.sampled_from(kept), unique_by=lambda x: x["id"], max_size=4))
    }
    raised = {}
    for one in draw(st.lists(st.sampled_from(kept), unique_by=lambda x: x["id"], max_size=4)):
        rule, change = one["rule"], {}
        if one["score_type"] == "ratio":
            change["target"] = Decimal(str(rule["target"])) + Decimal("0.05")
        elif one["score_type"] == "deduction":
            change["each"] = Decimal(str(rule["each"])) * 2
        elif one in NUMERIC and rule.get("direction") != "lower_is_better":
            change["tiers"] = [
                {"at": tier["at"] + 1, "zh": tier["zh"] + "甲", "en": "more"}
                for tier in rule["tiers"]
            ]
        if change:
            raised[one["id"]] = change
    made = {"points": points, "drop": dropped, "raise": raised}
    if draw(st.booleans()):
        made["add"] = {"items": [new_item()]}
    if draw(st.booleans()):
        made["grades"] = {"excellent": 92}
    if draw(st.booleans()):
        made["minima"] = {"M1": Decimal("0.65")}
    if draw(st.booleans()):
        made["sources"] = {"HN": {"zh": "本省标准", "en": "Our province"}}
    return local(**{name: change for name, change in made.items() if change})


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(local_changes())
def test_the_changes_are_found_again_from_the_whole(changes):
    whole = inherited(NATION, changes)[0].document
    found, _ = derived(NATION, whole, HEAD)
    assert inherited(NATION, found)[0].document == whole


def test_an_unchanged_rubric_has_no_changes():
    found, faults = derived(NATION, NATION.document, HEAD)
    assert faults == []
    assert set(found) == {"id", "version", "level", "inherits", "basis_note"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: item(d, "A.1.1").update(name_zh="别的名称"), "A.1.1"),
        (lambda d: item(d, "A.2.4").update(method="data"), "A.2.4"),
        (lambda d: d["vetoes"].pop(), "V9"),
        (lambda d: d["na_policy"].update(max_points=9), "na_policy"),
        (lambda d: d["grades"][0].update(zh="顶尖"), "excellent"),
        (lambda d: item(d, "A.2.1")["rule"]["items"].pop(), "A.2.1"),
    ],
)
def test_what_is_not_a_localitys_to_change_is_named(change, code):
    whole = copy.deepcopy(NATION.document)
    change(whole)
    _, faults = derived(NATION, whole, HEAD)
    assert code in {fault.item for fault in faults}


def test_a_looser_threshold_is_told_as_such_and_only_once():
    whole = copy.deepcopy(NATION.document)
    item(whole, "A.1.3")["rule"]["target"] = Decimal("0.9")
    _, faults = derived(NATION, whole, HEAD)
    assert [(fault.code, fault.item) for fault in faults] == [("looser", "A.1.3")]


def test_what_is_no_rubric_says_what_is_missing():
    found, faults = derived(NATION, {"id": "X"}, HEAD)
    assert found == {}
    assert "missing_field" in {fault.code for fault in faults}
