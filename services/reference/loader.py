"""Loads the reference files: idempotent; a changed file is a new version, never an edit in place."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Final

import chinese_calendar

from accreditation import lifecycle
from accreditation.deadlines import WorkCalendar
from services.db import Conn, reference
from services.reference import sets

PROVINCE: Final = ("410000", "河南省")
# The annex reports 济源示范区 as a unit of its own; the legal unit is 济源市, with no city above it.
_REPORTING_UNITS: Final = {"419000": "419001"}
_CALENDAR_YEARS: Final = range(2021, 2027)


def rows(file: sets.ReferenceFile) -> list[dict[str, str]]:
    """The rows of a CSV reference file."""
    return list(csv.DictReader(io.StringIO(file.text())))


def parts(text: str, mark: str = ";") -> list[str]:
    return list(dict.fromkeys(p.strip() for p in text.split(mark) if p.strip()))


async def load(conn: Conn, *, at: datetime) -> list[str]:
    """Loads what is new in the caller's transaction and returns the kinds that changed.

    `conn` speaks as yupei_owner.
    """
    changed: list[str] = []
    for file in sets.ALL:
        if await reference.set_digest.value(conn, file.kind) == file.digest():
            continue
        version = 1 + await reference.set_count.value(conn, file.kind)
        await reference.add_set.run(
            conn,
            file.kind,
            str(version),
            file.source,
            file.licence,
            file.digest(),
            at.date(),
            at,
            _body(file),
        )
        changed.append(file.kind)
    if {"divisions", "functional_zones"} & set(changed):
        await _divisions(conn)
    if "plan_targets" in changed:
        await _targets(conn)
    if "trades" in changed:
        await _trades(conn)
    if "occupation_codes" in changed:
        await _codes(conn)
    if "rubric" in changed:
        await _rubric(conn, at.date())
    if "lifecycle" in changed:
        await _moves(conn)
    await _calendar(conn, at)
    return changed


def _month(text: str) -> date | None:
    """The first day of "2021-03"; None for no date."""
    return date.fromisoformat(f"{text}-01") if text else None


def _body(file: sets.ReferenceFile) -> str:
    if file.path.endswith(".json"):
        return file.text()
    return json.dumps(rows(file), ensure_ascii=False)


async def _divisions(conn: Conn) -> None:
    counties, zones = rows(sets.DIVISIONS), rows(sets.ZONES)
    cities = {
        r["city_code"]: r["city_name"] for r in counties if r["city_code"] not in _REPORTING_UNITS
    }
    province, name = PROVINCE
    units: list[tuple[object, ...]] = [
        (province, name, "province", "省", None, None, None, None, False, None)
    ]
    units += [
        (code, city, "city", "地级市", None, None, None, None, False, None)
        for code, city in cities.items()
    ]
    units += [
        (
            r["code"],
            r["name"],
            "county",
            r["kind"],
            Decimal(r["lat"]),
            Decimal(r["lon"]),
            int(r["tile_row"]),
            int(r["tile_col"]),
            True,
            _month(r["valid_from"]),
        )
        for r in counties
    ]
    units += [
        (z["code"], z["name"], "zone", z["type"], None, None, None, None, False, None)
        for z in zones
    ]
    await reference.upsert_division.many(conn, units)
    above = [(province, province)]
    for code in cities:
        above += [(code, code), (code, province)]
    for row in (*counties, *zones):
        above += [(row["code"], row["code"]), (row["code"], province)]
        if row["city_code"] in cities:
            above.append((row["code"], row["city_code"]))
    await reference.add_ancestor.many(conn, above)
    await reference.add_predecessor.many(
        conn, [(old, r["code"]) for r in counties for old in parts(r["predecessor_codes"])]
    )


async def _targets(conn: Conn) -> None:
    await reference.upsert_target.many(
        conn,
        [
            (
                r["plan"],
                _REPORTING_UNITS.get(r["city_code"], r["city_code"]),
                int(r["trained_persons"]),
                int(r["new_certificate_holders"]),
                int(r["new_high_skill_holders"]),
            )
            for r in rows(sets.TARGETS)
        ],
    )


async def _trades(conn: Conn) -> None:
    await reference.upsert_trade.many(
        conn,
        [
            (
                r["zh"],
                r["en"],
                r["code"] or None,
                r["kind"],
                r["parent_code"] or None,
                r["group"],
                parts(r["aliases"]),
                parts(r["competitions"], ","),
                r["code_status"],
                r["source"],
            )
            for r in rows(sets.TRADES)
        ],
    )


async def _codes(conn: Conn) -> None:
    codes = rows(sets.CODES)
    await reference.upsert_code.many(
        conn, [(r["code"], r["name"], int(r["level"]), r["marks"]) for r in codes]
    )
    await reference.add_alias.many(
        conn, [(r["code"], r["name"], alias) for r in codes for alias in parts(r["aliases"])]
    )


async def _rubric(conn: Conn, since: date) -> None:
    body = json.loads(sets.RUBRIC.text())
    await reference.add_rubric.run(
        conn, body["id"], body["version"], sets.RUBRIC.digest(), sets.RUBRIC.text(), since
    )


async def _moves(conn: Conn) -> None:
    version = str(json.loads(sets.LIFECYCLE.text())["version"])
    await reference.add_move.many(
        conn, [(version, *map(str, lawful)) for lawful in lifecycle.moves()]
    )


@cache
def legal_calendar() -> WorkCalendar:
    """The legal days off and make-up days of the years that the State Council has announced."""
    return WorkCalendar(
        frozenset(d for d in chinese_calendar.constants.holidays if d.year in _CALENDAR_YEARS),
        frozenset(d for d in chinese_calendar.constants.workdays if d.year in _CALENDAR_YEARS),
        tuple(_CALENDAR_YEARS),
    )


async def _calendar(conn: Conn, at: datetime) -> None:
    """The same as rows, which staff may override day by day."""
    constants = chinese_calendar.constants
    names = {**constants.holidays, **constants.workdays}
    known = legal_calendar()
    days = [(day, False) for day in known.days_off] + [(day, True) for day in known.days_made_up]
    await reference.add_calendar_day.many(
        conn, [(day, working, names[day], "chinesecalendar", at) for day, working in sorted(days)]
    )
