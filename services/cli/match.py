"""`match`: people and orders from CSV files, seats and reasons into a folder."""

from __future__ import annotations

import json as json_format
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from matching.engine.search import search
from matching.errors import Refusal
from services.cli.faults import fail
from services.cluster import ClusterRefused, connect
from services.files import match as files
from services.files.occupations import Suggested
from services.files.table import TableFaults
from services.i18n import _, translate_refusal


def match(
    people: Annotated[Path | None, typer.Option(help="people.csv")] = None,
    orders: Annotated[Path | None, typer.Option(help="orders.csv")] = None,
    out: Annotated[Path | None, typer.Option(help="folder for the answer")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day to judge on")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="print the summary as JSON")] = False,
    cluster: Annotated[
        str | None, typer.Option(help="a Dask scheduler, tls://host:port; small markets stay here")
    ] = None,
    example: Annotated[Path | None, typer.Option(help="write example input here")] = None,
) -> None:
    """Match people to orders from CSV files: openings, allotment, questions, optimality gap."""
    if example is not None:
        for path in files.write_example(example):
            typer.echo(path)
        return
    if people is None or orders is None or out is None:
        fail([_("请给出 --people、--orders 和 --out，或用 --example 生成样例")], json=json, code=2)
    day = (as_of or datetime.now(ZoneInfo("Asia/Shanghai"))).date()
    try:
        with connect(cluster) if cluster else nullcontext() as found:
            passes = found.search if found else search
            summary = files.write(files.match(people, orders, day, passes=passes), out)
    except TableFaults as wrong:
        fail(wrong.faults, json=json, code=1)
    except ClusterRefused as refused:
        fail([str(refused)], json=json, code=1)
    except Refusal as refusal:
        fail([translate_refusal(refusal)], json=json, code=1)
    except OSError as wrong:
        fail([f"{wrong.filename}: {wrong.strerror}"], json=json, code=1)
    if json:
        typer.echo(json_format.dumps(summary, ensure_ascii=False))
        return
    typer.echo(
        _(
            "{people}人，{orders}个订单，{seats}个名额，安排{seats_filled}个；与全市场最优的差距不超过{gap}",
            people=summary["people"],
            orders=summary["orders"],
            seats=summary["seats"],
            seats_filled=summary["seats_filled"],
            gap=f"{summary['gap']:.4%}",
        )
    )
    for one in summary["occupations_without_code"]:
        typer.echo(_suggestion(one), err=True)
    typer.echo(out)


def _suggestion(one: Suggested) -> str:
    if not one["code"]:
        return _("“{occupation}”不是职业代码，也看不出是什么工作", occupation=one["occupation"])
    return _(
        "“{occupation}”不是职业代码；可能是{code} {name}（{probability}），请您核对后自己改",
        occupation=one["occupation"],
        code=one["code"],
        name=one["name"],
        probability=f"{one['probability']:.0%}",
    )
