"""The linter finds every planted contradiction, and fails on nothing."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accreditation.lint import lint
from accreditation.rubric import Stage, default_text, load_rubric, parse
from accreditation.scoring import Sheet, score

DEFAULT = parse(default_text("rubric.json"))
Document = dict[str, Any]


def document() -> Document:
    made = copy.deepcopy(DEFAULT)
    assert isinstance(made, dict)
    return made


def item(raw: Document, code: str) -> Document:
    found: Document = next(one for one in raw["items"] if one["id"] == code)
    return found


def test_the_default_rubric_contradicts_itself_nowhere() -> None:
    assert lint(DEFAULT) == []


PLANTED: list[tuple[str, str, Callable[[Document], object]]] = [
    ("wrong_sum", "HN-PWD-BASE", lambda raw: raw.update(total=101)),
    ("wrong_sum", "A", lambda raw: raw["level1"][0].update(points=17)),
    ("wrong_sum", "A.1", lambda raw: raw["level2"][0].update(points=7)),
    ("wrong_sum", "A.1", lambda raw: item(raw, "A.1.1").update(points=3)),
    ("unreachable", "A.1.1", lambda raw: item(raw, "A.1.1").update(points=3)),
    ("unreachable", "A.2.1", lambda raw: item(raw, "A.2.1")["rule"]["items"].pop()),
    ("unreachable", "A.2.4", lambda raw: item(raw, "A.2.4")["rule"].update(full=2)),
    ("unreachable", "A.4.1", lambda raw: item(raw, "A.4.1")["rule"].update(start=1)),
    ("unreachable", "E.2.1", lambda raw: item(raw, "E.2.1")["rule"].update(target=1.2)),
    ("duplicate_code", "A.1.1", lambda raw: item(raw, "A.1.2").update(id="A.1.1")),
    ("duplicate_code", "A", lambda raw: item(raw, "A.1.2").update(id="A")),
    ("duplicate_code", "V1", lambda raw: raw["vetoes"][1].update(id="V1")),
    ("no_code", "", lambda raw: item(raw, "A.1.1").pop("id")),
    ("no_evidence", "A.1.1", lambda raw: item(raw, "A.1.1").update(evidence=[])),
    ("no_evidence", "A.1.1", lambda raw: item(raw, "A.1.1").pop("evidence")),
    ("no_method", "A.1.1", lambda raw: item(raw, "A.1.1").pop("method")),
    ("no_english", "A.1.1", lambda raw: item(raw, "A.1.1").update(name_en=" ")),
    ("no_english", "A.3.1", lambda raw: item(raw, "A.3.1")["rule"]["tiers"][0].pop("en")),
    ("no_chinese", "A.1.1", lambda raw: item(raw, "A.1.1")["variables"][0].pop("zh")),
    ("non_monotone", "A.1.1", lambda raw: item(raw, "A.1.1")["rule"]["tiers"].reverse()),
    ("non_monotone", "B.1.2", lambda raw: item(raw, "B.1.2")["rule"]["tiers"][1].update(at=4)),
    ("non_monotone", "C.3.1", lambda raw: item(raw, "C.3.1")["rule"]["tiers"][1].update(at=10)),
    ("non_monotone", "A.3.1", lambda raw: item(raw, "A.3.1")["rule"]["tiers"][2].update(points=1)),
    ("uncovered", "B.1.2", lambda raw: item(raw, "B.1.2")["rule"]["tiers"].pop()),
    ("uncovered", "F.4.1", lambda raw: item(raw, "F.4.1")["rule"]["tiers"].pop()),
    ("target_floor", "D.1.1", lambda raw: item(raw, "D.1.1")["rule"].update(floor=1)),
    ("na_cap", "", lambda raw: raw.pop("na_policy")),
    ("na_cap", "", lambda raw: raw["na_policy"].pop("max_points")),
    ("na_cap", "na_policy", lambda raw: raw["na_policy"].update(max_points=11)),
    (
        "unknown_variable",
        "D.1.1",
        lambda raw: item(raw, "D.1.1")["rule"].update(numerator="ghosts"),
    ),
    ("unknown_variable", "A.1.2", lambda raw: item(raw, "A.1.2")["variables"].pop()),
    (
        "unused_variable",
        "D.1.1",
        lambda raw: item(raw, "D.1.1")["rule"].update(numerator="trainees"),
    ),
    (
        "unknown_op",
        "A.4.1",
        lambda raw: item(raw, "A.4.1")["rule"]["conditions"][0]["test"].update(op="~"),
    ),
    (
        "unevaluable",
        "A.4.1",
        lambda raw: item(raw, "A.4.1")["rule"]["conditions"][0].update({"else": "one_tier_down"}),
    ),
    (
        "unevaluable",
        "A.4.1",
        lambda raw: item(raw, "A.4.1")["rule"]["conditions"][0]["test"].update(value=3),
    ),
    ("unevaluable", "A.2.4", lambda raw: item(raw, "A.2.4")["variables"][0].update(kind="count")),
    ("unknown_type", "A.1.1", lambda raw: item(raw, "A.1.1").update(score_type="guess")),
    ("deduction", "B.4.1", lambda raw: item(raw, "B.4.1")["rule"].update(each=2)),
    ("grade_cuts", "grades", lambda raw: raw["grades"].reverse()),
    ("grade_cuts", "grades", lambda raw: raw["grades"][0].update(min=120)),
    ("unknown_selector", "M2", lambda raw: raw["minima"][1].update(of=["A.9"])),
    ("unknown_selector", "M3", lambda raw: raw["minima"][2].update(select="favourites")),
    ("unknown_grade", "M1", lambda raw: raw["minima"][0].update({"for": "splendid"})),
    ("min_share", "M1", lambda raw: raw["minima"][0].update(min_share=60)),
    ("unknown_section", "A.1.1", lambda raw: item(raw, "A.1.1").update(l2="A.9")),
    ("empty_section", "F.3", lambda raw: raw["items"].remove(item(raw, "F.3.1"))),
    ("unknown_source", "A.1.1", lambda raw: item(raw, "A.1.1").update(sources=["HEARSAY"])),
    ("unknown_unit", "A.1.1", lambda raw: item(raw, "A.1.1")["variables"][0].update(unit="ell")),
    ("unknown_field", "A.1.1", lambda raw: item(raw, "A.1.1").update(pionts=2)),
    ("wrong_value", "F.4.1", lambda raw: item(raw, "F.4.1")["variables"][0].update(choices=[])),
    ("bonus", "bonus", lambda raw: raw["bonus"].update(max=6)),
    ("missing_field", "", lambda raw: raw.pop("stages")),
]


@pytest.mark.parametrize(("code", "where", "plant"), PLANTED)
def test_a_planted_contradiction_is_found_where_it_is(
    code: str, where: str, plant: Callable[[Document], object]
) -> None:
    raw = document()
    plant(raw)
    found = {(fault.code, fault.item) for fault in lint(raw)}
    assert (code, where) in found
    assert all(str(fault) for fault in lint(raw))


def test_several_contradictions_are_all_told() -> None:
    raw = document()
    for _code, _where, plant in (PLANTED[0], PLANTED[9], PLANTED[38]):
        plant(raw)
    assert {"wrong_sum", "duplicate_code"} <= {fault.code for fault in lint(raw)}


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(GARBAGE)
def test_garbage_is_told_and_never_crashes(raw: object) -> None:
    assert lint(raw)


def places(raw: object) -> list[tuple[Any, Any]]:
    """Every (container, key) of a document."""
    if isinstance(raw, dict):
        own = [(raw, key) for key in raw]
        return own + [place for inner in raw.values() for place in places(inner)]
    if isinstance(raw, list):
        own = [(raw, key) for key in range(len(raw))]
        return own + [place for inner in raw for place in places(inner)]
    return []


HOW_MANY = len(places(DEFAULT))


@settings(max_examples=120, deadline=None)
@given(st.integers(0, HOW_MANY - 1), GARBAGE)
def test_what_the_linter_passes_can_be_loaded_and_scored(place: int, rubbish: object) -> None:
    raw = document()
    container, key = places(raw)[place]
    container[key] = rubbish
    if not lint(raw):
        rubric = load_rubric(json.dumps(raw, default=float))
        for stage in Stage:
            score(rubric, Sheet(stage, {}))
