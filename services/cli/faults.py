"""What a command on files says when it cannot go on: every fault at once, as text or as JSON."""

import json as jsonlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer

from services.files.table import Fault


def fail(faults: Sequence[str | Fault], *, json: bool, code: int) -> NoReturn:
    """Tells every fault, on stdout as `{"faults": [...]}` or on stderr a line each, and exits with `code`."""
    if json:
        said: list[Any] = [
            {"file": one.file, "row": one.row, "column": one.column, "value": one.value,
             "allowed": one.said()} if isinstance(one, Fault) else one
            for one in faults
        ]  # fmt: skip
        print(jsonlib.dumps({"faults": said}, ensure_ascii=False, indent=1))
    else:
        print(*faults, sep="\n", file=sys.stderr)
    raise typer.Exit(code)
