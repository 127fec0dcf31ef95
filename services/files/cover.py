"""The files of `cover`: bases and candidates in, the counties they are counted by."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any, Final

from accreditation.admission_plan import Site
from accreditation.coverage import Base, County
from accreditation.deadlines import WorkCalendar
from accreditation.demonstration import Nominee
from accreditation.facts import Facts
from services.files import table
from services.i18n import N_

REFERENCE: Final = Path(__file__).parents[1] / "reference" / "data"
CANDIDATE: Final = "candidate"
STATES: Final = {
    "在册": "active",
    "暂停": "suspended",
    "拟撤销": "revocation_notice",
    "已退出": "ended",
    "候选": CANDIDATE,
}
GRADES: Final = {"优秀": "excellent", "良好": "good", "合格": "pass", "不合格": "fail"}
HUNDRED: Final = Decimal(100)
NO_LEGAL_DAYS: Final = WorkCalendar(
    frozenset(), frozenset(), ()
)  # nothing here counts working days


@dataclass(frozen=True, slots=True)
class Register:
    """What the file says: bases as they stand, candidates for admission, nominees."""

    bases: tuple[Base, ...]
    candidates: tuple[Site, ...]
    nominees: tuple[Nominee, ...]


def counties() -> tuple[County, ...]:
    """The 157 county-level units. 济源市 has no city above it: 419000 is a reporting unit only."""
    return tuple(
        County(
            code=row["code"],
            name=row["name"],
            city=None if row["kind"] == "省直辖县级市" else row["city_code"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
        )
        for row in _reference("divisions.csv")
    )


def columns() -> dict[str, table.Column]:
    """Every column of the bases file; docs/files/cover.md says the same to its writer."""
    places = {row["code"] for name in ("divisions.csv", "functional_zones.csv")
              for row in _reference(name)}  # fmt: skip
    percent = table.decimal_number(Decimal(0), HUNDRED, required=False)
    grade = table.choice(GRADES, required=False)
    return {
        "编号": table.text(longest=40, unique=True),
        "名称": table.text(longest=100),
        "县区代码": table.one_of(places, N_("河南省的6位县级区划代码或功能区代码")),
        "状态": table.choice(STATES),
        "有效期至": table.day(required=False),
        "层级": table.choice({"省级": "province", "市级": "city"}, required=False),
        "最近运行评估等级": grade,
        "上次运行评估等级": grade,
        "一级指标最低得分率": percent,
        "无障碍得分率": percent,
        "未整改问题数": table.whole_number(0, 999, required=False),
        "开始运行日期": table.day(required=False),
        "核定分": percent,
        "奖励分": table.decimal_number(Decimal(0), Decimal(5), required=False, default=Decimal(0)),
        "预计得分": percent,
        "预计费用": table.whole_number(0, 1_000_000_000, required=False),
    }


def read_register(path: Path, today: date) -> Register:
    """The register in the CSV file at `path`. Raises table.TableFaults."""
    rows = table.read_table(path, columns(), _goes_together)
    standing = [row for row in rows if row["状态"] != CANDIDATE]
    return Register(
        bases=tuple(
            Base(row["编号"], row["名称"], row["县区代码"], row["状态"], row["有效期至"])
            for row in standing
        ),
        candidates=tuple(
            Site(
                row["编号"],
                frozenset({row["县区代码"]}),
                row["预计费用"],
                int(row["预计得分"] * HUNDRED),
            )
            for row in rows
            if row["状态"] == CANDIDATE
        ),
        nominees=tuple(_nominee(row, today) for row in standing if row["核定分"] is not None),
    )


def example() -> str:
    """A small file that `read_register` takes, to be filled in."""
    kept = "在册,2028-06-30,省级,优秀,良好,82,85,0,2021-03-01"
    lines = [
        ",".join(columns()),
        f"B001,金水区示例培训学校,410105,{kept},93.5,2,,",
        "B002,中原区示例职业学院,410102,暂停,2027-01-31,市级,,,,,3,2023-09-01,,,,",
        "C001,二七区示例技工学校,410103,候选,,,,,,,,,,,78.5,120000",
        "C002,二七区示例企业,410103,候选,,,,,,,,,,,71,80000",
    ]
    return "\n".join(lines) + "\n"


def _goes_together(row: table.Row) -> Iterator[table.Complaint]:
    if row["状态"] != CANDIDATE:
        return
    for column in ("预计得分", "预计费用"):
        if row[column] is None:
            yield column, N_("候选单位须填这一项")


def _nominee(row: table.Row, today: date) -> Nominee:
    grades = [row["最近运行评估等级"], row["上次运行评估等级"]]
    lowest = row["一级指标最低得分率"]
    facts = Facts(
        today=today,
        calendar=NO_LEGAL_DAYS,
        since=today,
        accreditation=row["状态"],
        level=row["层级"],
        operation_grades=tuple(one or "" for one in grades),
        shares={} if lowest is None else {"lowest": lowest / HUNDRED},
        accessibility_share=row["无障碍得分率"] and row["无障碍得分率"] / HUNDRED,
        findings_open=row["未整改问题数"],
        operating_since=row["开始运行日期"],
    )
    return Nominee(row["编号"], facts, row["核定分"], row["奖励分"])


def _reference(name: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(StringIO((REFERENCE / name).read_text(encoding="utf-8-sig"))))
