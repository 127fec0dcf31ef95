"""Each guard lets the right facts through, and refuses others: no guard is only for show."""

from datetime import date
from decimal import Decimal

import pytest

from accreditation.agreement import ItemScore, Sheet
from accreditation.credit_code import check_sign
from accreditation.deadlines import WorkCalendar
from accreditation.draw import Assessor, Tie
from accreditation.facts import Facts
from accreditation.guards import GUARDS
from accreditation.lifecycle import Machine, clauses

DAY = date(2026, 3, 2)
GIVEN = {one.name: one.given for m in Machine for c in clauses(m) for one in c.guards}
CODE = "N2990000MA0000000"
TWO = (Assessor("a", "c2"), Assessor("b", "c3"))
TIED = (TWO[0], Assessor("b", "c1", (Tie("base", "kin"),)))
SHEET = Sheet("a", {"A": ItemScore(Decimal(5), Decimal(5), 2)}, Decimal(90), "excellent")
SAME = (SHEET, Sheet("b", SHEET.items, Decimal(88), "excellent"))
APART = (SHEET, Sheet("b", SHEET.items, Decimal(80), "good"))
EARLY, LATE = {"since": DAY}, {"since": date(2025, 1, 1)}
SUSPEND, REVOKE = ({"V": frozenset({effect})} for effect in ("suspend", "revoke"))
TERM = {"term_ends": DAY}

