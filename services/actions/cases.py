"""The one way to move a case: lock it, ask the lifecycle, store state, log, clocks and audit row."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import asyncpg

from accreditation import lifecycle, scoring
from accreditation.deadlines import Span, Unit
from accreditation.errors import IllegalMove, Refusal
from accreditation.facts import Facts
from accreditation.lifecycle import Clause, Machine, Option
from accreditation.rubric import Rubric
from services.access import ROLES, Actor, Denied, Grant, Permission, Scope
from services.actions import accreditations, results
from services.actions.case_facts import NOTHING, Said, day_of, gather
from services.db import Conn, audit, bases, cases, notices, sheets
from services.db.context import speak_for
from services.db.query import NotFound

# The program itself. It sees the whole province, is no person, and says so in the log.
SYSTEM: Final = Actor(None, (Grant("system", "410000"),))
_PARTS: Final = {
    "assessor": ("assessor", "third_assessor"),
    "moderator": ("moderator",),
    "panel_member": ("panel",),
    "review_group": ("review_group",),
    "appeal_member": ("appeal",),
}


@dataclass(frozen=True, slots=True)
class Open:
    """A step of the present state: who takes it, until when, and what is still in its way."""

    option: Option
    role: str
    mine: bool  # the asker may take it, once nothing is in its way


@asynccontextmanager
async def as_system(conn: Conn, actor: Actor) -> AsyncIterator[Actor]:
    """The program's own voice for a part of the transaction, then the asker's again."""
    system = replace(SYSTEM, request_id=actor.request_id)
    await speak_for(conn, system)
    try:
        yield system
    except Refusal:
        await speak_for(conn, actor)
        raise
    await speak_for(conn, actor)


async def open_application(conn: Conn, actor: Actor, base_id: int, *, now: datetime) -> int:
    """Opens an application for admission; returns the case. Raises NotFound, Denied, Refusal."""
    base = await bases.by_id.one(conn, base_id)
    actor.require(Permission.BASE_APPLY, base=base.id)
    live = await notices.accreditation.first(conn, base.id)
    if live is not None and live.state != "ended":
        raise Refusal("这个基地已经挂牌，不需要重新申请")
    return await _open(conn, actor, base, "admission", now=now)


async def open_review(conn: Conn, actor: Actor, base_id: int, kind: str, *, now: datetime) -> int:
    """Opens a review of an accredited base. Raises NotFound, Denied, Refusal."""
    base = await bases.by_id.one(conn, base_id)
    if "system" not in actor.roles:
        actor.require(Permission.CASE_SCHEDULE, county=base.county)
    if kind not in lifecycle.load()["machines"]["case"]["review_kinds"]:
        raise Refusal("请选择评估类型")
    live = await notices.accreditation.first(conn, base.id)
    if live is None or live.state == "ended":
        raise Refusal("只能对已挂牌的基地开展评估考核")
    return await _open(conn, actor, base, kind, now=now)


async def _open(conn: Conn, actor: Actor, base: bases.Base, kind: str, *, now: datetime) -> int:
    rubric = await cases.rubric_in_force.one(conn, day_of(now), base.county)
    try:
        case_id: int = await cases.open_.value(
            conn,
            base.id,
            base.county,
            kind,
            lifecycle.decided_by("province"),
            lifecycle.initial(Machine.CASE, kind),
            rubric.id,
            rubric.version,
            lifecycle.load()["version"],
            now,
            base.simulated,
        )
    except asyncpg.UniqueViolationError:
        raise Refusal("这个基地已有一件同类的办件没有办结") from None
    await audit.write(conn, actor, f"case:open_{kind}", "case", case_id, at=now, area=base.county)
    case = await cases.by_id.one(conn, case_id)
    facts = await gather(conn, case, user=actor.user, today=day_of(now))
    await _start_clocks(conn, case, facts)
    return case_id


async def roles_in(conn: Conn, actor: Actor, case: cases.Case) -> tuple[str, ...]:
    """The roles in which the actor takes part in this case, by grant, area and membership."""
    if "system" in actor.roles:
        return ("system",)
    above = {row.ancestor for row in await cases.above.all(conn, case.county)}
    parts = {
        m.part
        for m in await cases.members.all(conn, case.id)
        if m.user_id == actor.user and m.until is None
    }
    found: list[str] = []
    for grant in actor.grants:
        role = ROLES[grant.role]
        fits = {
            Scope.BASE: grant.base == case.base_id,
            Scope.AREA: grant.area in above,
            Scope.CASE: bool(parts & set(_PARTS.get(role.key, ()))),
        }
        if fits.get(role.scope, False):
            found.append(role.key)
    # 济源 419001 has no city above it: what the city does elsewhere, the province does there.
    if "province_staff" in found and not await cases.has_city.value(conn, case.county):
        found.append("city_staff")
    return tuple(dict.fromkeys(found))


def _clause(state: str, event: str) -> Clause:
    try:
        return lifecycle.clause(Machine.CASE, state, event)
    except KeyError:
        raise IllegalMove(
            "现在的状态是“{state}”，不能“{event}”",
            state=lifecycle.state_words(Machine.CASE, state),
            event=lifecycle.words("events", event),
        ) from None


async def move(
    conn: Conn,
    actor: Actor,
    case_id: int,
    event: str,
    *,
    now: datetime,
    said: Said = NOTHING,
) -> cases.Case:
    """Takes one step of a case and returns the case as it stands after it.

    In the caller's transaction; two who move at once stand in line, and the second meets the new
    state. Raises NotFound, Denied, IllegalMove, GuardNotMet.
    """
    case = await cases.lock.one(conn, case_id)
    clause = _clause(case.state, event)
    role = next(
        (one for one in await roles_in(conn, actor, case) if one in clause.actors),
        "anyone" if "anyone" in clause.actors else None,
    )
    if role is None:
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    facts = await gather(conn, case, user=actor.user, today=day_of(now), said=said)
    step = lifecycle.move(Machine.CASE, case.state, event, facts, role)
    await _store(conn, actor, case, step, role, said, now)
    moved = replace(
        case,
        state=step.target,
        outcome=_outcome(case, step),
        closed_at=now if step.target == "closed" else None,
        version=case.version + 1,
    )
    await _keep_time(conn, moved, step, facts, now)
    await _bring_about(conn, actor, moved, step, facts, now)
    return moved


def _outcome(case: cases.Case, step: lifecycle.Move) -> str | None:
    if step.target == "closed":
        return step.outcome or case.outcome
    return case.outcome if step.target == "appeal" else None


async def _store(
    conn: Conn,
    actor: Actor,
    case: cases.Case,
    step: lifecycle.Move,
    role: str,
    said: Said,
    now: datetime,
) -> None:
    reason = said.reply if step.event == "reply" else said.reason
    detail = said.detail()
    for effect in step.effects:
        if effect.name == "set_sanction":
            detail["sanction"] = effect.given["sanction"]
    await cases.set_state.run(
        conn,
        case.id,
        step.target,
        _outcome(case, step),
        now if step.target == "closed" else None,
    )
    await cases.log.run(
        conn,
        case.id,
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
        f"case:{step.event}",
        "case",
        case.id,
        at=now,
        area=case.county,
        acting_as=role,
        source=step.source,
        target=step.target,
    )


async def _keep_time(
    conn: Conn, case: cases.Case, step: lifecycle.Move, facts: Facts, now: datetime
) -> None:
    """Stops the clocks of the state that was left and starts those of the new one."""
    if not step.restarts_clock and not any(one.name == "add_time" for one in step.effects):
        return
    await cases.stop_clocks.run(conn, case.id, now)
    if step.restarts_clock:
        facts = replace(facts, since=day_of(now), added=None)
    else:
        span = next(one.given["span"] for one in step.effects if one.name == "add_time")
        facts = replace(facts, added=Span(span["n"], Unit(span["unit"])))
    await _start_clocks(conn, case, facts)


async def _start_clocks(conn: Conn, case: cases.Case, facts: Facts) -> None:
    started: set[tuple[object, ...]] = set()
    for clause in lifecycle.clauses(Machine.CASE):
        due = clause.due(facts)
        if case.state not in clause.sources or due is None or clause.within is None:
            continue
        if (
            clause.target == case.state
            or clause.event == "appeal"
            or "review_group" in clause.actors
        ):
            continue  # what may happen, not what somebody has to do
        key = (clause.actors, clause.within, clause.timer)
        if key in started:
            continue
        started.add(key)
        await cases.start_clock.run(
            conn,
            case.id,
            None,
            clause.event,
            facts.since,
            clause.within.n,
            clause.within.unit.value,
            due.on,
            clause.timer,
            due.published,
        )


async def _bring_about(
    conn: Conn, actor: Actor, case: cases.Case, step: lifecycle.Move, facts: Facts, now: datetime
) -> None:
    """What a step brings about beyond the case's own state, in the same transaction."""
    today = day_of(now)
    if step.event == "assessors_ready":
        await _hand_out_sheets(conn, actor, case)
    elif step.target == "decision" and step.source in ("scoring", "moderation"):
        async with as_system(conn, actor):
            await results.settle(conn, case, now=now, today=today)
    elif step.event == "verified":
        await cases.close_findings.run(conn, case.id, now)
    elif step.target == "public_notice" and step.source != "public_notice":
        over = lifecycle.clause(Machine.CASE, "public_notice", "notice_over")
        last = over.due(replace(facts, since=today, added=None))
        await notices.publish.value(conn, case.id, today, last.on if last else today, now)
    for effect in step.effects:
        if effect.name == "record_finding":
            text = lifecycle.label("events", step.event)
            await cases.add_finding.run(conn, case.id, None, "concern", text, None)
        elif effect.name == "fire":
            async with as_system(conn, actor) as system:
                await accreditations.admit(conn, system, case, now=now)
        elif effect.name == "extend_term":
            span = effect.given["span"]
            await accreditations.extend(conn, case, Span(span["n"], Unit(span["unit"])))
    if step.outcome == "failed":
        sanction = facts.sanction or _named_sanction(step)
        async with as_system(conn, actor) as system:
            await accreditations.after_failed_review(conn, system, case, sanction, now=now)


