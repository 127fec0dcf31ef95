"""What the lifecycle's guards ask for, read from the database: one place, so that a page that says
why a step can't be taken and the step itself never disagree."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from accreditation import draw, lifecycle
from accreditation.deadlines import Span, Unit, WorkCalendar
from accreditation.errors import Words
from accreditation.facts import Facts
from accreditation.rubric import Rubric
from services.actions import results
from services.db import Conn, bases, cases, notices, reference, sheets
from services.i18n import N_, _, language

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# What an application must hold. Our default after Guangxi 2022/2024 and Shaanxi 2017; to be confirmed.
DOCUMENTS: Final = tuple(lifecycle.load()["documents"])
OTHER_DOCUMENTS: Final = {"evidence": N_("指标佐证材料"), "finding": N_("整改材料")}
# Which members judge in a state; everyone else who took part is involved.
_JUDGES: Final = {"public_notice": "review_group", "closed": "appeal", "appeal": "appeal"}


def document_names() -> dict[str, str]:
    """What each kind of document is called, in the reader's language."""
    asked = {kind: lifecycle.label("documents", kind, language()) for kind in DOCUMENTS}
    return asked | {kind: _(text) for kind, text in OTHER_DOCUMENTS.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What the one who takes a step says with it."""

    reason: str = ""
    missing: tuple[str, ...] = ()  # kinds of documents, when an application is returned
    reply: str = ""
    answer: str = ""  # to the base's reply, or to an objection
    correctable: bool = False
    sanction: str | None = None
    objector: str = ""
    evidence: str = ""
    objection: int | None = None

    def detail(self) -> dict[str, object]:
        """What the log keeps beside the reason. No personal value."""
        told = {
            "missing": list(self.missing),
            "answer": self.answer,
            "correctable": self.correctable,
            "sanction": self.sanction,
            "objection": self.objection,
        }
        return {name: value for name, value in told.items() if value}


NOTHING: Final = Said()


def day_of(at: datetime) -> date:
    """The civil day in Henan."""
    return at.astimezone(SHANGHAI).date()


async def calendar(conn: Conn) -> WorkCalendar:
    """The legal calendar as it stands in the database."""
    days = await reference.calendar.all(conn)
    return WorkCalendar(
        days_off=frozenset(d.day for d in days if not d.working),
        days_made_up=frozenset(d.day for d in days if d.working),
        known_years=frozenset(d.day.year for d in days),
    )


def entered(case: cases.Case, log: Sequence[cases.Step]) -> datetime:
    """When the case came into its present state; staying there does not count."""
    came = [step.at for step in log if step.target == case.state and step.source != step.target]
    return came[-1] if came else case.opened_at


async def gather(
    conn: Conn, case: cases.Case, *, user: int | None, today: date, said: Said = NOTHING
) -> Facts:
    """Everything known about a case on `today`, with what `user` says now."""
    log = await cases.history.all(conn, case.id)
    since = entered(case, log)
    members = await cases.members.all(conn, case.id)
    checks = await cases.checks.all(conn, case.id)
    rubric = await results.rubric_of(conn, case)
    base = await bases.by_id.one(conn, case.base_id)
    here = [check for check in checks if check.state == case.state and check.at >= since]
    clear = {check.what: check for check in here if check.clear}
    now_in = [m for m in members if m.until is None]
    judges = _JUDGES.get(case.state, "panel")
    findings = await cases.findings.all(conn, case.id)
    open_findings = [one for one in findings if one.closed_at is None]
    documents = await cases.documents.all(conn, case.id)
    result = await sheets.result.first(conn, case.id)
    dates = await notices.of_case.first(conn, case.id)
    visit = next((c for c in reversed(checks) if c.what == "visit"), None)
    recusal = {c.by_user: c.clear for c in checks if c.what == "recusal"}
    scored = [item.item_id for item in await cases.self_scores.all(conn, case.id)]
    differing = await results.undecided(conn, case) if case.state == "moderation" else ()
    objections = await notices.objections.all(conn, case.id)
    accreditation = await notices.accreditation.first(conn, case.base_id)
    return Facts(
        today=today,
        calendar=await calendar(conn),
        since=day_of(since),
        added=_added(log, since),
        kind=case.kind,
        base=str(case.base_id),
        base_county=case.county,
        credit_code=base.credit_code,
        documents_missing=missing_documents(documents) if case.kind == "admission" else (),
        items_unscored=_unscored(rubric, case, scored),
        cooldown_until=await _cooldown(conn, case),
        completeness_checked="completeness" in clear,
        missing_listed=said.missing,
        reviewers=frozenset(
            str(one) for one in {*(c.by_user for c in here if c.clear), user} if one is not None
        ),
        vetoes_unchecked=()
        if "vetoes" in clear
        else tuple(Words(v.zh, v.en) for v in rubric.vetoes),
        premises_looked_at_on=day_of(clear["premises"].at) if "premises" in clear else None,
        decided_by=case.decided_by,
        reasons=said.reason,
        statements_given=_statements(case, log),
        reply=said.reply or _last_reply(case, log),
        reply_answered=said.answer,
        assessors=await _assessors(conn, case, now_in),
        advisers=frozenset(str(m.user_id) for m in members if m.part == "adviser"),
        recused=frozenset(str(user_id) for user_id, fine in recusal.items() if not fine),
        recusals_cleared=frozenset(str(user_id) for user_id, fine in recusal.items() if fine),
        visit_on=date.fromisoformat(visit.note) if visit and visit.clear else None,
        desk_review=visit is not None and not visit.clear,
        sheets=await results.locked(conn, case, now_in),
        agreed_by=frozenset(str(c.by_user) for c in here if c.what == "agreed" and c.clear),
        items_without_reason=differing,
        panel=frozenset(str(m.user_id) for m in now_in if m.part == judges),
        involved=frozenset(str(m.user_id) for m in members if m.part != judges),
        grade=result.grade if result else None,
        minima_unmet=tuple(json.loads(result.sections)["minima_unmet"]) if result else None,
        vetoes=_vetoes(rubric, result.vetoes) if result else None,
        findings_open=len(open_findings),
        correctable=said.correctable,
        rectifications=sum(step.event == "require_rectification" for step in log),
        sanction=said.sanction or _last_sanction(log),
        findings_without_evidence=tuple(
            one.text
            for one in open_findings
            if not any(d.kind == "finding" and d.item_id == str(one.id) for d in documents)
        ),
        extensions=sum(step.event == "extend" for step in log),
        verified_on_site_on=day_of(clear["premises"].at) if "premises" in clear else None,
        items_to_rescore=()
        if "rescored" in clear
        else tuple(one.item_id or one.text for one in open_findings) or ("—",),
        objector=said.objector,
        objection_evidence=int(bool(said.evidence)),
        objections_open=await notices.open_objections.value(conn, dates.id) if dates else 0,
        objections_upheld=sum(one.upheld is True for one in objections),
        new_facts=said.reason if case.state == "public_notice" else "",
        answer_published_on=today if said.answer.strip() else None,
        outcome=case.outcome,
        appeals=sum(step.event == "appeal" for step in log),
        was_scored=result is not None,
        accreditation=accreditation.state if accreditation else "none",
        level=accreditation.level if accreditation else None,
        term_ends=accreditation.valid_to if accreditation else None,
    )


def missing_documents(documents: Iterable[cases.Document]) -> tuple[str, ...]:
    """The kinds of documents that an application still lacks."""
    have = {one.kind for one in documents}
    return tuple(kind for kind in DOCUMENTS if kind not in have)


def _unscored(rubric: Rubric, case: cases.Case, scored: Sequence[str]) -> tuple[str, ...]:
    """Items that the base has yet to score itself; what the records give it need not."""
    stage = results.stage_of(case.kind)
    asked = (item for item in rubric.at(stage) if not results.by_records(item, stage))
    return tuple(item.id for item in asked if item.id not in scored)


def _added(log: Sequence[cases.Step], since: datetime) -> Span | None:
    extended = any(step.event == "extend" and step.at >= since for step in log)
    return Span(3, Unit.MONTHS) if extended else None


def _statements(case: cases.Case, log: Sequence[cases.Step]) -> int:
    """Draft refusals given in this state since the case last came here from somewhere new."""
    count = 0
    for step in log:
        if step.target == case.state and not step.source.endswith("_statement"):
            count = 0
        if step.source == case.state and step.event == "propose_refusal":
            count += 1
    return count


def _last_reply(case: cases.Case, log: Sequence[cases.Step]) -> str:
    replies = [s.reason for s in log if s.event == "reply" and s.target == case.state]
    return replies[-1] if replies else ""


def _last_sanction(log: Sequence[cases.Step]) -> str | None:
    named = [json.loads(step.detail).get("sanction") for step in log]
    return next((one for one in reversed(named) if one), None)


def _vetoes(rubric: Rubric, flagged: Sequence[str]) -> dict[str, frozenset[str]]:
    return {v.id: frozenset(v.effect) for v in rubric.vetoes if v.id in flagged}


async def _assessors(
    conn: Conn, case: cases.Case, members: Sequence[cases.Member]
) -> tuple[draw.Assessor, ...]:
    serving = {m.user_id for m in members if m.part == "assessor"}
    pool = await pool_of(conn, case.base_id)
    return tuple(one for one in pool if int(one.id) in serving)


async def pool_of(conn: Conn, base: int) -> tuple[draw.Assessor, ...]:
    """Every active assessor, with what ties them to the base."""
    ties = await cases.ties.all(conn, base)
    return tuple(
        draw.Assessor(
            str(one.user_id),
            one.county,
            tuple(
                draw.Tie(str(base), tie.kind, tie.ended_on)
                for tie in ties
                if tie.user_id == one.user_id
            ),
        )
        for one in await cases.assessors.all(conn)
    )


async def _cooldown(conn: Conn, case: cases.Case) -> date | None:
    """The first day on which the base may apply again; None if nothing holds it."""
    ends = [
        lifecycle.cooldown_until(day_of(one.closed_at), one.outcome)
        for one in await cases.of_base.all(conn, case.base_id)
        if one.closed_at and one.outcome and one.kind == "admission" and one.id != case.id
    ]
    last = await notices.accreditation.first(conn, case.base_id)
    if last and last.ended_at and last.outcome:
        ends.append(lifecycle.cooldown_until(day_of(last.ended_at), last.outcome))
    return max(ends, default=None)
