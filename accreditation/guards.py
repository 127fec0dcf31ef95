"""The guards of the lifecycle by name: each says whether the facts meet it.

A guard's parameters come from the lifecycle data beside its name; its words, for
those who meet it and those who don't, stand there too.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from accreditation import agreement, credit_code, panel
from accreditation.deadlines import Unit, due, months_later
from accreditation.facts import Facts

Given = Mapping[str, Any]
Guard = Callable[[Facts, Given], bool]


def _limits(given: Given) -> agreement.Limits:
    return agreement.Limits(given["tiers"], Decimal(given["share"]), Decimal(given["total"]))


def _all_scores_locked(f: Facts, _: Given) -> bool:
    locked = {sheet.assessor for sheet in f.sheets}
    return len(f.assessors) >= 2 and {one.id for one in f.assessors} <= locked


def _gaps_within_limits(f: Facts, given: Given) -> bool:
    return len(f.sheets) >= 2 and agreement.agree(f.sheets, _limits(given))


def _gap_over_limits(f: Facts, given: Given) -> bool:
    return len(f.sheets) >= 2 and not agreement.agree(f.sheets, _limits(given))


def _agreed_or_third_score(f: Facts, given: Given) -> bool:
    assessors = {one.id for one in f.assessors}
    scored = {sheet.assessor for sheet in f.sheets}
    return bool(assessors) and (assessors <= f.agreed_by or len(scored) >= given["blind_scores"])


def _all_missing_listed_once(f: Facts, _: Given) -> bool:
    listed = f.missing_listed
    return (
        bool(listed)
        and len(set(listed)) == len(listed)
        and f.documents_missing is not None
        and set(f.documents_missing) <= set(listed)
    )


def _independent_assessors(f: Facts, given: Given) -> bool:
    assessors = {one.id for one in f.assessors}
    return len(assessors) >= given["assessors"] and panel.apart(assessors, f.advisers)


def _no_tie(f: Facts, given: Given) -> bool:
    return bool(f.assessors) and not any(
        one.tied_to(f.base, f.today, given["months"]) for one in f.assessors
    )


def _recusals_cleared(f: Facts, _: Given) -> bool:
    assessors = {one.id for one in f.assessors}
    return assessors <= f.recusals_cleared and panel.apart(assessors, f.recused)


def _visit_or_desk_set(f: Facts, given: Given) -> bool:
    if f.visit_on is not None:
        return True
    return (
        f.desk_review
        and f.last_visit_on is not None
        and f.today < months_later(f.last_visit_on, given["on_site_months"])
    )


def _panel_apart(f: Facts, _: Given) -> bool:
    return panel.apart(f.panel, {one.id for one in f.assessors} | f.advisers)


def _members_apart(f: Facts, _: Given) -> bool:
    return panel.apart(f.panel, f.involved)


def _within_time(f: Facts, given: Given) -> bool:
    return not due(f.since, given["n"], Unit(given["unit"]), f.calendar).passed(f.today)


def _time_over(f: Facts, given: Given) -> bool:
    return not _within_time(f, given)


def _veto_with(effect: str) -> Guard:
    def guard(f: Facts, _: Given) -> bool:
        return any(effect in effects for effects in (f.vetoes or {}).values())

    return guard


def _failed_with(sanction: str) -> Guard:
    return lambda f, _: f.outcome == "failed" and f.sanction == sanction


def _nothing_carries_the_term(f: Facts, given: Given) -> bool:
    """A renewal opened in time carries the term while it runs or can be appealed; where the
    base causes the delay, for some months after the term's end at most."""
    if f.renewal_open is None or f.term_ends is None or f.renewal_late_by == "federation":
        return False
    if f.renewal_appeal_until is not None and f.today <= f.renewal_appeal_until:
        return False
    if not f.renewal_open:
        return True
    last = months_later(f.term_ends, given["base_delay_months"])
    return f.renewal_late_by == "base" and f.today > last


def _grades_excellent_then_good(f: Facts, given: Given) -> bool:
    match f.operation_grades:
        case (latest, previous, *_):
            return bool(latest in given["latest"] and previous in given["previous"])
        case _:
            return False


def _ranked_into_the_cap(f: Facts, given: Given) -> bool:
    if f.rank is None or f.demonstrations is None:
        return False
    return bool(1 <= f.rank <= given["cap"] - f.demonstrations)


def _minima(f: Facts, given: Given) -> bool:
    return bool(f.shares) and min(f.shares.values()) >= Decimal(given["share"])


def _accessibility(f: Facts, given: Given) -> bool:
    share = f.accessibility_share
    return share is not None and share >= Decimal(given["share"])


def _two_years(f: Facts, given: Given) -> bool:
    since = f.operating_since
    return since is not None and months_later(since, given["months"]) <= f.today


def _cause_removed(f: Facts, _: Given) -> bool:
    return f.cause_removed and f.cause_verified_on is not None


