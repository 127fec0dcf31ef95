"""`rubric`: finds every contradiction in a rubric, and shows the format of one."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from accreditation.errors import Unreadable
from accreditation.lint import lint as lint_document
from accreditation.rubric import default_text, parse
from services.cli.faults import fail
from services.i18n import _, translate_refusal

app = typer.Typer(help="指标体系：检查与格式", no_args_is_help=True)

Example = Annotated[Path | None, typer.Option(help="写出内置的指标体系作为示例")]


@app.command()
def lint(
    file: Annotated[Path | None, typer.Argument(help="指标体系（JSON）")] = None,
    json: Annotated[bool, typer.Option("--json", help="输出JSON")] = False,
    example: Example = None,
) -> None:
    """找出指标体系中的所有矛盾；有任何一处即以1退出。"""
    if file is None and example is None:
        fail([_("请给出文件或 --example")], json=json, code=2)
    try:
        if example is not None:
            example.write_text(default_text("rubric.json"), encoding="utf-8")
        if file is None:
            return
        faults = lint_document(parse(file.read_bytes()))
    except OSError as fault:
        fail([str(fault)], json=json, code=2)
    except Unreadable as refusal:
        fail([translate_refusal(refusal)], json=json, code=2)
    told = [
        {"code": one.code, "item": one.item, "message": translate_refusal(one.problem)}
        for one in faults
    ]
    if json:
        print(jsonlib.dumps({"faults": told}, ensure_ascii=False, indent=1))
    elif told:
        table = Table(_("编号"), _("类别"), _("问题"))
        for row in told:
            table.add_row(row["item"], row["code"], row["message"])
        Console().print(table)
    else:
        print(_("没有发现矛盾"))
    raise typer.Exit(1 if faults else 0)


@app.command()
def schema(example: Example = None) -> None:
    """打印指标体系文件的JSON Schema。"""
    if example is not None:
        example.write_text(default_text("rubric.json"), encoding="utf-8")
    print(default_text("rubric.schema.json"), end="")