CASES = {  # guard: facts that meet it, facts that do not
    "documents_complete": ({"documents_missing": ()}, {"documents_missing": ("章程",)}),
    "self_score_filled": ({"items_unscored": ()}, {"items_unscored": ("A.1",)}),
    "no_cooldown": ({"cooldown_until": DAY}, {"cooldown_until": date(2026, 3, 3)}),
    "credit_code_valid": ({"credit_code": CODE + check_sign(CODE)}, {"credit_code": CODE + "I"}),
    "case_is_admission": ({"kind": "admission"}, {"kind": "renewal"}),
    "case_is_review": ({"kind": "renewal"}, {"kind": "admission"}),
    "completeness_checked": ({"completeness_checked": True}, {}),
    "all_missing_items_listed_once": (
        {"documents_missing": ("x",), "missing_listed": ("x", "y")},
        {"documents_missing": ("x",), "missing_listed": ("y",)},
    ),
    "two_persons": ({"reviewers": frozenset("ab")}, {"reviewers": frozenset("a")}),
    "vetoes_checked": ({"vetoes_unchecked": ()}, {"vetoes_unchecked": ("V1",)}),
    "premises_looked_at": ({"premises_looked_at_on": DAY}, {}),
    "decided_by_province": ({"decided_by": "province"}, {"decided_by": "city"}),
    "decided_by_city": ({"decided_by": "city"}, {"decided_by": "province"}),
    "written_reasons": ({"reasons": "场地不足"}, {"reasons": " "}),
    "reasons": ({"reasons": "场地不足"}, {"reasons": " "}),
    "reason_recorded": ({"reasons": "生病"}, {"reasons": " "}),
    "first_statement": ({"statements_given": 0}, {"statements_given": 1}),
    "reply_with_facts": ({"reply": "已补"}, {"reply": " "}),
    "reply_considered": ({"reply": "已补", "reply_answered": "属实"}, {"reply": "已补"}),
    "two_or_more_independent_assessors": (
        {"assessors": TWO},
        {"assessors": TWO, "advisers": frozenset("a")},
    ),
    "none_from_same_county": (
        {"assessors": TWO, "base_county": "c1"},
        {"assessors": TIED, "base_county": "c1"},
    ),
    "no_tie_in_3_years": ({"assessors": TWO, "base": "base"}, {"assessors": TIED, "base": "base"}),
    "recusals_cleared": (
        {"assessors": TWO, "recusals_cleared": frozenset("ab")},
        {"assessors": TWO, "recusals_cleared": frozenset("ab"), "recused": frozenset("b")},
    ),
    "visit_or_desk_set": (
        {"desk_review": True, "last_visit_on": date(2024, 3, 3)},
        {"desk_review": True, "last_visit_on": DAY.replace(year=2024)},
    ),
    "all_scores_locked": (
        {"assessors": TWO, "sheets": SAME},
        {"assessors": TWO, "sheets": (SHEET,)},
    ),
    "gaps_within_limits": ({"sheets": SAME}, {"sheets": APART}),
    "gap_over_limits_or_grade_or_veto_differs": ({"sheets": APART}, {"sheets": SAME}),
    "reason_per_changed_item": ({"items_without_reason": ()}, {"items_without_reason": ("A",)}),
    "agreed_or_third_blind_score": (
        {"assessors": TWO, "agreed_by": frozenset("ab")},
        {"assessors": TWO, "agreed_by": frozenset("a"), "sheets": APART},
    ),
    "panel_without_assessors_or_advisers": (
        {"panel": frozenset("p"), "assessors": TWO},
        {"panel": frozenset("pa"), "assessors": TWO},
    ),
    "grade_at_least_pass": ({"grade": "pass"}, {"grade": "fail"}),
    "minima_met": ({"minima_unmet": ()}, {"minima_unmet": ("A",)}),
    "no_veto": ({"vetoes": {}}, {"vetoes": SUSPEND}),
    "findings_closed": ({"findings_open": 0}, {"findings_open": 1}),
    "correctable": ({"correctable": True}, {}),
    "first_rectification": ({"rectifications": 0}, {"rectifications": 1}),
    "sanction_named_if_review": ({"kind": "renewal", "sanction": "notice"}, {"kind": "renewal"}),
    "evidence_per_finding": (
        {"findings_without_evidence": ()},
        {"findings_without_evidence": ("1",)},
    ),
    "first_extension": ({"extensions": 0}, {"extensions": 1}),
    "looked_at_on_site": ({"verified_on_site_on": DAY}, {}),
    "affected_items_rescored": ({"items_to_rescore": ()}, {"items_to_rescore": ("A",)}),
    "named_or_with_evidence": ({"objection_evidence": 1}, {"objector": " "}),
    "within_time": (EARLY, LATE),
    "different_persons": (
        {"panel": frozenset("p")},
        {"panel": frozenset("p"), "involved": frozenset("p")},
    ),
    "answer_published": ({"answer_published_on": DAY}, {}),
    "objection_upheld_or_new_facts": ({"objections_upheld": 1}, {"new_facts": " "}),
    "notice_days_passed": (LATE, EARLY),
    "no_open_objection": ({"objections_open": 0}, {"objections_open": 1}),
    "outcome_refused": ({"outcome": "refused"}, {"outcome": "lapsed"}),
    "no_earlier_appeal": ({"appeals": 0}, {"appeals": 1}),
    "no_earlier_member": (
        {"panel": frozenset("p")},
        {"panel": frozenset("p"), "involved": frozenset("p")},
    ),
    "case_was_scored": ({"was_scored": True}, {"was_scored": False}),
    "case_was_not_scored": ({"was_scored": False}, {"was_scored": True}),
    "case_closed_admitted": ({"outcome": "admitted"}, {"outcome": "refused"}),
    "veto_with_effect_suspend": ({"vetoes": SUSPEND}, {"vetoes": REVOKE}),
    "veto_with_effect_revoke": ({"vetoes": REVOKE}, {"vetoes": SUSPEND}),
    "failed_review_with_sanction_suspend": (
        {"outcome": "failed", "sanction": "suspend"},
        {"outcome": "failed", "sanction": "notice"},
    ),
    "failed_review_with_sanction_notice": (
        {"outcome": "failed", "sanction": "notice"},
        {"outcome": "passed", "sanction": "notice"},
    ),
    "cause_removed_and_verified": (
        {"cause_removed": True, "cause_verified_on": DAY},
        {"cause_removed": True},
    ),
    "no_lift_request_pending": ({"lift_requested": False}, {"lift_requested": True}),
    "ground_recorded": ({"ground": "fraud"}, {"ground": " "}),
    "no_other_ground_for_suspension": ({"suspension_grounds": ()}, {"suspension_grounds": ("V3",)}),
    "ground_for_suspension_remains": ({"suspension_grounds": ("V3",)}, {"suspension_grounds": ()}),
    "classes_finished_or_handed_over": ({"classes_running": 0}, {"classes_running": 1}),
    "plaque_returned": ({"plaque_returned": True}, {}),
    "no_renewal_open_or_appealable_or_late_by_the_federation": (
        {**TERM, "renewal_open": False},
        {**TERM, "renewal_open": True, "renewal_late_by": "base"},
    ),
    "accredited_at_province_level": (
        {"level": "province", "accreditation": "active"},
        {"level": "province", "accreditation": "suspended"},
    ),
    "latest_operation_grade_excellent_previous_good": (
        {"operation_grades": ("excellent", "good")},
        {"operation_grades": ("good", "excellent")},
    ),
    "minima_75": ({"shares": {"A": Decimal("0.75")}}, {"shares": {"A": Decimal("0.74")}}),
    "accessibility_80": (
        {"accessibility_share": Decimal("0.8")},
        {"accessibility_share": Decimal("0.79")},
    ),
    "no_open_finding": ({"findings_open": 0}, {"findings_open": 1}),
    "two_years_in_operation": (
        {"operating_since": date(2024, 3, 2)},
        {"operating_since": date(2024, 3, 3)},
    ),
    "under_cap": ({"demonstrations": 19}, {"demonstrations": 20}),
    "cap_reached": ({"demonstrations": 20}, {"demonstrations": 19}),
    "rank_by_checked_score_plus_bonus": (
        {"demonstrations": 18, "rank": 2},
        {"demonstrations": 18, "rank": 3},
    ),
    "accreditation_not_active": ({"accreditation": "suspended"}, {"accreditation": "ended"}),
    "accreditation_active_again": ({"accreditation": "active"}, {"accreditation": "suspended"}),
    "conditions_lost": ({"conditions_lost": ("minima",)}, {}),
    "accreditation_ended": ({"accreditation": "ended"}, {"accreditation": "active"}),
}
KNOWN_BY_DEFAULT = {"no_cooldown", "within_time"}  # no wait on record; the day always known