def _named_sanction(step: lifecycle.Move) -> str | None:
    return next((e.given["sanction"] for e in step.effects if e.name == "set_sanction"), None)


async def _hand_out_sheets(conn: Conn, actor: Actor, case: cases.Case) -> None:
    """An empty sheet for each assessor, at once: with none yet, one could look at the other's."""
    async with as_system(conn, actor):
        every = await sheets.of_case.all(conn, case.id)
        last = max((one.round for one in every), default=1)
        if await sheets.result.first(conn, case.id) is not None and every:
            last += 1  # sent back to be scored anew
        have = {one.assessor_id for one in every if one.round == last}
        for member in await cases.members.all(conn, case.id):
            if member.part == "assessor" and member.until is None and member.user_id not in have:
                await sheets.add.run(conn, case.id, member.user_id, last)


@dataclass(frozen=True, slots=True)
class Settled:
    """A case's result as it is shown: what is stored, and the score of its final items."""

    case: cases.Case
    stored: sheets.Result
    finals: Mapping[str, sheets.Final]  # by item
    rubric: Rubric
    scored: scoring.Result


async def settled(conn: Conn, actor: Actor, case_id: int) -> Settled:
    """The result of a case in which the actor takes part. Raises NotFound, Refusal."""
    case = await cases.by_id.one(conn, case_id)
    if not await roles_in(conn, actor, case):
        raise NotFound("没有找到，或者您无权查看")
    stored = await sheets.result.first(conn, case.id)
    if stored is None:
        raise Refusal("还没有评估结果")
    finals = {one.item_id: one for one in await sheets.finals.all(conn, case.id)}
    rubric = await results.rubric_of(conn, case)
    scored = await results.final(conn, case, rubric, stored.vetoes)
    return Settled(case, stored, finals, rubric, scored)


