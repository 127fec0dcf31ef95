"""The three machines as the data states them."""

import json
from datetime import date

import jsonschema
import pytest

from accreditation import lifecycle
from accreditation.deadlines import WorkCalendar
from accreditation.errors import GuardNotMet, IllegalMove
from accreditation.facts import Facts
from accreditation.guards import GUARDS
from accreditation.lifecycle import Machine, available, clause, clauses, move, moves

CALENDAR = WorkCalendar(frozenset(), frozenset(), range(2020, 2031))


def facts(**known) -> Facts:
    told = {"today": date(2026, 3, 2), "since": date(2026, 2, 20), "kind": "admission", **known}
    return Facts(calendar=CALENDAR, **told)


def test_missing_documents_are_named_in_words():
    start = next(
        one
        for one in available(
            Machine.CASE, "draft", facts(documents_missing=("rules",)), "base_manager"
        )
        if one.event == "submit"
    )
    assert "管理制度汇编" in start.unmet.said("zh")
    assert "Collected rules of the institution" in start.unmet.said("en")


def test_the_data_fits_its_published_schema():
    schema = json.loads(lifecycle.DATA.with_name("lifecycle.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads(lifecycle.DATA.read_text("utf-8")), schema)


def test_every_guard_of_the_data_has_a_function_and_the_other_way_round():
    named = {one.name for machine in Machine for c in clauses(machine) for one in c.guards}
    assert named == set(GUARDS) == set(lifecycle.load()["guards"])


def test_every_state_event_role_and_outcome_has_words():
    data = lifecycle.load()
    for machine in Machine:
        for one in clauses(machine):
            assert {*one.sources, one.target} <= set(lifecycle.states(machine))
            assert one.event in data["events"]
            assert one.actors <= set(data["roles"])
            assert set(one.outcome.values()) <= set(data["outcomes"])
            assert set(one.outcome) <= {*data["kinds"], "any"}


def test_an_event_leads_to_one_state_only():
    assert len({row[:3] for row in moves()}) == len(moves())


@pytest.mark.parametrize("machine", Machine)
def test_every_state_can_be_reached_from_the_start(machine):
    reached = set(lifecycle.load()["machines"][machine]["initial"].values())
    for _ in lifecycle.states(machine):
        reached |= {m.target for m in moves() if m.machine == machine and m.source in reached}
    assert reached == set(lifecycle.states(machine))


def test_an_event_from_the_wrong_state_is_illegal():
    with pytest.raises(IllegalMove, match="草稿"):
        move(Machine.CASE, "draft", "accept", facts(), "county_staff")


def test_a_role_takes_only_its_own_steps():
    with pytest.raises(IllegalMove, match="基地"):
        move(Machine.CASE, "draft", "submit", facts(), "county_staff")


def test_all_unmet_guards_are_told_at_once():
    with pytest.raises(GuardNotMet) as refused:
        move(Machine.CASE, "draft", "submit", facts(documents_missing=("章程",)), "base_manager")
    reasons = refused.value.values["reasons"]
    assert [one.guard for one in reasons] == [
        "documents_complete",
        "self_score_filled",
        "credit_code_valid",
    ]
    assert "章程" in str(refused.value)
    assert "Documents are missing: 章程" in reasons.said("en")


def test_a_timer_fires_only_after_its_last_day():
    last = clause(Machine.CASE, "county_statement", "no_reply").due(facts()).on
    with pytest.raises(GuardNotMet, match=str(last)):
        move(Machine.CASE, "county_statement", "no_reply", facts(today=last), "system")
    late = facts(today=date(2026, 3, 23))
    assert move(Machine.CASE, "county_statement", "no_reply", late, "system").outcome == "refused"


def test_a_lost_review_fails_and_a_lost_admission_is_refused():
    late = {"today": date(2026, 9, 1)}
    review = move(Machine.CASE, "rectification", "overdue", facts(kind="renewal", **late), "system")
    admission = move(Machine.CASE, "rectification", "overdue", facts(**late), "system")
    assert (review.outcome, [one.name for one in review.effects]) == ("failed", ["set_sanction"])
    assert (admission.outcome, [e.name for e in admission.effects]) == (
        "refused",
        ["start_cooldown"],
    )


def test_anyone_may_object_during_the_notice_and_the_clock_runs_on():
    told = facts(since=date(2026, 3, 1), objector="王某")
    assert not move(Machine.CASE, "public_notice", "object", told, "job_seeker").restarts_clock


def test_a_page_sees_what_can_be_done_and_why_the_rest_cannot():
    options = available(Machine.CASE, "city_review", facts(decided_by="city"), "city_staff")
    can = {one.event: not one.unmet for one in options}
    assert can == {"forward": False, "schedule": True, "propose_refusal": False, "refuse": False}


def test_the_last_base_of_a_county_can_be_suspended_with_a_review_open():
    told = facts(kind=None, vetoes={"V3": frozenset({"suspend"})}, renewal_open=True)
    done = move(Machine.ACCREDITATION, "active", "suspend", told, "city_staff")
    assert "open_gap_if_last" in {one.name for one in done.effects}


def test_a_base_and_staff_read_a_state_in_their_own_words():
    assert lifecycle.state_name(Machine.CASE, "opened") == "已启动，待自评"
    assert lifecycle.state_name(Machine.CASE, "opened", "base") == "请填写自评"


@pytest.mark.parametrize(
    ("outcome", "source", "ground", "until"),
    [
        ("refused", "", "", date(2026, 7, 15)),
        ("revoked", "notice_appeal", "V5", date(2027, 1, 15)),
        ("revoked", "revocation_notice", "fraud", date(2029, 1, 15)),
        ("withdrawn", "suspended", "fraud", date(2029, 1, 15)),
        ("withdrawn", "active", "", date(2026, 1, 15)),
        ("withdrawn", "", "", date(2026, 1, 15)),
        ("expired", "active", "", date(2026, 1, 15)),
    ],
)
def test_the_wait_before_applying_again(outcome, source, ground, until):
    ended = date(2026, 1, 15)
    assert lifecycle.cooldown_until(ended, outcome, source=source, ground=ground) == until
