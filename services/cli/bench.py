"""Measurements beside what a user would pick instead; each lives in benchmarks/, outside the product."""

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

_FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def bench(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A measurement; none lists them")] = None,
) -> None:
    """Runs one measurement, or lists them all; what follows the name goes to the measurement."""
    found = {p.stem: p for p in sorted(_FOLDER.glob("*.py")) if not p.stem.startswith("_")}
    if name is None:
        for key, path in found.items():
            first = path.read_text("utf-8").lstrip('"').split("\n", 1)[0].rstrip('"')
            typer.echo(f"{key:12} {first}")
        return
    if name not in found:
        typer.echo(f"no such measurement: {name}; there are {', '.join(found)}", err=True)
        raise typer.Exit(2)
    sys.path.insert(0, str(_FOLDER.parent))  # measurements share helpers: benchmarks._peers
    module = importlib.import_module(f"benchmarks.{name}")
    raise typer.Exit(module.main(context.args) or 0)
