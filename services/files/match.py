"""Matches people to orders from two CSV files, without a database."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from matching.engine import kernel
from matching.engine.allotment import TARGET_GAP, Allotment, allot
from matching.engine.bins import Bin, judge
from matching.engine.explain import every_openings
from matching.engine.market import Market
from matching.engine.orders import Order, Orders
from matching.engine.people import People, Person
from matching.engine.prices import lowest
from matching.engine.questions import worth_asking
from matching.engine.search import Passes, search
from services.files.market_tables import (
    distances,
    order_columns,
    people_columns,
    read_orders,
    read_people,
)
from services.files.occupations import suggested
from services.files.reasons import (
    BIN_NAMES,
    arrangement_words,
    exclusion_words,
    gain_words,
    question_words,
)
from services.files.table import Fault, TableFaults
from services.i18n import N_, _

SHOWN_IN_FILE: Final = 5  # openings of each list for each person
PEOPLE_A_BLOCK: Final = 500
FILES: Final = ("openings.csv", "allotment.csv", "questions.csv", "summary.json")
LISTS: Final = (N_("现在可去"), N_("培训后可去"), N_("确认后可去"))


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Two files, matched."""

    people: Sequence[Person]
    orders: Sequence[Order]
    market: Market
    allotment: Allotment


def match(
    people: Path,
    orders: Path,
    as_of: date,
    target_gap: float = TARGET_GAP,
    passes: Passes = search,
) -> Matched:
    """Reads both files, judges every pair and allots the seats.

    Raises TableFaults with every wrong cell of both files.
    """
    faults: list[Fault] = []
    crowd: list[Person] = []
    posts: list[Order] = []
    try:
        crowd = read_people(people)
    except TableFaults as wrong:
        faults += wrong.faults
    try:
        posts = read_orders(orders)
    except TableFaults as wrong:
        faults += wrong.faults
    if faults:
        raise TableFaults(faults)
    market = Market.of(People.from_values(crowd), Orders.from_values(posts), distances(), as_of)
    return Matched(crowd, posts, market, allot(market, target_gap=target_gap, passes=passes))


def write(matched: Matched, out: Path) -> Mapping[str, Any]:
    """Writes the four files into the folder `out`, all or none; gives the summary."""
    summary = summarised(matched)
    contents = (
        _csv(_opening_rows(matched)),
        _csv(_allotment_rows(matched)),
        _csv(_question_rows(matched)),
        json.dumps(summary, ensure_ascii=False, indent=1).encode() + b"\n",
    )
    out.mkdir(parents=True, exist_ok=True)
    fresh = [out / f".{name}.new" for name in FILES]
    for path, content in zip(fresh, contents, strict=True):
        path.write_bytes(content)
    for path, name in zip(fresh, FILES, strict=True):
        path.replace(out / name)
    return summary


