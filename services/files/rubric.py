"""A whole rubric as a workbook and as JSON, out and in again without a loss.

The workbook has a sheet for each kind of thing and a row for each thing. Text is always written as
text, so that no cell becomes a formula; numbers that a spreadsheet could not hold go as text too.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from accreditation.errors import Refusal
from accreditation.rubric import decimal_of, parse
from services.files.rubric_sheets import LISTS, ONE, Cell, Sheet
from services.files.table import Fault, TableFaults
from services.i18n import N_

MOST_BYTES: Final = 2 * 1024 * 1024  # of the file; the default rubric takes 60 kB
MOST_UNPACKED: Final = 20 * 1024 * 1024
MOST_ROWS: Final = 5_000  # of one sheet
LONGEST: Final = 32_767  # characters that a cell can hold
_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_MADE: Final = datetime(2022, 1, 1, tzinfo=UTC).replace(
    tzinfo=None
)  # the same data, the same bytes
Row = dict[str, Any]


def as_json(document: Mapping[str, Any]) -> str:
    """The document as JSON; its numbers digit for digit."""
    return _JSON.encode(document).decode()


def as_pretty_json(document: Mapping[str, Any]) -> bytes:
    """The same for a person to read."""
    return msgspec.json.format(_JSON.encode(document), indent=2)


# Out


def as_workbook(document: Mapping[str, Any]) -> bytes:
    """The document as an .xlsx file. Raises Refusal for a text that no cell can hold."""
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": _MADE})
        bold = book.add_format({"bold": True, "bg_color": "#e8eef0"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        _write(book, ONE, [document], bold, wrap)
        for sheet in LISTS:
            _write(book, sheet, list(_records(document, sheet)), bold, wrap)
    return out.getvalue()


def _records(document: Mapping[str, Any], sheet: Sheet) -> Iterator[Row]:
    """The rows of a sheet, each with the codes of what it belongs to."""
    levels: list[Row] = [{"": document}]
    *above, last = sheet.path
    for name, code in zip(above, sheet.codes, strict=True):
        levels = [
            {**row, code: one[_key(name)], "": one} for row in levels for one in _at(row[""], name)
        ]
    for row in levels:
        found = _at(row[""], last)
        if isinstance(found, Mapping):  # words by their key
            found = [{"key": key, **words} for key, words in found.items()]
        yield from ({**row, **one, "": one} for one in found)


def _at(record: Mapping[str, Any], path: str) -> Any:
    """What stands at a path; nothing where it does not lead on."""
    found: Any = record
    for name in path.split("."):
        found = found.get(name, ()) if isinstance(found, Mapping) else ()
    return found


def _key(name: str) -> str:
    return "key" if name == "variables" else "id"


def _write(book: Any, sheet: Sheet, records: list[Any], bold: Any, wrap: Any) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 1)
    page.set_column(0, len(sheet.cells) - 1, 18, wrap)
    for column, cell in enumerate(sheet.cells):
        page.write_string(0, column, cell.title, bold)
        for row, record in enumerate(records, start=1):
            _put(page, row, column, cell, _at(record, cell.field))


def _put(page: Any, row: int, column: int, cell: Cell, value: Any) -> None:
    if value == ():
        return
    if cell.kind == "number" and Decimal(repr(float(value))) == decimal_of(value):
        page.write_number(row, column, float(value))
        return
    text = _TEXT[cell.kind](value)
    if len(text) > LONGEST or page.write_string(row, column, text) != 0:
        raise Refusal("{title}的内容太长，放不进一个单元格", title=cell.title)


_TEXT: Final[Mapping[str, Callable[[Any], str]]] = {
    "text": str,
    "number": str,
    "flag": lambda value: "是" if value else "否",
    "codes": " ".join,
    "json": as_json,
}


# In


def read(name: str, raw: bytes) -> object:
    """The document in an uploaded file, by the ending of its name.

    Its form and sense are the linter's to check. Raises Refusal for what is no such file,
    TableFaults with every cell that can't be read.
    """
    if len(raw) > MOST_BYTES:
        raise Refusal("文件不能超过{most} MB", most=MOST_BYTES // 1024**2)
    if name.lower().endswith(".json"):
        return parse(raw)
    if name.lower().endswith(".xlsx"):
        return from_workbook(raw)
    raise Refusal("请上传xlsx或json文件")


def from_workbook(raw: bytes) -> dict[str, Any]:
    """The document that a workbook of this form holds. Raises Refusal, TableFaults."""
    _unpacks(raw)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        there = set(book.sheet_names)
        lost = [one.name for one in (ONE, *LISTS) if one.name not in there]
        if lost:
            raise Refusal("缺少工作表：{sheets}", sheets="、".join(lost))
        pages = {one.name: _rows(book, one.name) for one in (ONE, *LISTS)}
    except CalamineError:
        raise Refusal("打不开这个文件：请另存为xlsx后再上传") from None
    faults: list[Fault] = []
    whole = _read(ONE, pages[ONE.name], faults)
    document: dict[str, Any] = whole[0][1] if whole else {}
    for sheet in LISTS:
        _lay(document, sheet, _read(sheet, pages[sheet.name], faults), faults)
    if faults:
        raise TableFaults(faults)
    return document


def _unpacks(raw: bytes) -> None:
    """Raises Refusal unless the archive is whole and of a reasonable size when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            left = MOST_UNPACKED
            for info in archive.infolist():
                with archive.open(info) as file:
                    while piece := file.read(65_536):
                        left -= len(piece)
                        if left < 0:
                            raise Refusal("文件展开后太大")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error):
        raise Refusal("打不开这个文件：请另存为xlsx后再上传") from None


