"""A rubric leaves as a workbook or JSON and comes back the same; what can't be read is named."""

import io
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from python_calamine import CalamineWorkbook

from accreditation.errors import Refusal
from accreditation.inheritance import inherited
from accreditation.rubric import default_text, parse
from services.files import rubric
from services.files.rubric_sheets import LISTS, ONE
from services.files.table import TableFaults
from tests.accreditation.test_derivation import local_changes
from tests.accreditation.test_inheritance import NATION

DEFAULT = parse(default_text("rubric.json"))


def test_the_default_rubric_comes_back_from_a_workbook_as_it_went():
    assert rubric.from_workbook(rubric.as_workbook(DEFAULT)) == DEFAULT


def test_the_same_rubric_makes_the_same_bytes():
    assert rubric.as_workbook(DEFAULT) == rubric.as_workbook(DEFAULT)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(local_changes())
def test_every_local_rubric_comes_back_from_both_formats(changes):
    whole = inherited(NATION, changes)[0].document
    assert rubric.read("r.xlsx", rubric.as_workbook(whole)) == whole
    assert rubric.read("r.json", rubric.as_pretty_json(whole)) == whole
    assert parse(rubric.as_json(changes)) == changes


@pytest.mark.parametrize("said", ["=1+1", "+86", "-2", "@SUM(A1)", '=HYPERLINK("http://x")', "003"])
def test_no_text_becomes_a_formula_or_a_number(said):
    whole = {**DEFAULT, "basis_note": {"zh": said, "en": said}}
    written = rubric.as_workbook(whole)
    assert rubric.from_workbook(written) == whole
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name), name


def edited(sheet, row, title, value):
    """The default rubric's workbook with one cell typed over."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(rubric.as_workbook(DEFAULT)))
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        for name in book.sheet_names:
            page = made.add_worksheet(name)
            rows = book.get_sheet_by_name(name).to_python()
            for at, cells in enumerate(rows, start=1):
                for column, cell in enumerate(cells):
                    typed = value if (name, at, rows[0][column]) == (sheet, row, title) else cell
                    page.write(at - 1, column, typed)
    return out.getvalue()


def test_a_number_that_a_person_typed_is_read():
    read = rubric.from_workbook(edited("等级", 2, "最低分", 92.5))
    assert read["grades"][0]["min"] == Decimal("92.5")


@pytest.mark.parametrize(
    ("sheet", "row", "title", "value"),
    [
        ("指标", 3, "分值", "两分"),
        ("指标", 3, "核心", "大概"),
        ("附加条件", 2, "条件", "{"),
        ("证据", 2, "所属指标", "Z.9.9"),
        ("等级", 1, "最低分", "分数"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(sheet, row, title, value):
    with pytest.raises(TableFaults) as told:
        rubric.from_workbook(edited(sheet, row, title, value))
    assert (sheet, row) in {(one.file, one.row) for one in told.value.faults}


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (rubric.MOST_UNPACKED + 1))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("r.xlsx", b"PK\x03\x04 no archive"),
        ("r.xlsx", b""),
        ("r.xlsx", bomb()),
        ("r.xlsx", b"0" * (rubric.MOST_BYTES + 1)),
        ("r.json", b"{"),
        ("r.json", b"\xff\xfe"),
        ("r.exe", b"MZ"),
    ],
)
def test_what_is_no_rubric_file_is_refused(name, raw):
    with pytest.raises(Refusal):
        rubric.read(name, raw)


def test_a_workbook_without_our_sheets_says_which_are_missing():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet(ONE.name)
    with pytest.raises(Refusal) as told:
        rubric.from_workbook(out.getvalue())
    assert LISTS[0].name in str(told.value)