def summarised(matched: Matched) -> dict[str, Any]:
    """What a run came to, with its proof; values in millionths."""
    answer = matched.allotment
    filled = np.bincount(answer.order_of[answer.order_of >= 0], minlength=len(matched.orders))
    return {
        "people": len(matched.people),
        "orders": len(matched.orders),
        "seats": sum(order.seats for order in matched.orders),
        "seats_filled": answer.seats_filled,
        "value_millionths": answer.value,
        "bound_millionths": answer.bound,
        "gap": answer.gap,
        "proven_best": answer.value == answer.bound,
        "under_least_people": [
            order.id
            for order, count in zip(matched.orders, filled.tolist(), strict=True)
            if count < min(order.least_people, order.seats)
        ],
        "occupations_without_code": suggested(matched.people, matched.orders),
    }


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with BOM: a spreadsheet then reads the Chinese rightly."""
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([_unarmed(cell) for cell in row] for row in rows)
    return lines.getvalue().encode("utf-8-sig")


def _unarmed(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is led by an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _opening_rows(matched: Matched) -> Iterator[Sequence[object]]:
    yield (
        *("person_id", "list", "rank", "order_id", "bin", "value_millionths"),
        *("wants_thousandths", "hired_thousandths", "arrange", "learn", "ask"),
    )
    orders = {order.id: order for order in matched.orders}
    for block in range(0, len(matched.people), PEOPLE_A_BLOCK):
        chosen = np.arange(block, min(block + PEOPLE_A_BLOCK, len(matched.people)))
        told = every_openings(matched.market, chosen, SHOWN_IN_FILE)
        for p, one in zip(chosen.tolist(), told, strict=True):
            person = matched.people[p]
            lists = (one.fitting, one.after_training, one.to_confirm)
            for name, openings in zip(LISTS, lists, strict=True):
                for rank, opening in enumerate(openings, start=1):
                    said = judge(person, orders[opening.order_id], distances())
                    yield (
                        *(person.id, _(name), rank, opening.order_id, _(BIN_NAMES[said.bin])),
                        *(opening.value, opening.wants, opening.hired),
                        "；".join(map(arrangement_words, said.arrangements)),
                        "；".join(map(gain_words, said.gains)),
                        "；".join(map(question_words, said.questions)),
                    )


def _allotment_rows(matched: Matched) -> Iterator[Sequence[object]]:
    """One row for everybody: a seat, or the reason why there is none."""
    yield "person_id", "order_id", "outcome", "reason"
    for at, person in enumerate(matched.people):
        order = int(matched.allotment.order_of[at])
        if order >= 0:
            said = judge(person, matched.orders[order], distances())
            needed = "；".join(map(arrangement_words, said.arrangements))
            yield person.id, matched.orders[order].id, _("拟安排"), needed
        else:
            yield person.id, "", *_why_not(matched, at)


def _why_not(matched: Matched, at: int) -> tuple[str, str]:
    bins, wants, hired = (part[0] for part in kernel.judge(matched.market, np.array([at])))
    if not len(bins):
        return _("暂无岗位"), ""
    if (bins >= Bin.TRAINING).any():
        return _("名额已满"), _("合适的岗位名额已满，下一轮继续参加")
    worth = wants.astype(np.int64) * hired
    best = int(np.argmax(np.where(bins == bins.max(), worth, -1)))
    order = matched.orders[int(matched.market.order_at[best])]
    said = judge(matched.people[at], order, distances())
    if said.questions:
        return _("需要先确认"), "；".join(map(question_words, said.questions))
    reasons = "；".join(map(exclusion_words, said.exclusions))
    return _("暂不匹配"), _("最接近的岗位{order}：{reasons}", order=order.id, reasons=reasons)


def _question_rows(matched: Matched) -> Iterator[Sequence[object]]:
    """Per person the question whose answer can add most to this market, the dearest first."""
    yield "worth_millionths", "person_id", "order_id", "ask"
    worth = lowest(matched.market, matched.allotment)
    for one in worth_asking(matched.market, worth):
        person, order = matched.people[one.person], matched.orders[one.order]
        said = judge(person, order, distances())
        yield one.worth, person.id, order.id, "；".join(map(question_words, said.questions))


# Examples


def write_example(folder: Path) -> tuple[Path, Path]:
    """Writes a small people.csv and orders.csv that can be matched at once; gives both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    able = {name: "4" for name in people_columns() if name.startswith("cap.")}
    yes = {name: "是" for name in people_columns() if name.startswith("fact.")}
    plain = {**able, **yes, "may_work_from": "2020-01-01", "skills": "6-05-01-03:五级:2025-06-01"}
    people = [
        {"id": "P1", "county": "410102", **plain, "least_wage_yuan": "2300"},
        {"id": "P2", "county": "410103", **plain, "cap.foot_control": "0", "most_km": "30"},
        {"id": "P3", "county": "410102", **plain, "cap.near_vision": "", "shifts": "白班;倒班"},
        {"id": "P4", "county": "410302", **plain, "skills": "", "relocates": "是", "dorm": "是"},
    ]
    sewing = {"demand.foot_control": "3!", "demand.bimanual": "4!", "demand.near_vision": "3!"}
    terms = {"occupation": "6-05-01-03", "wage_yuan": "2600", "contract_months": "12"}
    orders = [
        {"id": "O1", "county": "410102", "seats": "2", **terms, **sewing, "offered": "hand_switch"},
        {"id": "O2", "county": "410102", "seats": "1", **terms, **sewing, "insured": "是"},
        {"id": "O3", "county": "410103", "seats": "2", **terms, "dorm": "是",
         "required": "6-05-01-03:五级", "teaches": "6-05-01-03:五级", "starts_on": "2026-09-01"},
    ]  # fmt: skip
    paths = folder / "people.csv", folder / "orders.csv"
    for path, columns, rows in zip(
        paths, (people_columns(), order_columns()), (people, orders), strict=True
    ):
        lines = [list(columns), *([row.get(name, "") for name in columns] for row in rows)]
        path.write_bytes(_csv(lines))
    return paths