GUARDS: Final[Mapping[str, Guard]] = {
    # The application
    "documents_complete": lambda f, _: f.documents_missing == (),
    "self_score_filled": lambda f, _: f.items_unscored == (),
    "no_cooldown": lambda f, _: f.cooldown_until is None or f.today >= f.cooldown_until,
    "credit_code_valid": lambda f, _: credit_code.is_valid(f.credit_code),
    "case_is_admission": lambda f, given: f.kind in given["kinds"],
    "case_is_review": lambda f, given: f.kind in given["kinds"],
    # Review by the federations
    "completeness_checked": lambda f, _: f.completeness_checked,
    "all_missing_items_listed_once": _all_missing_listed_once,
    "two_persons": lambda f, given: len(f.reviewers) >= given["persons"],
    "vetoes_checked": lambda f, _: f.vetoes_unchecked == (),
    "premises_looked_at": lambda f, _: f.premises_looked_at_on is not None,
    "decided_by_province": lambda f, _: f.decided_by == "province",
    "decided_by_city": lambda f, _: f.decided_by == "city",
    "written_reasons": lambda f, _: bool(f.reasons.strip()),
    "reasons": lambda f, _: bool(f.reasons.strip()),
    "reason_recorded": lambda f, _: bool(f.reasons.strip()),
    "first_statement": lambda f, _: f.statements_given == 0,
    "reply_with_facts": lambda f, _: bool(f.reply.strip()),
    "reply_considered": lambda f, _: bool(f.reply.strip() and f.reply_answered.strip()),
    # Assessment
    "two_or_more_independent_assessors": _independent_assessors,
    "none_from_same_county": lambda f, _: panel.apart(
        {one.county for one in f.assessors}, {f.base_county}
    ),
    "no_tie_in_3_years": _no_tie,
    "recusals_cleared": _recusals_cleared,
    "visit_or_desk_set": _visit_or_desk_set,
    "all_scores_locked": _all_scores_locked,
    "gaps_within_limits": _gaps_within_limits,
    "gap_over_limits_or_grade_or_veto_differs": _gap_over_limits,
    "reason_per_changed_item": lambda f, _: f.items_without_reason == (),
    "agreed_or_third_blind_score": _agreed_or_third_score,
    # Decision
    "panel_without_assessors_or_advisers": _panel_apart,
    "grade_at_least_pass": lambda f, given: f.grade in given["grades"],
    "minima_met": lambda f, _: f.minima_unmet == (),
    "no_veto": lambda f, _: f.vetoes is not None and not f.vetoes,
    "findings_closed": lambda f, _: f.findings_open == 0,
    "correctable": lambda f, _: f.correctable,
    "first_rectification": lambda f, _: f.rectifications == 0,
    "sanction_named_if_review": lambda f, given: (
        f.kind == "admission" or (f.kind in given["kinds"] and f.sanction in given["sanctions"])
    ),
    # Rectification
    "evidence_per_finding": lambda f, _: f.findings_without_evidence == (),
    "first_extension": lambda f, _: f.extensions == 0,
    "looked_at_on_site": lambda f, _: f.verified_on_site_on is not None,
    "affected_items_rescored": lambda f, _: f.items_to_rescore == (),
    # Public notice and appeal
    "named_or_with_evidence": lambda f, _: bool(f.objector.strip()) or f.objection_evidence > 0,
    "within_time": _within_time,
    "different_persons": _members_apart,
    "answer_published": lambda f, _: f.answer_published_on is not None,
    "objection_upheld_or_new_facts": lambda f, _: (
        f.objections_upheld > 0 or bool(f.new_facts.strip())
    ),
    "notice_days_passed": _time_over,
    "no_open_objection": lambda f, _: f.objections_open == 0,
    "outcome_refused": lambda f, _: f.outcome == "refused",
    "no_earlier_appeal": lambda f, _: f.appeals == 0,
    "no_earlier_member": _members_apart,
    "case_was_scored": lambda f, _: f.was_scored is True,
    "case_was_not_scored": lambda f, _: f.was_scored is False,
    # The accreditation
    "case_closed_admitted": lambda f, _: f.outcome == "admitted",
    "veto_with_effect_suspend": _veto_with("suspend"),
    "veto_with_effect_revoke": _veto_with("revoke"),
    "failed_review_with_sanction_suspend": _failed_with("suspend"),
    "failed_review_with_sanction_notice": _failed_with("notice"),
    "cause_removed_and_verified": _cause_removed,
    "no_lift_request_pending": lambda f, _: f.lift_requested is False,
    "ground_recorded": lambda f, _: bool(f.ground.strip()),
    "no_other_ground_for_suspension": lambda f, _: f.suspension_grounds == (),
    "ground_for_suspension_remains": lambda f, _: bool(f.suspension_grounds),
    "classes_finished_or_handed_over": lambda f, _: f.classes_running == 0,
    "plaque_returned": lambda f, _: f.plaque_returned,
    "no_renewal_open_or_appealable_or_late_by_the_federation": _nothing_carries_the_term,
    # Demonstration
    "accredited_at_province_level": lambda f, _: (
        f.level == "province" and f.accreditation == "active"
    ),
    "latest_operation_grade_excellent_previous_good": _grades_excellent_then_good,
    "minima_75": _minima,
    "accessibility_80": _accessibility,
    "no_open_finding": lambda f, _: f.findings_open == 0,
    "two_years_in_operation": _two_years,
    "under_cap": lambda f, given: f.demonstrations is not None and f.demonstrations < given["cap"],
    "cap_reached": lambda f, given: (
        f.demonstrations is not None and f.demonstrations >= given["cap"]
    ),
    "rank_by_checked_score_plus_bonus": _ranked_into_the_cap,
    # an ended accreditation ends the demonstration instead of pausing it
    "accreditation_not_active": lambda f, _: f.accreditation not in {None, "active", "ended"},
    "accreditation_active_again": lambda f, _: f.accreditation == "active",
    "conditions_lost": lambda f, _: bool(f.conditions_lost),
    "accreditation_ended": lambda f, _: f.accreditation == "ended",
}
