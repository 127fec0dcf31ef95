"""people.csv and orders.csv: every column, what may stand in it, and what it becomes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from matching.engine.orders import Demand, Order
from matching.engine.people import Person, Skill
from matching.engine.scores import Distances
from matching.engine.vocabulary import (
    ACCOMMODATIONS,
    DIMENSIONS,
    EDUCATION,
    FACTS,
    MAX_LEVEL,
    MODES,
    MUSTS,
    SHIFTS,
    Level,
)
from services.files.table import (
    Column,
    Complaint,
    Row,
    choice,
    day,
    one_of,
    read_table,
    text,
    whole_number,
    yes_or_no,
)
from services.i18n import N_

MODE_WORDS: Final = dict(zip(("到岗", "居家", "混合"), MODES, strict=True))
SHIFT_WORDS: Final = dict(zip(("白班", "晚班", "夜班", "倒班"), SHIFTS, strict=True))
MUST_WORDS: Final = dict(
    zip(("工资", "距离", "工作方式", "班次", "宿舍", "职业"), MUSTS, strict=True)
)
EDUCATION_WORDS: Final = {
    word: level
    for level, word in enumerate(("未上学", "小学", "初中", "高中", "大专", "本科", "研究生"))
}
LEVEL_WORDS: Final = dict(
    zip(("无证", "专项", "五级", "四级", "三级", "二级", "一级"), Level, strict=True)
)
AIDS: Final = {one.key: one.key for one in ACCOMMODATIONS}
TRAINABLE: Final = {one.key: one.key for one in DIMENSIONS if one.trainable}
KEYS: Final = {one.key: one.key for one in DIMENSIONS}
MOST_SEATS: Final = 10_000
MOST_WAGE_YUAN: Final = 200_000
assert len(EDUCATION_WORDS) == len(EDUCATION)  # noqa: S101  two spellings of one scale


@cache
def distances() -> Distances:
    """Kilometres between the county-level divisions of the province."""
    path = files("services.reference") / "data" / "divisions.csv"
    return Distances.from_coordinates(
        {
            row["code"]: (float(row["lat"]), float(row["lon"]))
            for row in csv.DictReader(path.read_text("utf-8-sig").splitlines())
            if row["lat"] and row["lon"]
        }
    )


def _words(known: Mapping[str, Any], allowed: str) -> Column:
    """Several of the known words, parted by semicolons."""

    def read(cell: str) -> frozenset[Any]:
        words = _parts(cell)
        if any(word not in known for word in words):
            raise ValueError(cell)
        return frozenset(known[word] for word in words)

    return Column(read, allowed, {"choices": "、".join(known)}, required=False, default=frozenset())


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.replace("；", ";").split(";") if part.strip()]


def _lists(read_one: Callable[[str], Any], allowed: str, **values: object) -> Column:
    """A list of small things, parted by semicolons."""

    def read(cell: str) -> tuple[Any, ...]:
        return tuple(read_one(part) for part in _parts(cell))

    return Column(read, allowed, values, required=False, default=())


def _skill(part: str) -> Skill:
    occupation, *more = (piece.strip() for piece in part.replace("：", ":").split(":"))
    if not occupation or len(more) > 2:
        raise ValueError(part)
    level = more[0] if more else "无证"
    if level not in LEVEL_WORDS:
        raise ValueError(part)
    since = day().read(more[1]) if len(more) == 2 else None
    return Skill(occupation, LEVEL_WORDS[level], since)


def _raise(part: str) -> tuple[str, int]:
    key, levels = (piece.strip() for piece in part.replace("：", ":").split(":"))
    if key not in TRAINABLE:
        raise ValueError(part)
    return key, whole_number(1, MAX_LEVEL).read(levels)


def _confirmed(part: str) -> tuple[str, str]:
    order, key = (piece.strip() for piece in part.replace("：", ":").rsplit(":", 1))
    if key not in KEYS:
        raise ValueError(part)
    return order, key


def _demand(cell: str) -> Demand:
    essential = cell.endswith(("!", "！"))
    return Demand(whole_number(0, MAX_LEVEL).read(cell.rstrip("!！").strip()), essential)


def _county() -> Column:
    return one_of(distances().at, N_("divisions.csv里的六位县区代码，如410102"))


def _optional(column: Column, default: Any = None) -> Column:
    return replace(column, required=False, default=default)


SKILLS_SAY: Final = N_("职业代码或名称[:等级[:日期]]，用分号隔开；等级为{levels}")
AIDS_SAY: Final = N_("便利的代号，用分号隔开：{choices}")
SEVERAL_SAY: Final = N_("以下之一或几个，用分号隔开：{choices}")
CODES_SAY: Final = N_("职业代码或名称，用分号隔开")


def people_columns() -> Mapping[str, Column]:
    """Every column of people.csv."""
    levels = "、".join(LEVEL_WORDS)
    return {
        "id": text(longest=60, unique=True),
        "county": _county(),
        **{f"cap.{key}": _optional(whole_number(0, MAX_LEVEL)) for key in KEYS},
        **{f"fact.{fact}": _optional(yes_or_no()) for fact in FACTS},
        "declined": _words(AIDS, AIDS_SAY),
        "skills": _lists(_skill, SKILLS_SAY, levels=levels),
        "education": _optional(choice(EDUCATION_WORDS)),
        "may_work_from": _optional(day()),
        "available_from": _optional(day()),
        "wanted": _lists(str, CODES_SAY),
        "avoided": _lists(str, CODES_SAY),
        "avoided_orders": _lists(str, N_("订单编号，用分号隔开")),
        "least_wage_yuan": _optional(whole_number(0, MOST_WAGE_YUAN), 0),
        "most_km": _optional(whole_number(0, 2000)),
        "relocates": _optional(yes_or_no(), default=False),
        "modes": _words(MODE_WORDS, SEVERAL_SAY),
        "shifts": _words(SHIFT_WORDS, SEVERAL_SAY),
        "dorm": _optional(yes_or_no(), default=False),
        "musts": _words(MUST_WORDS, SEVERAL_SAY),
        "waiting_since": _optional(day()),
        "confirmed": _lists(_confirmed, N_("订单编号:要求代号，用分号隔开，如O1:hazard")),
    }


def order_columns() -> Mapping[str, Column]:
    """Every column of orders.csv."""
    levels = "、".join(LEVEL_WORDS)
    demand = Column(
        _demand, N_("0到4的等级，必不可少的加感叹号，如3!"), required=False, default=None
    )
    return {
        "id": text(longest=60, unique=True),
        "county": _county(),
        "occupation": text(longest=60),
        "seats": whole_number(0, MOST_SEATS),
        "least_people": _optional(whole_number(1, MOST_SEATS), 1),
        **{f"demand.{key}": demand for key in KEYS},
        "offered": _words(AIDS, AIDS_SAY),
        "secured": _words(AIDS, AIDS_SAY),
        "refused": _words(AIDS, AIDS_SAY),
        "wage_yuan": _optional(whole_number(0, MOST_WAGE_YUAN), 0),
        "contract_months": _optional(whole_number(0, 600), 0),
        "insured": _optional(yes_or_no(), default=False),
        "dorm": _optional(yes_or_no(), default=False),
        "mode": _optional(choice(MODE_WORDS), MODES[0]),
        "shift": _optional(choice(SHIFT_WORDS), SHIFTS[0]),
        "required": _lists(_skill, SKILLS_SAY, levels=levels),
        "preferred": _lists(str, CODES_SAY),
        "education": _optional(choice(EDUCATION_WORDS), 0),
        "education_ground": _optional(text(), ""),
        "teaches": _lists(_skill, SKILLS_SAY, levels=levels),
        "raises": _lists(
            _raise,
            N_("要求代号:级数，用分号隔开；培训能提高的只有{choices}"),
            choices="、".join(TRAINABLE),
        ),
        "starts_on": _optional(day()),
        "work_from": _optional(day()),
    }


def read_people(path: Path) -> list[Person]:
    """The people of a file. Raises TableFaults with every wrong cell."""
    return [_person(row) for row in read_table(path, people_columns())]


def read_orders(path: Path) -> list[Order]:
    """The orders of a file. Raises TableFaults with every wrong cell."""
    return [_order(row) for row in read_table(path, order_columns(), _together)]


def _together(row: Row) -> Iterable[Complaint]:
    if row["refused"] & (row["offered"] | row["secured"]):
        yield "refused", N_("拒绝的便利不能同时又提供")
    if row["starts_on"] and row["work_from"] and row["starts_on"] > row["work_from"]:
        yield "work_from", N_("上岗日期不能早于开始日期")


def _rest(row: Row) -> dict[str, Any]:
    sets = ("wanted", "avoided", "avoided_orders", "confirmed", "preferred")
    return {
        name: frozenset(value) if name in sets else value
        for name, value in row.items()
        if "." not in name
    }


def _under(row: Row, prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): value
        for name, value in row.items()
        if name.startswith(prefix) and value is not None
    }


def _person(row: Row) -> Person:
    return Person(**_rest(row), capacity=_under(row, "cap."), facts=_under(row, "fact."))


def _order(row: Row) -> Order:
    rest = _rest(row)
    return Order(**rest | {"raises": dict(rest["raises"])}, demands=_under(row, "demand."))
