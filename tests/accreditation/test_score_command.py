"""`score` and `rubric` on files."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from accreditation.rubric import default_rubric, default_text
from services.cli.rubric import app as rubric_app
from services.cli.score import score
from services.files.score import SheetFaults, example_sheet, read_sheet

RUBRIC = default_rubric()
app = typer.Typer()
app.command()(score)
app.add_typer(rubric_app, name="rubric")
run = CliRunner().invoke


def test_the_example_sheet_scores(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.json"
    assert run(app, ["score", "--example", str(sheet)]).exit_code == 0
    told = run(app, ["score", "--sheet", str(sheet), "--json"])
    assert told.exit_code == 0
    result = json.loads(told.stdout)
    assert result["stage"] == "admission"
    assert result["counted"] == "39"
    assert result["complete"] is True
    assert "等级" in run(app, ["score", "--sheet", str(sheet)]).stdout


def test_every_fault_of_a_sheet_is_told_at_once() -> None:
    raw = json.loads(example_sheet(RUBRIC))
    raw["stage"] = "someday"
    raw["measures"]["A.1.1"]["tenure_months"] = -1
    raw["measures"]["A.1.2"]["colour"] = "red"
    raw["measures"]["Z.1"] = {}
    raw["not_applicable"] = [{"item": "A.1.1", "reason": "x", "approved_by": "y"}]
    raw["vetoes"] = ["V99"]
    raw["mood"] = "good"
    with pytest.raises(SheetFaults) as told:
        read_sheet(json.dumps(raw), RUBRIC)
    paths = {fault.path for fault in told.value.faults}
    assert paths == {
        "stage",
        "measures.A.1.1.tenure_months",
        "measures.A.1.2.colour",
        "measures.Z.1",
        "not_applicable[0].item",
        "vetoes[0]",
        "mood",
    }
    assert "admission | operation" in str(told.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stage": "someday"}'])
def test_an_unreadable_sheet_ends_with_2(tmp_path: Path, text: str) -> None:
    sheet = tmp_path / "sheet.json"
    sheet.write_text(text, encoding="utf-8")
    assert run(app, ["score", "--sheet", str(sheet), "--json"]).exit_code == 2
    assert run(app, ["score", "--sheet", str(tmp_path / "none")]).exit_code == 2


def test_a_refused_sheet_ends_with_1(tmp_path: Path) -> None:
    raw = json.loads(example_sheet(RUBRIC))
    raw["measures"]["B.1.2"] = {"administrators": 2}
    raw["measures"]["C.1.1"] = {"full_time_teachers": 3, "teachers": 2}
    sheet = tmp_path / "sheet.json"
    sheet.write_text(json.dumps(raw), encoding="utf-8")
    told = run(app, ["score", "--sheet", str(sheet), "--json"])
    assert told.exit_code == 1
    assert "专职教师" in json.loads(told.stdout)["faults"][0]


def test_lint_ends_with_1_where_a_rubric_contradicts_itself(tmp_path: Path) -> None:
    file = tmp_path / "rubric.json"
    assert run(app, ["rubric", "lint", "--example", str(file)]).exit_code == 0
    assert run(app, ["rubric", "lint", str(file)]).exit_code == 0
    raw = json.loads(file.read_text(encoding="utf-8"))
    raw["items"][0]["points"] = 3
    file.write_text(json.dumps(raw), encoding="utf-8")
    told = run(app, ["rubric", "lint", str(file), "--json"])
    assert told.exit_code == 1
    assert {fault["item"] for fault in json.loads(told.stdout)["faults"]} == {"A.1", "A.1.1"}
    assert run(app, ["score", "--rubric", str(file), "--sheet", str(file)]).exit_code == 1


def test_lint_ends_with_2_where_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert run(app, ["rubric", "lint", str(tmp_path / "none.json")]).exit_code == 2


def test_the_schema_is_printed() -> None:
    told = run(app, ["rubric", "schema"])
    assert told.stdout == default_text("rubric.schema.json")
