"""What the locked sheets of a case come to: each sheet's score, where they differ, the final result."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec

from accreditation import agreement, scoring
from accreditation.clauses import Clause, Tier, Tiered
from accreditation.deadlines import months_later
from accreditation.rubric import Item, Rubric, Stage, load_rubric
from services.db import Conn, cases, sheets

Values = Mapping[str, Any]
Found = Mapping[
    str, tuple[Values | None, str]
]  # by item: values, or None for "not applicable"; reason
_JSON: Final = msgspec.json.Encoder(decimal_format="number")  # 8.5 stays 8.5, never 8.499999
RECORD_MONTHS: Final = 12  # our default: a review looks at the classes of the last twelve months
_APART: Final = Decimal(
    -1
)  # beside any points it lies beyond the limits of any item that may be left out


@dataclass(frozen=True, slots=True)
class Marked:
    """One assessor's sheet: what stands on it and what it comes to."""

    sheet: sheets.Sheet
    entries: Mapping[str, sheets.Entry]
    flags: Mapping[str, str]  # veto -> reason
    result: scoring.Result


def stage_of(kind: str) -> Stage:
    """A first application is scored on what can be there before admission; a review on all."""
    return Stage.ADMISSION if kind == "admission" else Stage.OPERATION


def by_records(item: Item, stage: Stage) -> bool:
    """Whether the system's own records give the item, so that nobody types it."""
    return item.auto_from_data and stage is Stage.OPERATION


@lru_cache(maxsize=8)
def _loaded(_id: str, _version: str, body: str) -> Rubric:
    return load_rubric(body)


async def rubric_of(conn: Conn, case: cases.Case) -> Rubric:
    """The rubric that the case was opened under, whatever is in force today."""
    body = await cases.rubric_body.value(conn, case.rubric_id, case.rubric_version)
    return _loaded(case.rubric_id, case.rubric_version, body)


def read_values(text: str | None) -> Values:
    """A stored measure; its numbers are exact."""
    read: Values = json.loads(text, parse_float=Decimal) if text else {}
    return read


def write_values(values: object) -> str:
    """A measure as it is stored."""
    return _JSON.encode(values).decode()


def found_in(entries: Iterable[sheets.Entry]) -> Found:
    """The entries of a sheet by item."""
    return {
        one.item_id: (None if one.not_applicable else read_values(one.measure), one.reason)
        for one in entries
    }


async def records(conn: Conn, case: cases.Case, rubric: Rubric, today: date) -> dict[str, Values]:
    """The measures that the records give, by item; empty at admission."""
    stage = stage_of(case.kind)
    items = [item for item in rubric.at(stage) if by_records(item, stage)]
    if not items:
        return {}
    text = await sheets.from_records.value(
        conn, case.base_id, months_later(today, -RECORD_MONTHS), today
    )
    known = read_values(text)
    return {
        item.id: {v.key: known[v.key] for v in item.variables if v.key in known} for item in items
    }


def sheet_of(
    stage: Stage,
    found: Found,
    recorded: Mapping[str, Values],
    *,
    by: str,
    vetoes: Iterable[str] = (),
) -> scoring.Sheet:
    """The domain's sheet of what stands in the database; what the records give goes before."""
    typed = {item: pair for item, pair in found.items() if item not in recorded}
    return scoring.Sheet(
        stage=stage,
        measures={
            **{item: values for item, (values, _) in typed.items() if values is not None},
            **recorded,
        },
        not_applicable={
            item: scoring.NotApplicable(reason, by)
            for item, (values, reason) in typed.items()
            if values is None
        },
        from_records=frozenset(recorded),
        vetoes=frozenset(vetoes),
    )


async def marked(conn: Conn, case: cases.Case, sheet: sheets.Sheet, today: date) -> Marked:
    """A sheet with its score as it stands. Row security decides whether the asker may see it."""
    rubric = await rubric_of(conn, case)
    entries = await sheets.entries.all(conn, sheet.id)
    flags = {one.veto_id: one.reason for one in await sheets.flags.all(conn, sheet.id)}
    recorded = await records(conn, case, rubric, today)
    scored = scoring.score(
        rubric,
        sheet_of(
            stage_of(case.kind),
            found_in(entries),
            recorded,
            by=str(sheet.assessor_id),
            vetoes=flags,
        ),
    )
    return Marked(sheet, {one.item_id: one for one in entries}, flags, scored)


