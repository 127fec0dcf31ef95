"""`cover` reads people's files, says what is wrong in them, and prints a plan."""

import json

import pytest
import typer
from typer.testing import CliRunner

from services.cli.cover import cover
from services.files.cover import counties

app = typer.Typer()
app.command()(cover)


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def sample(tmp_path):
    assert run("--example", tmp_path / "bases.csv").exit_code == 0
    return tmp_path / "bases.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_example_is_read_in_every_encoding_people_save(sample, encoding):
    sample.write_text(sample.read_text("utf-8-sig"), encoding)
    told = run("--bases", sample, "--json", "--on", "2026-03-02")
    found = json.loads(told.stdout)
    assert told.exit_code == 1
    assert (found["counties"], len(found["gaps"])) == (157, 156)
    assert found["plan"]["admit"] == ["C002"]
    assert found["plan"]["optimality_gap"] == 0
    assert found["demonstration"]["named"] == [{"base": "B001", "points": "95.5"}]


def test_the_best_score_can_be_asked_for(sample):
    found = json.loads(run("--bases", sample, "--json", "--aim", "score").stdout)
    assert found["plan"]["admit"] == ["C001"]


def test_every_wrong_cell_is_told_at_once(tmp_path):
    path = tmp_path / "bases.csv"
    path.write_text(
        "编号,名称,县区代码,状态,有效期至\nB1,甲,999999,在册,明年\nB1,乙,410102,候选,\n", "utf-8"
    )
    told = run("--bases", path, "--json")
    assert told.exit_code == 2
    assert [(f["row"], f["column"]) for f in json.loads(told.stdout)["faults"]] == [
        (2, "县区代码"),
        (2, "有效期至"),
        (3, "预计得分"),
        (3, "预计费用"),
    ]


def test_every_county_covered_ends_with_zero_and_zones_do_not_count(tmp_path):
    path = tmp_path / "bases.csv"
    rows = [f"B{c.code},甲,{c.code},在册" for c in counties()] + ["Z,区,410171,在册"]
    path.write_text("\n".join(["编号,名称,县区代码,状态", *rows]), "utf-8")
    told = run("--bases", path, "--json")
    assert (told.exit_code, json.loads(told.stdout)["uncounted"]) == (0, ["Z"])
    path.write_text("\n".join(["编号,名称,县区代码,状态", *rows[1:]]), "utf-8")
    assert run("--bases", path).exit_code == 1


def test_jiyuan_has_no_city_above_it():
    assert [c.name for c in counties() if c.city is None] == ["济源市"]


@pytest.mark.parametrize("raw", [b"", b"\xff\xfea\x00", b'a,"b\n', b"\xff\xff\xff"])
def test_a_file_that_is_no_table_is_refused(tmp_path, raw):
    (tmp_path / "x.csv").write_bytes(raw)
    assert run("--bases", tmp_path / "x.csv").exit_code == 2
    assert run("--bases", tmp_path / "none.csv").exit_code == 2