async def open_steps(
    conn: Conn, actor: Actor, case: cases.Case, *, today: date
) -> tuple[list[Open], Facts]:
    """Every step of the present state that a person takes, with what is in its way."""
    facts = await gather(conn, case, user=actor.user, today=today)
    mine = await roles_in(conn, actor, case)
    found: list[Open] = []
    for clause in lifecycle.clauses(Machine.CASE):
        if case.state not in clause.sources or clause.actors & {"system", "anyone"}:
            continue
        role = next((one for one in mine if one in clause.actors), None)
        option = Option(
            clause.event, clause.target, clause.due(facts), lifecycle.unmet(clause, facts)
        )
        found.append(Open(option, role or min(clause.actors), role is not None))
    return found, facts


async def system_steps(conn: Conn, system: Actor, case_id: int, *, now: datetime) -> int:
    """Takes every step that the program itself may take now; returns how many. Idempotent."""
    taken = 0
    while True:
        case = await cases.lock.one(conn, case_id)
        facts = await gather(conn, case, user=None, today=day_of(now))
        ready = next(
            (
                clause.event
                for clause in lifecycle.clauses(Machine.CASE)
                if case.state in clause.sources
                and "system" in clause.actors
                and clause.event != "accreditation_ended"
                and not lifecycle.unmet(clause, facts)
            ),
            None,
        )
        if ready is None:
            return taken
        await move(conn, system, case_id, ready, now=now)
        taken += 1