async def locked_marks(
    conn: Conn, case: cases.Case, members: Sequence[cases.Member], today: date
) -> tuple[Marked, ...]:
    """The locked sheets of the present round, of those who still serve."""
    serving = {m.user_id for m in members if m.part in ("assessor", "third_assessor")}
    every = await sheets.of_case.all(conn, case.id)
    last = max((one.round for one in every), default=0)
    return tuple(
        [
            await marked(conn, case, one, today)
            for one in every
            if one.round == last and one.locked_at is not None and one.assessor_id in serving
        ]
    )


def compared(marks: Sequence[Marked]) -> tuple[agreement.Sheet, ...]:
    """The sheets as the domain compares them. What all of them leave out is not compared; what
    only some leave out differs."""
    left_out = [{one.item.id for one in mark.result.items if one.points is None} for mark in marks]
    nobody = set.intersection(*left_out) if left_out else set()
    return tuple(
        agreement.Sheet(
            assessor=str(mark.sheet.assessor_id),
            items={
                one.item.id: agreement.ItemScore(
                    points=_APART if one.points is None else one.points,
                    full=one.full,
                    tier=_rank(one),
                )
                for one in mark.result.items
                if one.item.id not in nobody
            },
            total=mark.result.total,
            grade=mark.result.grade.code,
            vetoes=frozenset(mark.flags),
        )
        for mark in marks
    )


def _rank(scored: scoring.ItemScore) -> int | None:
    rule = scored.item.clause.rule
    if not isinstance(rule, Tiered) or scored.anchor_zh is None:
        return None
    told = [tier.zh for tier in rule.tiers]
    return len(told) - 1 - told.index(scored.anchor_zh) if scored.anchor_zh in told else None


def differing(marks: Sequence[Marked]) -> frozenset[str]:
    """The items on which any two of the sheets lie beyond the limits."""
    seen = compared(marks)
    found = agreement.differences(seen) if len(seen) >= 2 else ()
    return frozenset(d.item for d in found if d.on is agreement.On.ITEM)


async def locked(
    conn: Conn, case: cases.Case, members: Sequence[cases.Member]
) -> tuple[agreement.Sheet, ...]:
    """The locked sheets as the guards look at them; none while one is still open."""
    if case.state not in ("scoring", "moderation"):
        return ()
    if not await sheets.all_locked.value(conn, case.id):
        return ()
    marks = await locked_marks(conn, case, members, case.opened_at.date())
    return compared(marks)


async def undecided(conn: Conn, case: cases.Case) -> tuple[str, ...]:
    """Items on which the sheets differ and that moderation has yet to settle with a reason."""
    members = [m for m in await cases.members.all(conn, case.id) if m.until is None]
    seen = await locked(conn, case, members)
    if not seen:
        return ("—",)  # a third sheet is still open
    if len(seen) > 2:
        return ()  # the third score decides by itself
    settled = {f.item_id for f in await sheets.finals.all(conn, case.id) if f.reason.strip()}
    found = (d.item for d in agreement.differences(seen) if d.on is agreement.On.ITEM)
    return tuple(item for item in found if item not in settled)


async def settle(conn: Conn, case: cases.Case, *, now: datetime, today: date) -> scoring.Result:
    """Stores the final items and the result: the mean where two agree, what moderation settled
    with its reason, the median of three, and what the records give."""
    rubric = await rubric_of(conn, case)
    members = [m for m in await cases.members.all(conn, case.id) if m.until is None]
    marks = await locked_marks(conn, case, members, today)
    recorded = await records(conn, case, rubric, today)
    moderated = {
        f.item_id
        for f in await sheets.finals.all(conn, case.id)
        if f.origin == "moderated" and len(marks) == 2
    }
    for item in rubric.at(stage_of(case.kind)):
        if item.id in recorded:
            values = write_values({"values": recorded[item.id]})
            await sheets.set_final.run(conn, case.id, item.id, values, False, "records", "")
        elif item.id not in moderated:
            await _settle_item(conn, case, item, marks)
    vetoes = _vetoes(marks)
    result = await final(conn, case, rubric, vetoes)
    await sheets.set_result.run(
        conn,
        case.id,
        result.stage.value,
        result.total,
        result.grade.code,
        not result.failed_minima,
        sorted(vetoes),
        json.dumps(sections_as_stored(result), ensure_ascii=False),
        now,
    )
    return result