def holds(guard: str, **known) -> bool:
    calendar = WorkCalendar(frozenset(), frozenset(), ())
    facts = Facts(**{"today": DAY, "since": DAY, "calendar": calendar, **known})
    return GUARDS[guard](facts, GIVEN[guard])


def test_no_guard_is_left_out_here():
    assert CASES.keys() == GUARDS.keys()


@pytest.mark.parametrize("guard", CASES)
def test_a_guard_lets_through_and_refuses(guard):
    met, unmet = CASES[guard]
    assert holds(guard, **met) is True
    assert holds(guard, **unmet) is False


@pytest.mark.parametrize("guard", sorted(CASES.keys() - KNOWN_BY_DEFAULT))
def test_what_is_not_known_meets_no_guard(guard):
    assert holds(guard) is False


@pytest.mark.parametrize(
    ("carried", "known"),
    [
        (True, {"renewal_open": True}),
        (True, {"renewal_open": False, "renewal_late_by": "federation"}),
        (True, {"renewal_open": False, "renewal_appeal_until": DAY}),
        (True, {"renewal_open": True, "renewal_late_by": "base", "term_ends": date(2025, 9, 2)}),
        (False, {"renewal_open": True, "renewal_late_by": "base", "term_ends": date(2025, 9, 1)}),
    ],
)
def test_a_renewal_carries_the_term_but_a_late_base_six_months_at_most(carried, known):
    guard = "no_renewal_open_or_appealable_or_late_by_the_federation"
    assert holds(guard, **{**TERM, **known}) is not carried
