"""A CSV table that people made in a spreadsheet: read whole, every wrong cell told at once."""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from services.i18n import N_, _

SHOWN_CHARACTERS: Final = 40  # of a wrong value: enough to find it, little enough for a terminal

Row = dict[str, Any]
Complaint = tuple[str, str]  # a column, and what may stand there (a msgid)


@dataclass(frozen=True, slots=True)
class Column:
    """What may stand in a column.

    `read` turns the stripped text of a cell into its value and raises ValueError
    when it may not stand there; `allowed` says in Chinese (a msgid with `{named}`
    places, filled from `values`) what may. A column that is not `required` may be
    missing or empty and then reads as `default`. In a `unique` column no value
    comes twice.
    """

    read: Callable[[str], Any]
    allowed: str
    values: Mapping[str, object] = field(default_factory=dict)
    required: bool = True
    default: Any = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that can't be read, and what would be. Row 1 is the header, as in a spreadsheet."""

    file: str
    row: int
    column: str
    value: str
    allowed: str
    values: Mapping[str, object] = field(default_factory=dict)

    def said(self) -> str:
        """What may stand here, in the present language."""
        return _(self.allowed, **self.values)

    def __str__(self) -> str:
        return _(
            "{file}，第{row}行，{column}：“{value}”；{allowed}",
            file=self.file,
            row=self.row,
            column=self.column,
            value=self.value,
            allowed=self.said(),
        )


