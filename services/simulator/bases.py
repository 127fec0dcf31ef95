"""Simulated bases: what they are, what they did, how they were judged, and where they stand."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from accreditation import lifecycle
from accreditation.credit_code import check_sign
from accreditation.deadlines import months_later
from accreditation.plaque import Plaque
from accreditation.rubric import Stage
from accreditation.scoring import Result
from services.actions.results import sections_as_stored
from services.simulator import measures as m
from services.simulator.book import Book, name, noon, phone
from services.simulator.scales import Scale, counties, streams
from services.simulator.trades import ORDER_TRADES

KINDS: Final = (
    ("enterprise", "就业基地", "91"), ("vocational_school", "职业学校", "12"),
    ("training_institution", "培训中心", "52"), ("service_agency", "就业服务中心", "12"),
    ("special_school", "特殊教育学校", "12"),
)  # fmt: skip
_KIND_SHARE: Final = (0.32, 0.22, 0.28, 0.12, 0.06)
_CLASS_KINDS: Final = ("order", "in_post", "re_employment", "rural", "start_up")


@dataclass(slots=True)
class Base:
    id: int
    county: int  # index into counties()
    quality: float
    case_id: int = 0
    admission_id: int = 0
    grade: str = ""
    previous: Result | None = None
    latest: Result | None = None


def credit_code(head: str, county: str, serial: int) -> str:
    """A code whose check sign holds; the body 0000… is nobody's organisation number."""
    body = f"{head}{county}{serial:09d}"
    return body + check_sign(body)


def draw_bases(seed: int, scale: Scale, today: date, book: Book) -> list[Base]:
    """The bases with their classes and years; some counties stay without one."""
    rng, doing = streams(seed, "bases", "classes")
    places = _places(rng, scale)
    group = rng.choice(3, len(places), p=[0.22, 0.66, 0.12])
    middle, spread = np.array([0.9, 0.75, 0.66]), np.array([0.04, 0.03, 0.035])
    quality = np.clip(rng.normal(middle[group], spread[group]), 0.3, 1.0)
    out = []
    for serial, (where, good) in enumerate(zip(places, quality.tolist(), strict=True), 1):
        county = counties()[where]
        kind, word, head = KINDS[int(rng.choice(len(KINDS), p=_KIND_SHARE))]
        trades = [ORDER_TRADES[i].name for i in rng.permutation(len(ORDER_TRADES))[:3].tolist()]
        number = book.add(
            "base",
            name=f"{county.name}{word}（模拟{serial:03d}）",
            credit_code=credit_code(head, county.code, serial),
            kind=kind,
            county=county.code,
            address=f"{county.name}模拟路{serial}号",
            contact_name_cipher=name(900_000 + serial),
            contact_phone_cipher=phone(90_000_000 + serial),
            operating_since=today - timedelta(days=int(rng.integers(900, 5000))),
            trades=trades,
            capacity_per_year=int(rng.integers(4, 25)) * 10,
            accessible={"ramp": bool(rng.random() < good), "toilet": bool(rng.random() < good)},
            simulated=True,
            version=1,
            created_at=noon(today - timedelta(days=1300)),
        )
        base = Base(number, where, good)
        _work(doing, base, county.code, trades, today, book)
        out.append(base)
    return out


def _places(rng: np.random.Generator, scale: Scale) -> list[int]:
    order = rng.permutation(len(counties()))
    covered = np.sort(order[scale.uncovered_counties :])
    extra = rng.choice(covered, max(0, scale.bases - len(covered)))
    return sorted([*covered[: scale.bases].tolist(), *extra.tolist()])


def _work(
    rng: np.random.Generator, base: Base, county: str, trades: list[str], today: date, book: Book
) -> None:
    for year in (today.year - 1, today.year):
        trained = 0
        for _ in range(int(rng.integers(4, 8))):
            starts = date(year, 1, 10) + timedelta(days=int(rng.integers(0, 300)))
            ends = starts + timedelta(days=int(rng.integers(12, 40)))
            if ends >= today:
                continue
            kind = str(rng.choice(_CLASS_KINDS, p=[0.25 + 0.25 * base.quality, 0.2, 0.15, 0.1,
                                                   0.3 - 0.25 * base.quality]))  # fmt: skip
            size = int(rng.integers(10, 20 if base.quality > 0.7 else 34))
            trained += size
            book.add(
                "class_record",
                base_id=base.id,
                county=county,
                trade=str(rng.choice(trades)),
                kind=kind,
                order_id=None,
                starts_on=starts,
                ends_on=ends,
                entered_on=m.entered_on(rng, ends, base.quality, today),
                counts=m.class_counts(rng, base.quality, size, kind == "order"),
                simulated=True,
            )
        book.note(
            "base_year",
            base_id=base.id,
            year=year,
            counts=m.year_counts(rng, base.quality, trained),
            simulated=True,
        )


