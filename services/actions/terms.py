"""Accreditations that end or change by time: terms, suspensions, notices without an appeal."""

from datetime import datetime

from accreditation import lifecycle
from accreditation.facts import Facts
from accreditation.lifecycle import Machine
from services.access import Actor
from services.actions import accreditations
from services.actions import cases as case_actions
from services.actions.case_facts import calendar, day_of
from services.db import Conn, cases, notices


async def run_out(conn: Conn, system: Actor, *, now: datetime) -> int:
    """Takes every timed step of an accreditation that is due; returns how many. Idempotent.

    The reviews of a base whose accreditation ended are closed with it, and a county that is left
    without a base gets its gap in the same transaction.
    """
    today, taken = day_of(now), 0
    known = await calendar(conn)
    for row in await notices.timed_out.all(conn, today):
        facts = Facts(
            today=today,
            calendar=known,
            since=day_of(row.since),
            accreditation=row.state,
            term_ends=row.valid_to,
            renewal_open=row.renewal_open,
            lift_requested=False,
        )
        event = next(
            (
                clause.event
                for clause in lifecycle.clauses(Machine.ACCREDITATION)
                if clause.timer
                and row.state in clause.sources
                and not lifecycle.unmet(clause, facts)
            ),
            None,
        )
        if event is None:
            continue
        step = await accreditations.move(
            conn, system, "system", row.id, event, facts, reason="", now=now
        )
        taken += 1
        if step.target == "ended":
            await _close_reviews(conn, system, row.base_id, now)
    return taken


async def _close_reviews(conn: Conn, system: Actor, base: int, now: datetime) -> None:
    for case in await cases.of_base.all(conn, base):
        if case.closed_at is None and case.kind != "admission":
            await case_actions.move(conn, system, case.id, "accreditation_ended", now=now)
