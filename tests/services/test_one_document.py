"""`--json` prints one JSON document and nothing else, down to what a C library writes to the file
descriptor: so each command runs as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import highspy
import pytest

YUPEI = Path(sys.executable).with_name("yupei")


def printed(*words: object, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = os.environ | ({"YUPEI_HOME": str(home)} if home else {})
    environ.pop("DATABASE_URL", None)
    return subprocess.run(
        [YUPEI, *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        env=environ,
        timeout=300,
    )


def documents(text: str) -> list[object]:
    """Every JSON document in the text. Raises where something else stands between them."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        one, at = decoder.raw_decode(text, at)
        found.append(one)
    return found


@pytest.fixture
def files(tmp_path):
    assert printed("score", "--example", tmp_path / "sheet.json").returncode == 0
    assert printed("rubric", "lint", "--example", tmp_path / "rubric.json").returncode == 0
    assert printed("match", "--example", tmp_path).returncode == 0
    assert printed("cover", "--example", tmp_path / "bases.csv").returncode == 0
    return tmp_path


def test_commands_on_files_print_one_document(files):
    match = ("--people", files / "people.csv", "--orders", files / "orders.csv", "--out", files)
    for words, code in (
        (("score", "--sheet", files / "sheet.json"), 0),
        (("rubric", "lint", files / "rubric.json"), 0),
        (("match", *match), 0),
        (("cover", "--bases", files / "bases.csv"), 1),
    ):
        told = printed(*words, "--json")
        assert (told.returncode, told.stderr) == (code, ""), told
        assert len(documents(told.stdout)) == 1


def test_commands_on_files_that_cannot_be_used_print_one_document(files):
    (files / "bad.csv").write_text("nothing\n1\n", "utf-8")
    for words in (
        ("score", "--sheet", files / "bad.csv"),
        ("rubric", "lint", files / "bad.csv"),
        ("match", "--people", files / "bad.csv", "--orders", files / "bad.csv", "--out", files),
        ("cover", "--bases", files / "bad.csv"),
    ):
        told = printed(*words, "--json")
        assert told.returncode != 0
        assert len(documents(told.stdout)) == 1, told


@pytest.mark.long
def test_the_demonstration_prints_one_document(tmp_path):
    told = printed("demo", "--check", "--json", home=tmp_path)
    assert told.returncode == 0, told.stderr
    assert len(documents(told.stdout)) == 1


def test_a_plain_solver_would_print_its_banner():
    """The guard away: what `accreditation.admission_plan` silences is still there."""
    plain = "import highspy; highspy.Highs().setOptionValue('output_flag', False)"
    told = subprocess.run(
        [sys.executable, "-c", plain], check=False, capture_output=True, text=True
    )
    assert "Running HiGHS" in told.stdout
    with pytest.raises(json.JSONDecodeError):
        documents(told.stdout + "{}")
    assert highspy.Highs.__module__.startswith("highspy")
