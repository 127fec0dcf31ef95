"""What the documents cite is there: a guard that names its test can be checked by running it."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DOCS = TESTS.parent / "docs"
NAME = re.compile(r"`((?:[\w/]+\.py)?)::(\w+)`")


def cited(text: str) -> list[tuple[str, str]]:
    """(file, test) in the order cited; `::test` belongs to the file named before it in its line."""
    found = []
    for line in text.splitlines():
        file = ""
        for given, test in NAME.findall(line):
            file = given or file
            found.append((file, test))
    return found


def missing(text: str) -> list[str]:
    """Citations that lead nowhere."""
    wrong = []
    for file, test in cited(text):
        places = list(TESTS.rglob(file)) if file else []
        if not any(f"def test_{test}(" in place.read_text("utf-8") for place in places):
            wrong.append(f"{file}::{test}")
    return wrong


def test_every_test_that_the_threat_model_cites_exists() -> None:
    text = (DOCS / "threat-model.md").read_text("utf-8")
    assert len(cited(text)) > 60
    assert missing(text) == []


def test_a_test_that_is_not_there_is_found() -> None:
    assert missing("| x | `test_seats.py::nobody_wrote_this` |") == [
        "test_seats.py::nobody_wrote_this"
    ]
    assert missing("`::two_hundred_at_once_get_exactly_the_seats_there_are`")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")) + sorted(DOCS.parent.glob("*.md")))
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


GUIDES = sorted((DOCS / "user").glob("*.md"))
EXAMPLES = {" "}  # 「 」 itself, where the guides say what it means


def on_screen() -> str:
    """Every text that people can see: of templates and code, and of the lifecycle's data."""
    root = TESTS.parent
    said = [path.read_text("utf-8") for path in (root / "services/web/locale/en").glob("*.po")]
    said.append((root / "accreditation/data/lifecycle.json").read_text("utf-8"))
    return "\n".join(said)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_names_only_what_is_on_the_screen(guide: Path) -> None:
    shown = on_screen()
    named = set(re.findall(r"「([^」]*)」", guide.read_text("utf-8"))) - EXAMPLES
    assert named
    assert {one for one in named if f'"{one}"' not in shown} == set()


def test_every_role_has_a_guide_in_the_index() -> None:
    index = (DOCS / "user/README.md").read_text("utf-8")
    assert all(guide.name in index for guide in GUIDES if guide.name != "README.md")
    assert len(GUIDES) == 7
