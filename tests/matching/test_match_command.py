"""The command `match`: two spreadsheets in, seats and reasons out."""

import csv
import json

import pytest
import typer
from typer.testing import CliRunner

from services.cli.match import match

app = typer.Typer()
app.command()(match)


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path):
    assert run("--example", tmp_path).exit_code == 0
    return tmp_path


def matched(folder, *more):
    return run(
        *("--people", folder / "people.csv", "--orders", folder / "orders.csv"),
        *("--out", folder / "out", "--as-of", "2026-03-02", *more),
    )


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_example_is_matched_and_proven_best(folder):
    told = matched(folder, "--json")
    assert told.exit_code == 0, told.output
    summary = json.loads(told.stdout)
    assert summary["proven_best"]
    assert summary["gap"] == 0
    assert summary == json.loads((folder / "out/summary.json").read_text("utf-8"))
    allotted = {row["person_id"]: row for row in rows(folder / "out/allotment.csv")}
    assert allotted.keys() == {"P1", "P2", "P3", "P4"}
    assert summary["seats_filled"] == sum(row["order_id"] != "" for row in allotted.values())


def test_every_opening_says_what_to_arrange_to_learn_and_to_ask(folder):
    matched(folder)
    openings = {
        (row["person_id"], row["order_id"]): row for row in rows(folder / "out/openings.csv")
    }
    assert openings["P2", "O1"]["bin"] == "加便利可胜任"
    assert "手控" in openings["P2", "O1"]["arrange"]
    assert ("P2", "O2") not in openings
    assert "近距离视力" in openings["P3", "O1"]["ask"]
    assert openings["P4", "O3"]["bin"] == "培训后可胜任"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_usual_encodings_of_spreadsheets_are_read(folder, encoding):
    for name in ("people.csv", "orders.csv"):
        words = (folder / name).read_text("utf-8-sig")
        (folder / name).write_text(words, encoding, newline="")
    assert matched(folder).exit_code == 0


def test_every_wrong_cell_of_both_files_is_told_at_once(folder):
    spoil(folder / "people.csv", {0: {"cap.lift": "5", "county": "999999"}, 2: {"musts": "钱"}})
    spoil(folder / "orders.csv", {1: {"seats": "many", "demand.lift": "3?"}})
    told = matched(folder)
    assert told.exit_code == 1
    for place in (
        "people.csv，第2行，cap.lift",
        "people.csv，第2行，county",
        "people.csv，第4行，musts",
        "orders.csv，第3行，seats",
        "orders.csv，第3行，demand.lift",
    ):
        assert place in told.stderr
    assert not (folder / "out").exists()


def spoil(path, cells):
    table = rows(path)
    for at, wrong in cells.items():
        table[at].update(wrong)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, table[0].keys())
        writer.writeheader()
        writer.writerows(table)


def test_a_missing_file_and_missing_words_fail(folder):
    (folder / "people.csv").unlink()
    assert matched(folder).exit_code == 1
    assert run("--out", folder).exit_code == 2


def test_two_runs_write_the_same_bytes(folder):
    matched(folder)
    first = [path.read_bytes() for path in sorted((folder / "out").iterdir())]
    matched(folder)
    assert [path.read_bytes() for path in sorted((folder / "out").iterdir())] == first
    assert len(first) == 4


def test_a_word_that_is_no_code_is_told_with_the_likely_one_and_left_as_it_is(folder):
    orders = folder / "orders.csv"
    assert json.loads(matched(folder, "--json").stdout)["occupations_without_code"] == []
    text = orders.read_text("utf-8-sig").replace("6-05-01-03,", "平缝工,", 1)
    orders.write_text(text, "utf-8-sig")
    (told,) = json.loads(matched(folder, "--json").stdout)["occupations_without_code"]
    assert told["occupation"] == "平缝工"
    assert told["code"] == "6-05-01-03"
    assert "平缝工" in orders.read_text("utf-8-sig")
    assert "请您核对后自己改" in matched(folder).output
