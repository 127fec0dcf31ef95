"""The demonstration on this machine: install, load, run the main job, serve."""

import asyncio
import json
import os
import time
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from accreditation.errors import Refusal
from services import app as application
from services import demo as demonstration
from services import log
from services.cli import place
from services.settings import Settings, SettingsError


class ScaleName(StrEnum):
    SMALL = "small"
    PROVINCE = "province"


def _settings(scale: ScaleName) -> Settings:
    """Settings of a demonstration: a home of its own, so that it never meets real data."""
    environ = {**os.environ, "YUPEI_DEMO": "1"}
    try:
        asked = Settings.from_env(environ)
        home = asked.home / f"demo-{scale.value}"
        return Settings.from_env({**environ, "YUPEI_HOME": str(home)})
    except SettingsError as error:
        raise place.fail(str(error)) from None


def demo(
    check: Annotated[bool, typer.Option(help="Do all but stay up")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    scale: Annotated[ScaleName, typer.Option()] = ScaleName.SMALL,
) -> None:
    """Loads a simulated province, runs the main job on it and serves the site."""
    found = _settings(scale)
    log.configure("warning" if check else found.log_level)
    report = demonstration.Report(scale.value)
    begun = time.perf_counter()
    with place.database(found) as ready:
        report.seconds["start"] = round(time.perf_counter() - begun, 2)
        try:
            asyncio.run(_furnish(ready, scale, report))
        except Refusal as refusal:
            raise place.fail(str(refusal)) from None
        report.seconds["total"] = round(time.perf_counter() - begun, 2)
        _tell(report, as_json=as_json)
        if not check:
            typer.echo(f"http://{ready.host}:{ready.port}/", err=True)
            application.run(ready)


async def _furnish(ready: Settings, scale: ScaleName, report: demonstration.Report) -> None:
    begun = time.perf_counter()
    await place.prepare(ready)
    report.seconds["prepare"] = round(time.perf_counter() - begun, 2)
    today = demonstration.today_in_henan()
    await demonstration.furnish(ready, scale.value, report, today)
    await demonstration.main_job(ready, report, today)


def _tell(report: demonstration.Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    table = Table(title="模拟的河南省（全部为模拟数据）", show_header=False)
    for label, value in (
        ("县（市、区）有基地", f"{report.counties_covered} / {report.counties}"),
        ("缺口", report.gaps),
        ("基地", report.bases),
        ("认证基地", report.accredited),
        ("示范基地", f"{report.demonstration} / 20"),
        ("求职者", report.people),
        ("订单", report.orders),
        ("名额已分配", f"{report.seats_filled} / {report.seats}"),
        ("与上界的差距", f"{report.gap:.4%}"),
        ("用时（秒）", report.seconds["total"]),
    ):
        table.add_row(label, str(value))
    Console().print(table)
