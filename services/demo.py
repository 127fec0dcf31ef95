"""The demonstration: a simulated province loaded once, and the main job run on it, step by step.

It lives in a home and a database of its own, so that simulated people never mix with real ones,
and refuses a database that holds anybody who is not simulated.
"""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

import asyncpg

from accreditation.errors import Refusal
from services import scheduler
from services.access import Actor, Grant
from services.actions import offers
from services.db import Conn, coverage, market, reference, users
from services.db.context import speak_for
from services.jobs import SHANGHAI, match, rescore
from services.reference.loader import PROVINCE
from services.sealing import Keys, profile_seal
from services.settings import Settings
from services.simulator import generate, load
from services.simulator.scales import SCALES

SEED: Final = 20220628  # the day of 豫残联〔2022〕33号


@dataclass(slots=True)
class Report:
    """What `./run demo --check --json` prints."""

    scale: str
    counties: int = 0
    counties_covered: int = 0
    gaps: int = 0
    bases: int = 0
    accredited: int = 0
    demonstration: int = 0
    rescored: int = 0
    orders: int = 0
    seats: int = 0
    seats_filled: int = 0
    people: int = 0
    bins: dict[str, int] = field(default_factory=dict)
    value: int = 0  # of the allotment, in millionths
    bound: int = 0  # no allotment of the whole market is worth more
    gap: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)


class Stopwatch:
    """Seconds per step, in the report's own order."""

    def __init__(self, report: Report) -> None:
        self.report = report

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[None]:
        begun = time.perf_counter()
        yield
        self.report.seconds[name] = round(time.perf_counter() - begun, 2)


async def _refuse_real_people(conn: Conn) -> None:
    if await users.holds_real_people.value(conn):
        raise Refusal("数据库里有真实人员，不能在其中演示")


async def _loaded_scale(conn: Conn) -> str | None:
    found: str | None = await conn.fetchval(
        "select value ->> 'scale' from policy_setting where key = 'demonstration'"
    )
    return found


async def furnish(settings: Settings, scale: str, report: Report, today: date) -> None:
    """Loads the simulated province unless it is there. Raises Refusal for real people or another scale."""
    watch = Stopwatch(report)
    conn = await asyncpg.connect(settings.url("yupei_owner"), command_timeout=600)
    try:
        await _refuse_real_people(conn)
        there = await _loaded_scale(conn)
        if there is not None and there != scale:
            raise Refusal("数据库里已有另一种规模的演示：{scale}", scale=there)
        if there is None:
            async with watch.step("simulate"):
                province = generate(SEED, SCALES[scale], today)
            async with watch.step("load"), conn.transaction():
                await load(
                    conn, Keys.of(settings.master_key), profile_seal(settings.matcher_key), province
                )
                await conn.execute(
                    "insert into policy_setting (key, valid_from, value, source)"
                    " values ('demonstration', $1, jsonb_build_object('scale', $2::text, 'seed', $3::int),"
                    " 'services/demo.py')",
                    today,
                    scale,
                    SEED,
                )
            await conn.execute("analyze")
    finally:
        await conn.close()


async def main_job(settings: Settings, report: Report, today: date) -> None:
    """Scores the bases, covers the counties, matches the people and allots the seats."""
    watch = Stopwatch(report)
    async with watch.step("score"):
        scored: Any = await scheduler.run_once(settings, rescore.NAME, today)
    report.rescored = scored["bases"] - len(scored["differ"])
    async with watch.step("cover"):
        await _cover(settings, report)
    async with watch.step("match"):
        run = await _confirmed_run(settings)
        if run is None:
            await scheduler.run_once(settings, match.NAME, today)
    if run is None:
        async with watch.step("confirm"):
            run = await _confirm(settings, today)
    report.people, report.orders = run.people, run.orders
    report.seats, report.seats_filled = run.seats, run.filled
    report.bins, report.value, report.bound = json.loads(run.bins), run.value, run.bound
    report.gap = float(run.gap)


async def _confirmed_run(settings: Settings) -> market.RunRow | None:
    """The newest confirmed run: a second start shows it, its seats are taken already."""
    conn = await asyncpg.connect(settings.url("yupei_app"))
    try:
        found = await market.runs.all(conn, 1)
        return found[0] if found and found[0].confirmed_at else None
    finally:
        await conn.close()


async def _confirm(settings: Settings, today: date) -> market.RunRow:
    """The provincial persona confirms the newest run: a machine alone never makes an offer."""
    conn = await asyncpg.connect(settings.url("yupei_app"), command_timeout=300)
    try:
        async with conn.transaction():
            await conn.execute("set local statement_timeout = '300s'")
            user = await conn.fetchval(
                "select id from app_user where persona = 'province_staff' and simulated order by id limit 1"
            )
            rows = await reference.divisions.all(conn)
            everywhere = frozenset(row.code for row in rows)
            granted = Grant("province_staff", PROVINCE[0], below=everywhere)
            confirming = Actor(user, (granted,), request_id="demonstration")
            await speak_for(conn, confirming)
            run = (await market.runs.all(conn, 1))[0]
            await offers.confirm(conn, confirming, run.id, today=today, now=datetime.now(UTC))
            return run
    finally:
        await conn.close()


async def _cover(settings: Settings, report: Report) -> None:
    conn = await asyncpg.connect(settings.url("yupei_app"))
    try:
        counties = await coverage.counties.all(conn)
        figures = await coverage.figures.one(conn)
        report.bases = int(await conn.fetchval("select count(*) from base"))
    finally:
        await conn.close()
    report.counties = len(counties)
    report.counties_covered = sum(county.active > 0 for county in counties)
    report.gaps = report.counties - report.counties_covered
    report.accredited = figures.accredited
    report.demonstration = figures.demonstration


def today_in_henan() -> date:
    return datetime.now(UTC).astimezone(SHANGHAI).date()
