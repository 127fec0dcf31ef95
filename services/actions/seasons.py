"""The season's report: how far the scores of one year can be trusted, from what was locked."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from accreditation import scoring
from accreditation.errors import BadValue
from accreditation.reliability import agreement as figures
from accreditation.reliability.habits import Habit, habits, self_minus_final
from accreditation.reliability.habits import Sheet as Shares
from accreditation.reliability.severity import (
    NotConnected,
    Severity,
    Visit,
    corrected,
    severities,
)
from accreditation.rubric import Grade, Item, Rubric, load_rubric
from services.access import Actor, Permission
from services.actions.case_facts import SHANGHAI
from services.actions.results import read_values, sheet_of, stage_of
from services.db import Conn, cases, seasons

FEWEST_BASES: Final = 10  # our default; below it a coefficient says more of chance than of people


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """One judged item: how many bases two assessors gave points for, and how far they agree."""

    item: Item
    bases: int
    kappa: float | None
    alpha: float | None


@dataclass(frozen=True, slots=True)
class Season:
    """What the report shows. A coefficient is None where there is too little to say it."""

    year: int
    bases: int
    sheets: int
    simulated: bool
    single: figures.Interval | None = None
    mean: figures.Interval | None = None
    severities: tuple[Severity, ...] = ()
    not_connected: NotConnected | None = None
    habits: Mapping[str, Habit] = field(default_factory=dict)
    items: tuple[ItemAgreement, ...] = ()
    flattery: tuple[tuple[str, float], ...] = ()  # base, self-score minus final; largest first
    other_grade: tuple[str, ...] = ()  # bases whose corrected total would have another grade
    name_ciphers: Mapping[str, bytes] = field(default_factory=dict)  # of assessors, by id


@dataclass(frozen=True, slots=True)
class _Scored:
    sheet: seasons.Locked
    rubric: Rubric
    result: scoring.Result


async def report(conn: Conn, actor: Actor, year: int) -> Season:
    """The report of a civil year. Raises Denied; row security keeps what the asker may not see."""
    actor.require(Permission.QUALITY_READ)
    first = datetime(year, 1, 1, tzinfo=SHANGHAI)
    last = datetime(year + 1, 1, 1, tzinfo=SHANGHAI)
    locked = await seasons.sheets.all(conn, first, last)
    in_cases = sorted({one.case_id for one in locked})
    entries = await seasons.entries.all(conn, [one.id for one in locked])
    recorded = _by(await seasons.recorded.all(conn, in_cases))
    own = _by(await seasons.self_scores.all(conn, in_cases))
    rubrics = {
        key: load_rubric(await cases.rubric_body.value(conn, *key))
        for key in {(one.rubric_id, one.rubric_version) for one in locked}
    }
    return await asyncio.to_thread(_report, year, locked, entries, recorded, own, rubrics)


def _by(rows: Sequence[seasons.Measured]) -> dict[int, dict[str, Mapping[str, Any]]]:
    found: dict[int, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for one in rows:
        values = read_values(one.measure)
        found[one.case_id][one.item_id] = values.get("values", values)
    return found


def _report(
    year: int,
    locked: Sequence[seasons.Locked],
    entries: Sequence[seasons.Entry],
    recorded: Mapping[int, Mapping[str, Mapping[str, Any]]],
    own: Mapping[int, Mapping[str, Mapping[str, Any]]],
    rubrics: Mapping[tuple[str, str], Rubric],
) -> Season:
    on_sheet: dict[int, dict[str, tuple[Mapping[str, Any] | None, str]]] = defaultdict(dict)
    for entry in entries:
        values = None if entry.not_applicable else read_values(entry.measure)
        on_sheet[entry.sheet_id][entry.item_id] = (values, entry.reason)
    scorers = {key: scoring.Scorer(rubric) for key, rubric in rubrics.items()}
    scored = []
    for sheet in locked:
        scorer = scorers[sheet.rubric_id, sheet.rubric_version]
        given = sheet_of(
            stage_of(sheet.kind),
            on_sheet[sheet.id],
            recorded.get(sheet.case_id, {}),
            by=str(sheet.assessor_id),
        )
        scored.append(_Scored(sheet, scorer.rubric, scorer.score(given)))
    pairs = _pairs(scored)
    single, mean = _icc(pairs)
    visits = [
        Visit(str(one.sheet.case_id), str(one.sheet.assessor_id), one.result.total)
        for one in scored
        if one.sheet.case_id in pairs
    ]
    known, apart = _severities(visits)
    return Season(
        year=year,
        bases=len({one.sheet.case_id for one in scored}),
        sheets=len(scored),
        simulated=any(one.sheet.simulated for one in scored),
        single=single,
        mean=mean,
        severities=known,
        not_connected=apart,
        habits={one.assessor: one for one in habits([_shares(one) for one in scored])},
        items=_items(pairs),
        flattery=_flattery(scored, own),
        other_grade=_other_grade(scored, corrected(visits, known)),
        name_ciphers={str(one.sheet.assessor_id): one.sheet.name_cipher for one in scored},
    )


def _pairs(scored: Sequence[_Scored]) -> dict[int, tuple[_Scored, _Scored]]:
    """The cases that two assessors scored blind, by case."""
    by_case: dict[int, list[_Scored]] = defaultdict(list)
    for one in scored:
        by_case[one.sheet.case_id].append(one)
    return {case: (seen[0], seen[1]) for case, seen in by_case.items() if len(seen) >= 2}


def _icc(
    pairs: Mapping[int, tuple[_Scored, _Scored]],
) -> tuple[figures.Interval | None, figures.Interval | None]:
    table = [[float(one.result.total) for one in pair] for pair in pairs.values()]
    if len(table) < FEWEST_BASES:
        return None, None
    try:
        return figures.icc_single(table), figures.icc_mean(table)
    except BadValue:
        return None, None


def _severities(visits: Sequence[Visit]) -> tuple[tuple[Severity, ...], NotConnected | None]:
    if not visits:
        return (), None
    try:
        return severities(visits), None
    except NotConnected as refusal:
        return (), refusal


def _shares(one: _Scored) -> Shares:
    judged = {
        each.item.id: float(each.points / each.full)
        for each in one.result.items
        if each.points is not None and not each.from_records
    }
    return Shares(str(one.sheet.case_id), str(one.sheet.assessor_id), judged or {"": 0.0})


def _items(pairs: Mapping[int, tuple[_Scored, _Scored]]) -> tuple[ItemAgreement, ...]:
    """Each judged item by its points, lowest agreement first."""
    given: dict[str, list[tuple[float, float]]] = defaultdict(list)
    items: dict[str, Item] = {}
    for one, other in pairs.values():
        beside = {each.item.id: each for each in other.result.items}
        for each in one.result.items:
            twin = beside[each.item.id]
            if each.from_records or each.points is None or twin.points is None:
                continue
            items[each.item.id] = each.item
            given[each.item.id].append((float(each.points), float(twin.points)))
    found = [
        ItemAgreement(items[code], len(seen), _kappa(seen), _alpha(seen))
        for code, seen in given.items()
        if len(seen) >= FEWEST_BASES
    ]
    return tuple(sorted(found, key=lambda one: (one.alpha is None, one.alpha or 0.0, one.item.id)))


def _kappa(seen: Sequence[tuple[float, float]]) -> float | None:
    values = sorted({value for pair in seen for value in pair})
    at = {value: place for place, value in enumerate(values)}
    counts = [[0] * len(values) for _ in values]
    for one, other in seen:
        counts[at[one]][at[other]] += 1
    try:
        return figures.weighted_kappa(counts)
    except BadValue:
        return None


def _alpha(seen: Sequence[tuple[float, float]]) -> float | None:
    try:
        return figures.alpha(list(zip(*seen, strict=True)), figures.Scale.ORDINAL)
    except BadValue:
        return None


def _flattery(
    scored: Sequence[_Scored], own: Mapping[int, Mapping[str, Mapping[str, Any]]]
) -> tuple[tuple[str, float], ...]:
    mine, final = dict[str, float](), dict[str, float]()
    for one in scored:
        case, name = one.sheet.case_id, one.sheet.base_name
        if case not in own or name in mine:
            continue
        from_records = {each.item.id: each for each in one.result.items if each.from_records}
        given = {code: (values, "") for code, values in own[case].items()}
        told = {code: given[code] for code in given if code not in from_records}
        sheet = sheet_of(one.result.stage, told, {}, by="")
        judged = scoring.score(one.rubric, sheet)
        earned = sum((x.points or Decimal(0) for x in judged.items), Decimal(0))
        earned += sum((x.points or Decimal(0) for x in from_records.values()), Decimal(0))
        mine[name] = float(earned / one.result.counted * one.rubric.total)
        final[name] = float(one.sheet.final_total)
    gaps = self_minus_final(mine, final)
    return tuple(sorted(gaps.items(), key=lambda pair: (-pair[1], pair[0])))


def _other_grade(scored: Sequence[_Scored], fixed: Mapping[str, float]) -> tuple[str, ...]:
    """Bases whose mean and corrected totals lie in different grades (before the minima)."""
    plain: dict[str, list[float]] = defaultdict(list)
    of: dict[str, _Scored] = {}
    for one in scored:
        plain[str(one.sheet.case_id)].append(float(one.result.total))
        of[str(one.sheet.case_id)] = one
    found = []
    for case, total in fixed.items():
        mean = sum(plain[case]) / len(plain[case])
        grades = of[case].rubric.grades
        if _grade(grades, mean) != _grade(grades, total):
            found.append(of[case].sheet.base_name)
    return tuple(sorted(found))


def _grade(grades: Sequence[Grade], total: float) -> str:
    return next((one.code for one in grades if total >= float(one.least)), grades[-1].code)