def _rows(book: CalamineWorkbook, name: str) -> list[list[Any]]:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if len(rows) > MOST_ROWS:
        raise Refusal("工作表“{name}”超过{most}行", name=name, most=MOST_ROWS)
    return rows


def _read(sheet: Sheet, rows: list[list[Any]], faults: list[Fault]) -> list[tuple[int, Row]]:
    """The records of a sheet with their row numbers; what can't be read is a fault."""
    header = [str(cell).strip() for cell in rows[0]] if rows else []
    known = {cell.title: cell for cell in sheet.cells}
    faults += [
        Fault(sheet.name, 1, title, "", N_("缺少这一列")) for title in known if title not in header
    ]
    faults += [
        Fault(sheet.name, 1, title, title[:40], N_("没有这一列"))
        for title in dict.fromkeys(header)
        if title and title not in known
    ]
    found = []
    for number, row in enumerate(rows[1:], start=2):
        record: Row = {}
        for title, value in zip(header, row, strict=False):
            if value == "" or value is None or title not in known:
                continue
            cell = known[title]
            try:
                _set(record, cell.field, _FROM[cell.kind](value))
            except (TypeError, ValueError, InvalidOperation, Refusal):
                shown = str(value)[:40]
                faults.append(Fault(sheet.name, number, title, shown, _ALLOWED[cell.kind]))
        if record:
            found.append((number, record))
    return found


def _set(record: Row, path: str, value: Any) -> None:
    *above, last = path.split(".")
    inner: Any = record
    for name in above:
        inner = inner.setdefault(name, {})
    inner[last] = value


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a code that a spreadsheet took for a number
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    number = Decimal(value.strip() if isinstance(value, str) else repr(value))
    if not number.is_finite() or (number and abs(number.adjusted()) > 12):
        raise ValueError(value)
    return int(number) if number == number.to_integral_value() else number


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("是", "否"):
        raise ValueError(value)
    return bool(value == "是")


_FROM: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "codes": lambda value: _text(value).split(),
    "json": lambda value: parse(_text(value)),
}
_ALLOWED: Final = {
    "text": N_("文字"),
    "number": N_("数"),
    "flag": N_("是或否"),
    "codes": N_("编号，用空格隔开"),
    "json": N_("JSON，与导出的写法相同"),
}


def _lay(document: Row, sheet: Sheet, records: list[tuple[int, Row]], faults: list[Fault]) -> None:
    """Hangs the records of a sheet on what they belong to."""
    *above, last = sheet.path
    parents: dict[tuple[str, ...], Row] = {(): document}
    for name in above:
        parents = {
            (*codes, str(one.get(_key(name)))): one
            for codes, parent in parents.items()
            for one in _at(parent, name)
        }
    if sheet.always:
        for parent in parents.values():
            _set(parent, last, {} if sheet.by_key else [])
    for number, record in records:
        codes = tuple(str(record.pop(code, "")) for code in sheet.codes)
        owner = parents.get(codes)
        if owner is None:
            shown = " ".join(codes)[:40]
            faults.append(
                Fault(sheet.name, number, sheet.cells[0].title, shown, N_("没有这个编号"))
            )
        elif sheet.by_key:
            _at(owner, last)[record.pop("key", "")] = record
        else:
            if not _at(owner, last):
                _set(owner, last, [])
            _at(owner, last).append(record)
