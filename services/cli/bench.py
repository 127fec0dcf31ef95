"""Measurements beside what a user would pick instead; each lives in benchmarks/, outside the product."""

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

_FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def bench(
    name: Annotated[str | None, typer.Argument(help="A measurement; none lists them")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Runs one measurement, or lists them all."""
    found = {p.stem: p for p in sorted(_FOLDER.glob("*.py")) if not p.stem.startswith("_")}
    if name is None:
        for key, path in found.items():
            first = path.read_text("utf-8").lstrip('"').split("\n", 1)[0].rstrip('"')
            typer.echo(f"{key:12} {first}")
        return
    if name not in found:
        typer.echo(f"no such measurement: {name}; there are {', '.join(found)}", err=True)
        raise typer.Exit(2)
    spec = importlib.util.spec_from_file_location(f"benchmarks.{name}", found[name])
    if spec is None or spec.loader is None:
        raise typer.Exit(2)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.main(as_json=as_json)
