"""Assessors, their blind sheets, reviews that are over, and cases that are under way."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from accreditation import lifecycle
from accreditation.deadlines import due
from accreditation.rubric import Stage
from accreditation.scoring import Result
from services.reference.loader import legal_calendar
from services.simulator import measures as m
from services.simulator.bases import (
    ADMITTED,
    Base,
    admit,
    finish,
    log_accreditation,
    open_case,
    record_measures,
    walk,
)
from services.simulator.book import Book, noon
from services.simulator.scales import counties, streams

REVIEWED: Final = ["self_evaluate", "assessors_ready", "scores_agree", "pass"]
DISPUTED: Final = ["self_evaluate", "assessors_ready", "scores_differ", "settle", "pass"]
UNDER_WAY: Final = (
    ["submit"], ["submit"], ["submit", "return"], ADMITTED[:2], ADMITTED[:2], ADMITTED[:3],
    ADMITTED[:4], ADMITTED[:5], ADMITTED[:5], ADMITTED[:6], ADMITTED[:6], ADMITTED[:7],
    ADMITTED[:8], ADMITTED[:8], [*ADMITTED[:6], "scores_differ"],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judge:
    user: int
    county: int
    severity: float


def draw_history(
    seed: int, bases: list[Base], judges: list[Judge], panel: list[int], today: date, book: Book
) -> None:
    """Admission, two yearly reviews, and the present standing of every base that is not new."""
    (rng,) = streams(seed, "reviews")
    for base in bases:
        admit(book, base, rng, today)
        before = today - timedelta(days=int(rng.integers(420, 560)))
        earlier = record_measures(base, today.year - 1, book)
        base.previous = _review(book, base, rng, before, [], panel, earlier, kept=False)
        pair = _pair(rng, base, judges)
        recent = today - timedelta(days=int(rng.integers(75, 150)))
        records = record_measures(base, today.year, book)
        base.latest = _review(book, base, rng, recent, pair, panel, records)
        base.grade = base.latest.grade.code if base.latest else ""
        _standing(book, base, rng, today)


def _pair(rng: np.random.Generator, base: Base, judges: list[Judge]) -> list[Judge]:
    away = [j for j in judges if j.county != base.county]
    return [away[i] for i in rng.permutation(len(away))[:2].tolist()]


def _review(
    book: Book, base: Base, rng: np.random.Generator, day: date, pair: list[Judge],
    panel: list[int], records: m.Measures, *, kept: bool = True,
) -> Result | None:  # fmt: skip
    true = m.judge(rng, base.quality, m.judged(), 18)
    failed = m.settle(true | records, Stage.OPERATION).grade.code == "fail"
    if failed and not kept:
        return None
    case = open_case(book, base, "annual_review", day)
    sheets = [_sheet(book, case["id"], rng, base, j, true, day + timedelta(days=8)) for j in pair]
    differ = [i.id for i in m.judged() if len({repr(s[i.id]) for s in sheets}) > 1]
    events = DISPUTED if len(differ) > 9 else REVIEWED
    origins = dict.fromkeys(differ, "moderated")
    if failed:
        events = [*events[:-1], "propose_refusal", "no_reply"]
    _, end = walk(book, case["id"], "annual_review", events, day)
    if failed:  # 30 days to reply
        end += timedelta(days=26)
        book.tables["case_log"][-1]["at"] = noon(end)
    result = finish(
        book, case, true | records, Stage.OPERATION, end, "failed" if failed else "passed", origins
    )
    if pair:
        _members(book, case["id"], [j.user for j in pair], "assessor", day)
        _members(book, case["id"], panel, "panel", day)
    return result


def _members(book: Book, case: int, users: list[int], part: str, day: date) -> None:
    for user in users:
        book.note(
            "case_member", case_id=case, user_id=user, part=part, since=noon(day), until=None,
            reason="模拟抽取",
        )  # fmt: skip


def _sheet(
    book: Book, case: int, rng: np.random.Generator, base: Base, judge: Judge,
    true: m.Measures, day: date, *, locked: bool = True, share: float = 1.0,
) -> m.Measures:  # fmt: skip
    """One blind sheet: what is there, seen by someone stricter or milder, with noise."""
    seen = m.judge(rng, float(np.clip(base.quality + judge.severity, 0, 1)), m.judged(), 18)
    doubt = 0.12 + 2.0 * abs(judge.severity)
    scored = {
        code: seen[code] if rng.random() < doubt else true[code]
        for code in true
        if rng.random() < share
    }
    number = book.add(
        "score_sheet", case_id=case, assessor_id=judge.user, round=1,
        locked_at=noon(day, 300) if locked else None, version=1,
    )  # fmt: skip
    for at, (code, measure) in enumerate(scored.items()):
        book.note(
            "score_entry", sheet_id=number, item_id=code, measure=measure, not_applicable=False,
            reason="模拟：现场查看与材料核对", at=noon(day, at),
        )  # fmt: skip
    return scored if share == 1.0 else true


def _standing(book: Book, base: Base, rng: np.random.Generator, today: date) -> None:
    row = book.tables["accreditation"][base.admission_id - 1]
    day = today - timedelta(days=int(rng.integers(3, 20)))
    events: list[str] = []
    if base.grade == "fail":
        events = ["suspend_failed_review"]
        if rng.random() < 0.4:
            events.append("give_notice")
    elif rng.random() < 0.02:
        events = ["leave"]
    for at, event in enumerate(events):
        row["state"] = log_accreditation(
            book, base.admission_id, row["state"], event, day + timedelta(days=at)
        )
        clause = lifecycle.clause(lifecycle.Machine.ACCREDITATION, row["state"], "lift") if (
            row["state"] == "suspended" and at == len(events) - 1
        ) else None  # fmt: skip
        if clause and clause.within:
            _clock(book, "suspension_overdue", clause.within, day, accreditation=base.admission_id)
    if row["state"] == "ended":
        row |= {"ended_at": noon(day), "outcome": "withdrawn"}


def _clock(
    book: Book, event: str, within: Any, day: date, *,
    case: int | None = None, accreditation: int | None = None, fires: bool = True,
) -> None:  # fmt: skip
    known = legal_calendar()
    last = due(day, within.n, within.unit, known)
    book.add(
        "clock", case_id=case, accreditation_id=accreditation, event=event, started_on=day,
        n=within.n, unit=within.unit.value, due_on=last.on, fires=fires,
        calendar_known=last.published, stopped_at=None,
    )  # fmt: skip


def draw_open_cases(
    seed: int, bases: list[Base], judges: list[Judge], today: date, book: Book
) -> list[int]:
    """Admissions under way in every state, one a base; returns their case ids."""
    (rng,) = streams(seed, "open-cases")
    out: list[int] = []
    for base, events in zip(bases, UNDER_WAY, strict=False):
        start = today - timedelta(days=5 * len(events) - 2)
        case = open_case(book, base, "admission", start)
        state, day = walk(book, case["id"], "admission", events, start)
        case["state"] = state
        items = tuple(m.rubric().at(Stage.ADMISSION))
        true = m.judge(rng, base.quality, items, 18)
        for item in items:
            book.note(
                "self_score", case_id=case["id"], item_id=item.id, measure=true[item.id],
                note="模拟自评", at=noon(start),
            )  # fmt: skip
        if "assessors_ready" in events:
            pair = _pair(rng, base, judges) if len(out) > 9 else judges[:2]
            _members(book, case["id"], [j.user for j in pair], "assessor", day)
            done = state != "scoring"
            for judge in pair:
                share = 1.0 if done else 0.4
                _sheet(book, case["id"], rng, base, judge, true, day, locked=done, share=share)
        if state == "public_notice":
            book.add(
                "public_notice", case_id=case["id"], starts_on=day,
                ends_on=day + timedelta(days=7), published_at=noon(day),
            )  # fmt: skip
        _case_clock(book, case, state, day)
        out.append(case["id"])
    return out


def _case_clock(book: Book, case: dict[str, Any], state: str, day: date) -> None:
    seen: set[tuple[object, ...]] = set()
    for clause in lifecycle.clauses(lifecycle.Machine.CASE):
        if state in clause.sources and clause.within:
            key = (clause.within.n, clause.within.unit, clause.timer)
            if key not in seen and (clause.timer or not seen):
                _clock(book, clause.event, clause.within, day, case=case["id"], fires=clause.timer)
            seen.add(key)


def open_gaps(book: Book, today: date) -> None:
    """A gap for each county without an active base."""
    active = {a["county"] for a in book.tables["accreditation"] if a["state"] == "active"}
    for county in counties():
        if county.code not in active:
            book.add(
                "coverage_gap", county=county.code, opened_at=noon(today - timedelta(days=30)),
                cause="模拟：没有有效基地", plan="", plan_due_on=None, closed_at=None,
            )  # fmt: skip
