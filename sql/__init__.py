"""The queries and migrations of this service. SQL only: nothing here opens a connection."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_MARK = re.compile(r"^-- name: ([a-z0-9_]+)\n", re.MULTILINE)


@cache
def load(room: str) -> Mapping[str, str]:
    """Queries of sql/queries/<room>.sql by name. Raises ValueError if a name comes twice."""
    text = (files(__name__) / "queries" / f"{room}.sql").read_text("utf-8")
    _, *parts = _MARK.split(text)
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) < len(names):
        raise ValueError(f"a query name comes twice in {room}.sql")
    return MappingProxyType(dict(zip(names, map(str.strip, bodies), strict=True)))


def rooms() -> list[str]:
    """Names of the query files, sorted."""
    return sorted(
        f.name.removesuffix(".sql")
        for f in (files(__name__) / "queries").iterdir()
        if f.name.endswith(".sql")
    )


def migrations() -> list[tuple[str, str]]:
    """(file name, text) of every migration, oldest first."""
    return sorted(
        (f.name, f.read_text("utf-8"))
        for f in (files(__name__) / "migrations").iterdir()
        if f.name.endswith(".sql")
    )