async def _settle_item(conn: Conn, case: cases.Case, item: Item, marks: Sequence[Marked]) -> None:
    scored = [
        (
            next(one for one in mark.result.items if one.item.id == item.id),
            mark.entries.get(item.id),
        )
        for mark in marks
    ]
    out = [entry for one, entry in scored if entry is not None and entry.not_applicable]
    if len(out) * 2 > len(scored):
        await sheets.set_final.run(conn, case.id, item.id, None, True, "agreed", out[0].reason)
        return
    given = sorted(
        ((one.points or Decimal(0), entry) for one, entry in scored if entry and entry.measure),
        key=lambda pair: pair[0],
    )
    if not given:
        return
    settled: dict[str, object]
    if len(given) >= 3 or len({entry.measure for _, entry in given}) == 1:
        settled = {"values": read_values(given[len(given) // 2][1].measure)}
    else:
        settled = {"points": str(sum((one for one, _ in given), Decimal(0)) / len(given))}
    origin = "median" if len(given) >= 3 else "agreed"
    await sheets.set_final.run(conn, case.id, item.id, write_values(settled), False, origin, "")


def _vetoes(marks: Sequence[Marked]) -> set[str]:
    """A veto stands when more than half of the sheets flag it; of two, when both do."""
    every = {veto for mark in marks for veto in mark.flags}
    return {v for v in every if sum(v in mark.flags for mark in marks) * 2 > len(marks)}


async def final(
    conn: Conn, case: cases.Case, rubric: Rubric, vetoes: Iterable[str]
) -> scoring.Result:
    """The result of the final items as they are stored."""
    stored = await sheets.finals.all(conn, case.id)
    return scoring.score(*settled(rubric, stage_of(case.kind), stored, vetoes))


def settled(
    rubric: Rubric, stage: Stage, stored: Sequence[sheets.Final], vetoes: Iterable[str]
) -> tuple[Rubric, scoring.Sheet]:
    """The final items as a sheet, and the rubric in which an item that was settled by points alone
    is worth just those."""
    items, found = {item.id: item for item in rubric.items}, dict[str, tuple[Values | None, str]]()
    for one in stored:
        measure = read_values(one.measure)
        values: Values | None = measure.get("values", {})
        if one.not_applicable:
            values = None
        elif "points" in measure and one.item_id in items:
            items[one.item_id], values = _given(items[one.item_id], Decimal(measure["points"]))
        found[one.item_id] = (values, one.reason)
    sheet = sheet_of(stage, found, {}, by="agreed", vetoes=vetoes)
    recorded = frozenset(one.item_id for one in stored if one.origin == "records")
    return replace(rubric, items=tuple(items.values())), replace(sheet, from_records=recorded)


def _given(item: Item, points: Decimal) -> tuple[Item, dict[str, object]]:
    """The item as one whose points are settled already, with a value that asks for nothing more."""
    told = Tier(points, "两份评分的平均", "Mean of both sheets")
    first = item.variables[0]
    value: object = (
        first.choices[0].key if first.choices else False if first.kind == "yes_no" else 0
    )
    return replace(item, clause=Clause(Tiered((told,)))), {first.key: value}


def sections_as_stored(result: scoring.Result) -> dict[str, object]:
    return {
        "sections": [
            {
                "id": one.section.id,
                "earned": str(one.earned),
                "counted": str(one.counted),
                "share": None if one.share is None else str(one.share),
            }
            for one in result.sections
        ],
        "minima_unmet": [
            f"{one.minimum.zh}（{one.section}）" if one.section else one.minimum.zh
            for one in result.failed_minima
        ],
    }