def record_measures(base: Base, year: int, book: Book) -> m.Measures:
    """The record-computed measures of a base's year, from the rows in the book."""
    classes = [
        c
        for c in book.tables["class_record"]
        if c["base_id"] == base.id and c["ends_on"].year == year
    ]
    on_time = sum(
        c["entered_on"] is not None and (c["entered_on"] - c["ends_on"]).days <= 14 for c in classes
    )
    counts = next(
        y["counts"]
        for y in book.tables["base_year"]
        if y["base_id"] == base.id and y["year"] == year
    )
    return m.from_records([c["counts"] for c in classes], on_time, counts)


def walk(
    book: Book, case: int, kind: str, events: list[str], start: date, *, actor: int | None = None
) -> tuple[str, date]:
    """Logs lawful moves of a case, a week apart; returns its state and the day it was reached."""
    machine = lifecycle.Machine.CASE
    state, day = lifecycle.initial(machine, kind), start
    for at, event in enumerate(events):
        clause = lifecycle.clause(machine, state, event)
        day = start + timedelta(days=5 * at)
        book.add(
            "case_log",
            case_id=case,
            at=noon(day, at),
            actor=actor,
            actor_role=min(clause.actors),
            lifecycle_version=lifecycle.load()["version"],
            machine="case",
            source=state,
            event=event,
            target=clause.target,
            reason="模拟数据",
            detail={},
        )
        state = clause.target
    return state, day


ADMITTED: Final = [
    "submit", "accept", "endorse", "forward", "schedule", "assessors_ready", "scores_agree",
    "propose_admission", "notice_over",
]  # fmt: skip


def open_case(book: Book, base: Base, kind: str, day: date) -> dict[str, Any]:
    """A case's row, to be completed by `finish`."""
    number = book.add(
        "accreditation_case",
        base_id=base.id,
        county=counties()[base.county].code,
        kind=kind,
        decided_by="province",
        state=lifecycle.initial(lifecycle.Machine.CASE, kind),
        outcome=None,
        rubric_id=m.rubric().id,
        rubric_version=m.rubric().version,
        lifecycle_version=lifecycle.load()["version"],
        opened_at=noon(day),
        closed_at=None,
        simulated=True,
        version=1,
    )
    return book.tables["accreditation_case"][number - 1]


def finish(
    book: Book, case: dict[str, Any], measures: m.Measures, stage: Stage, day: date,
    outcome: str, origins: dict[str, str],
) -> Result:  # fmt: skip
    """Closes a case with its final items and result; returns the result."""
    result = m.settle(measures, stage)
    for score in result.items:
        if score.item.id in measures and score.state != "not_at_stage":
            origin = (
                "records" if score.item.auto_from_data else origins.get(score.item.id, "agreed")
            )
            book.note(
                "final_item", case_id=case["id"], item_id=score.item.id,
                measure={"values": measures[score.item.id]}, not_applicable=False, origin=origin, reason="",
            )  # fmt: skip
    book.note(
        "case_result",
        case_id=case["id"],
        stage=stage.value,
        total=result.total,
        grade=result.grade.code,
        minima_met=all(seen.met for seen in result.minima if seen.minimum.grade == "pass"),
        vetoes=[],
        sections=sections_as_stored(result),
        settled_at=noon(day),
    )
    case |= {"state": "closed", "outcome": outcome, "closed_at": noon(day)}
    return result


def admit(book: Book, base: Base, rng: np.random.Generator, today: date) -> date:
    """The first admission of a base and its accreditation; returns the day it began."""
    opened = today - timedelta(days=int(rng.integers(800, 1000)))
    case = open_case(book, base, "admission", opened)
    items = tuple(i for i in m.rubric().at(Stage.ADMISSION))
    _, day = walk(book, case["id"], "admission", ADMITTED, opened)
    finish(
        book, case, m.judge(rng, min(1.0, base.quality + 0.05), items, 20), Stage.ADMISSION, day,
        "admitted", {},
    )  # fmt: skip
    base.case_id = case["id"]
    county = counties()[base.county].code
    before = sum(a["county"] == county for a in book.tables["accreditation"])
    base.admission_id = book.add(
        "accreditation",
        base_id=base.id,
        county=county,
        case_id=case["id"],
        level="province",
        state="active",
        plaque_number=str(Plaque(county, day.year, before + 1)),
        valid_from=day,
        valid_to=months_later(day, 36),
        ended_at=None,
        outcome=None,
        simulated=True,
    )
    log_accreditation(book, base.admission_id, "none", "admit", day)
    return day


def log_accreditation(book: Book, accreditation: int, state: str, event: str, day: date) -> str:
    """Logs a lawful move of an accreditation and returns its new state."""
    clause = lifecycle.clause(lifecycle.Machine.ACCREDITATION, state, event)
    book.add(
        "accreditation_log",
        accreditation_id=accreditation,
        at=noon(day),
        actor=None,
        actor_role=min(clause.actors),
        lifecycle_version=lifecycle.load()["version"],
        machine="accreditation",
        source=state,
        event=event,
        target=clause.target,
        reason="模拟数据",
        detail={},
    )
    return clause.target