class TableFaults(Exception):
    """The table can't be used. `faults` holds all of them, in the order of rows."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.row)
        super().__init__("\n".join(map(str, self.faults)))


def read_table(
    path: Path,
    columns: Mapping[str, Column],
    extra: Callable[[Row], Iterable[Complaint]] | None = None,
) -> list[Row]:
    """The rows of the CSV file at `path`, each a dict with every column of `columns`.

    UTF-8 with or without BOM, or GB18030 (what a Chinese spreadsheet saves).
    Empty lines are passed over. `extra` looks at a row whose cells are all
    readable and yields (column, what is allowed) for what does not go together.
    Raises TableFaults, with every fault of the file.
    """
    header, *records = _records(path)
    faults = list(_header_faults(path.name, header, columns))
    if faults:
        raise TableFaults(faults)
    rows: list[Row] = []
    seen: dict[tuple[str, object], int] = {}
    for number, cells in enumerate(records, start=2):
        if not any(cells):
            continue
        row, wrong = _read_row(path.name, number, header, cells, columns)
        if not wrong:
            wrong = [
                Fault(path.name, number, column, _shown(_cell(header, cells, column)), allowed)
                for column, allowed in (extra(row) if extra else ())
            ]
            wrong += _repeated(path.name, number, row, columns, seen)
        faults += wrong
        rows.append(row)
    if faults:
        raise TableFaults(faults)
    return rows


# What a cell may hold


def text(*, longest: int = 200, **more: Any) -> Column:
    """Words, at most `longest` characters."""

    def read(cell: str) -> str:
        if len(cell) > longest:
            raise ValueError(cell)
        return cell

    return Column(read, N_("文字，不超过{longest}个字"), {"longest": longest}, **more)


def whole_number(low: int, high: int, **more: Any) -> Column:
    """A whole number from `low` to `high`, both included."""

    def read(cell: str) -> int:
        if not low <= (number := int(_plain(cell))) <= high:
            raise ValueError(cell)
        return number

    return Column(read, N_("{low}到{high}之间的整数"), {"low": low, "high": high}, **more)


def decimal_number(low: Decimal, high: Decimal, *, places: int = 2, **more: Any) -> Column:
    """A decimal from `low` to `high`, both included, with at most `places` decimals."""

    def read(cell: str) -> Decimal:
        try:
            number = Decimal(_plain(cell))
        except InvalidOperation:
            raise ValueError(cell) from None
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -places or not low <= number <= high:
            raise ValueError(cell)
        return number

    says = {"low": low, "high": high, "places": places}
    return Column(read, N_("{low}到{high}之间的数，最多{places}位小数"), says, **more)


def choice(meanings: Mapping[str, Any], **more: Any) -> Column:
    """One of the words of `meanings`, read as what it means."""

    def read(cell: str) -> Any:
        if cell not in meanings:
            raise ValueError(cell)
        return meanings[cell]

    return Column(read, N_("以下之一：{choices}"), {"choices": "、".join(meanings)}, **more)


def one_of(known: Collection[str], allowed: str, **more: Any) -> Column:
    """One of many `known` codes, too many to list: `allowed` says where they are found."""

    def read(cell: str) -> str:
        if cell not in known:
            raise ValueError(cell)
        return cell

    return Column(read, allowed, **more)


def yes_or_no(**more: Any) -> Column:
    """是 or 否, as True or False."""
    return choice({"是": True, "否": False}, **more)


def day(**more: Any) -> Column:
    """A day of the calendar, as 2026-03-01 or 2026/3/1 (what a spreadsheet makes of it)."""

    def read(cell: str) -> date:
        year, month, of_month = (int(part) for part in cell.replace("/", "-").split("-"))
        return date(year, month, of_month)

    return Column(read, N_("日期，如2026-03-01"), **more)


# Reading


def _plain(cell: str) -> str:
    """`cell` again: Python would also read full-width digits and 1_000, a spreadsheet not."""
    if not cell.isascii() or "_" in cell:
        raise ValueError(cell)
    return cell


def _records(path: Path) -> list[list[str]]:
    """Every record of the file with its cells stripped; the first is the header."""

    def whole_file(allowed: str) -> TableFaults:
        return TableFaults([Fault(path.name, 1, "—", "", allowed)])

    try:
        written = _decoded(path.read_bytes())
        records = [
            [cell.strip() for cell in cells]
            for cells in csv.reader(io.StringIO(written, newline=""), strict=True)
        ]
    except UnicodeDecodeError:
        raise whole_file(N_("请另存为“CSV UTF-8”后再用；能识别的编码是UTF-8和GB18030")) from None
    except csv.Error:
        raise whole_file(N_("不是完整的CSV表格：请检查引号是否成对")) from None
    if not records or not any(records[0]):
        raise whole_file(N_("第一行应为列名，文件却是空的"))
    return records


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw:
        raise UnicodeDecodeError("utf-8", raw, 0, 1, "UTF-16, or no text at all")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _header_faults(file: str, header: list[str], columns: Mapping[str, Column]) -> Iterator[Fault]:
    known = {"columns": "、".join(columns)}
    for name, column in columns.items():
        if column.required and name not in header:
            yield Fault(file, 1, name, "", N_("缺少这一列"))
    for name in dict.fromkeys(header):
        if name not in columns:
            yield Fault(
                file, 1, name or "—", _shown(name), N_("没有这一列；可用的列：{columns}"), known
            )
        elif header.count(name) > 1:
            yield Fault(file, 1, name, _shown(name), N_("同一列只能出现一次"))


def _read_row(
    file: str, number: int, header: list[str], cells: list[str], columns: Mapping[str, Column]
) -> tuple[Row, list[Fault]]:
    row: Row = {}
    wrong: list[Fault] = []
    if any(cells[len(header) :]):
        beyond = _shown("，".join(cells[len(header) :]))
        wrong.append(Fault(file, number, "—", beyond, N_("这一行的格子不能多于列名")))
    for name, column in columns.items():
        cell = _cell(header, cells, name)
        if not cell and not column.required:
            row[name] = column.default
            continue
        try:
            row[name] = column.read(_filled(cell))
        except ValueError:
            wrong.append(Fault(file, number, name, _shown(cell), column.allowed, column.values))
    return row, wrong


def _filled(cell: str) -> str:
    if not cell:
        raise ValueError(cell)
    return cell


def _repeated(
    file: str,
    number: int,
    row: Row,
    columns: Mapping[str, Column],
    seen: dict[tuple[str, object], int],
) -> Iterator[Fault]:
    for name, column in columns.items():
        if column.unique and row[name] is not None:
            first = seen.setdefault((name, row[name]), number)
            if first != number:
                shown = _shown(str(row[name]))
                yield Fault(
                    file, number, name, shown, N_("不能与第{first}行相同"), {"first": first}
                )


def _cell(header: list[str], cells: list[str], column: str) -> str:
    at = header.index(column) if column in header else len(cells)
    return cells[at] if at < len(cells) else ""


def _shown(value: str) -> str:
    return value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"
