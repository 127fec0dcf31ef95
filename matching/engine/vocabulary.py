"""The words both sides are described in: demands, accommodations, facts, occupations.

Everything here is read once from ``data/``; the order of the lists there is the order of the
columns and of the bits everywhere in the engine.
"""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

__all__ = [
    "ACCOMMODATIONS",
    "ACCOMMODATION_AT",
    "DIMENSIONS",
    "DIMENSION_AT",
    "EDUCATION",
    "FACTS",
    "FACT_AT",
    "MAX_LEVEL",
    "MODES",
    "MUSTS",
    "SHIFTS",
    "Accommodation",
    "Dimension",
    "Level",
    "Occupation",
    "Profile",
    "occupations",
    "profile",
]

MAX_LEVEL: Final = 4  # of a demand, of a capacity, and of all relaxations of one demand together


class Level(IntEnum):
    """How a skill is attested; a higher level includes the lower ones."""

    NONE = 0  # learnt, without a certificate
    SPECIAL = 1  # 专项职业能力
    FIVE = 2  # 五级 初级工
    FOUR = 3  # 四级 中级工
    THREE = 4  # 三级 高级工
    TWO = 5  # 二级 技师
    ONE = 6  # 一级 高级技师


EDUCATION: Final = ("none", "primary", "junior", "senior", "college", "bachelor", "master")
MODES: Final = ("onsite", "home", "hybrid")
SHIFTS: Final = ("day", "evening", "night", "rotating")
# Wishes a person may declare to be conditions; the bit of each is its place here.
MUSTS: Final = ("wage", "distance", "mode", "shift", "dorm", "occupation")


@dataclass(frozen=True, slots=True)
class Dimension:
    """One demand of a job, on the same 0..4 scale as the capacity that meets it."""

    key: str
    zh: str
    en: str
    group: str
    core: bool
    levels: tuple[tuple[str, str], ...]  # (zh, en) of 0..4
    safety_critical: bool
    trainable: bool


@dataclass(frozen=True, slots=True)
class Accommodation:
    """What lowers a demand, for whom, at whose expense."""

    key: str
    zh: str
    en: str
    relaxes: Mapping[str, int]
    provider: str
    cost_band: str
    requires: tuple[str, ...]
    in_capacity: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """Pre-filled demands of a work type; estimates that the poster must confirm."""

    name: str
    code: str
    demands: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Occupation:
    """A trade of this project; work types without a code of their own have code ''."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    kind: str
    parent_code: str
    group: str


_DATA = files("matching.engine") / "data"


def _json(name: str) -> Any:
    return json.loads((_DATA / name).read_text("utf-8"))


def _dimension(row: Mapping[str, Any]) -> Dimension:
    return Dimension(
        key=row["key"],
        zh=row["zh"],
        en=row["en"],
        group=row["group"],
        core=row["core"],
        levels=tuple((level["zh"], level["en"]) for level in row["levels"]),
        safety_critical=row["safety_critical"],
        trainable=row["trainable"],
    )


def _accommodation(row: Mapping[str, Any]) -> Accommodation:
    return Accommodation(
        key=row["id"],
        zh=row["zh"],
        en=row["en"],
        relaxes=MappingProxyType({one["dimension"]: one["levels"] for one in row["relaxes"]}),
        provider=row["provider"],
        cost_band=row["cost_band"],
        requires=tuple(row["requires"]),
        in_capacity=row["in_capacity"],
    )


DIMENSIONS: Final = tuple(map(_dimension, _json("demands.json")["dimensions"]))
DIMENSION_AT: Final[Mapping[str, int]] = MappingProxyType(
    {dimension.key: at for at, dimension in enumerate(DIMENSIONS)}
)
ACCOMMODATIONS: Final = tuple(map(_accommodation, _json("accommodations.json")["accommodations"]))
ACCOMMODATION_AT: Final[Mapping[str, int]] = MappingProxyType(
    {accommodation.key: at for at, accommodation in enumerate(ACCOMMODATIONS)}
)
# What an accommodation needs to know about a person before it relaxes anything.
FACTS: Final = tuple(sorted({fact for one in ACCOMMODATIONS for fact in one.requires}))
FACT_AT: Final[Mapping[str, int]] = MappingProxyType({fact: at for at, fact in enumerate(FACTS)})


@cache
def _profiles() -> Mapping[str, Profile]:
    return {
        row["name"]: Profile(row["name"], row["code"], MappingProxyType(row["demands"]))
        for row in _json("job_profiles.json")["profiles"]
    }


def profile(name: str) -> Profile | None:
    """The pre-filled demands of the work type called ``name``, or None: then pre-fill nothing.

    By name only: several work types share one code (云客服 and 呼叫中心服务员 do), and what one
    asks for the other doesn't.
    """
    return _profiles().get(name)


@cache
def occupations() -> tuple[Occupation, ...]:
    """The trades people with disabilities are trained for here, with their aliases."""
    rows = csv.DictReader((_DATA / "occupations.csv").read_text("utf-8-sig").splitlines())
    return tuple(
        Occupation(
            code=row["code"],
            zh=row["zh"],
            en=row["en"],
            aliases=tuple(filter(None, row["aliases"].split(";"))),
            kind=row["kind"],
            parent_code=row["parent_code"],
            group=row["group"],
        )
        for row in rows
    )
