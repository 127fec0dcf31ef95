"""The accreditation of a base: what the public sees and what coverage counts."""

import json
from datetime import datetime
from typing import Any, Final

from accreditation import lifecycle
from accreditation.deadlines import Span, Unit, due
from accreditation.errors import Refusal
from accreditation.facts import Facts
from accreditation.lifecycle import Machine
from accreditation.plaque import Plaque
from services.access import Actor, Denied, Permission
from services.actions.case_facts import calendar, day_of
from services.actions.results import rubric_of
from services.db import Conn, audit, bases, cases, notices

_NONE: Final = "none"


async def admit(conn: Conn, system: Actor, case: cases.Case, *, now: datetime) -> int:
    """Accredits the base of a case that ended admitted: plaque number, term, the county's gap closed.

    Part of the case's own transaction: there is never the one without the other.
    """
    today = day_of(now)
    known = await calendar(conn)
    facts = Facts(today=today, calendar=known, since=today, kind=case.kind, outcome=case.outcome)
    step = lifecycle.move(Machine.ACCREDITATION, _NONE, "admit", facts, "system")
    span = next(one.given["span"] for one in step.effects if one.name == "set_term")
    term = due(today, span["n"], Unit(span["unit"]), known)
    await notices.take_county.run(conn, case.county)
    prefix = f"YP-{case.county}-{today.year}-"
    serial = 1 + await notices.plaques_in.value(conn, case.county, prefix)
    plaque = str(Plaque(case.county, today.year, serial))
    made: int = await notices.accredit.value(
        conn,
        case.base_id,
        case.county,
        case.id,
        case.decided_by,
        step.target,
        plaque,
        today,
        term.on,
        case.simulated,
    )
    await _log(conn, system, made, case, step, "system", "", now, plaque=plaque)
    await notices.close_gap.run(conn, case.county, now)
    return made


async def move(
    conn: Conn,
    actor: Actor,
    role: str,
    accreditation_id: int,
    event: str,
    facts: Facts,
    *,
    reason: str,
    now: datetime,
) -> lifecycle.Move:
    """Takes one step of an accreditation; a county that loses its last active base gets its gap in
    the same transaction, and the gap never stops the step. Raises NotFound, IllegalMove, GuardNotMet.
    """
    found = await notices.lock_accreditation.one(conn, accreditation_id)
    await notices.take_county.run(conn, found.county)
    step = lifecycle.move(Machine.ACCREDITATION, found.state, event, facts, role)
    ended = step.target == "ended"
    await notices.set_accreditation.run(
        conn, found.id, step.target, now if ended else None, step.outcome if ended else None
    )
    case = await cases.by_id.one(conn, found.case_id)
    await _log(conn, actor, found.id, case, step, role, reason, now)
    await _mind_the_gap(conn, found.county, f"{event}:{found.plaque_number}", now)
    return step


async def _mind_the_gap(conn: Conn, county: str, cause: str, now: datetime) -> None:
    """Opens the county's gap when no active base is left there, closes it when one is back."""
    if not await notices.counts.value(conn, county):
        return
    if await notices.active_in.value(conn, county):
        await notices.close_gap.run(conn, county, now)
    else:
        await notices.open_gap.run(conn, county, now, cause)


async def after_failed_review(
    conn: Conn, system: Actor, case: cases.Case, sanction: str | None, *, now: datetime
) -> None:
    """What a failed review does to the accreditation: suspended, or given notice."""
    live = await notices.accreditation.first(conn, case.base_id)
    if live is None or live.state == "ended":
        return
    event = {"suspend": "suspend_failed_review", "notice": "notice_failed_review"}.get(
        sanction or ""
    )
    if event is None:
        raise Refusal("请写明处理方式：暂停或者告知撤销")
    if event == "suspend_failed_review" and live.state != "active":
        return
    today = day_of(now)
    facts = Facts(
        today=today,
        calendar=await calendar(conn),
        since=today,
        kind=case.kind,
        outcome="failed",
        sanction=sanction,
    )
    await move(conn, system, "system", live.id, event, facts, reason="", now=now)


async def extend(conn: Conn, case: cases.Case, span: Span) -> None:
    """A passed renewal extends the term from where it ends."""
    live = await notices.accreditation.first(conn, case.base_id)
    if live is not None and live.state != "ended":
        later = due(live.valid_to, span.n, span.unit, await calendar(conn))
        await notices.extend_term.run(conn, live.id, later.on)


async def suspend_on_veto(
    conn: Conn, actor: Actor, base_id: int, *, veto: str, reason: str, now: datetime
) -> int:
    """Suspends a base on a veto, at any time; returns the base.

    Raises NotFound, Denied, IllegalMove, GuardNotMet, Refusal.
    """
    base = await bases.by_id.one(conn, base_id)
    actor.require(Permission.CASE_REVIEW, county=base.county)
    role = next((one for one in actor.roles if one in ("city_staff", "province_staff")), None)
    live = await notices.accreditation.first(conn, base.id)
    if role is None or live is None:
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    if not reason.strip():
        raise Refusal("请写明暂停的依据")
    case = await cases.by_id.one(conn, live.case_id)
    rubric = await rubric_of(conn, case)
    today = day_of(now)
    facts = Facts(
        today=today,
        calendar=await calendar(conn),
        since=today,
        reasons=reason,
        vetoes={v.id: frozenset(v.effect) for v in rubric.vetoes if v.id == veto},
    )
    await move(conn, actor, role, live.id, "suspend", facts, reason=reason, now=now)
    return base.id


async def _log(
    conn: Conn,
    actor: Actor,
    accreditation_id: int,
    case: cases.Case,
    step: lifecycle.Move,
    role: str,
    reason: str,
    now: datetime,
    **detail: Any,
) -> None:
    await notices.accreditation_log.run(
        conn,
        accreditation_id,
        now,
        actor.user,
        role,
        case.lifecycle_version,
        step.source,
        step.event,
        step.target,
        reason,
        json.dumps(detail, ensure_ascii=False),
    )
    await audit.write(
        conn,
        actor,
        f"accreditation:{step.event}",
        "accreditation",
        accreditation_id,
        at=now,
        area=case.county,
        source=step.source,
        target=step.target,
        case=case.id,
        **detail,
    )
