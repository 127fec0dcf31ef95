"""Every page stands in the shell, says what it is and holds nothing that it should not."""

import gzip
import hashlib
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal

import jinja2
import pytest

from services import i18n
from services.i18n import Language
from services.web import charts, pages
from services.web.charts import Bar, State
from services.web.forms import Filled
from tests.services.gallery import gallery, wrong_form
from tests.services.page_check import check_page, faults

VENDOR = pages.HERE / "static/vendor"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", [Filled(), wrong_form()])
def test_every_part_of_the_shell_is_sound(language: Language, form: Filled) -> None:
    check_page(gallery(language, form))


def test_the_chinese_page_says_nothing_in_english_but_the_language_switch() -> None:
    html = gallery("zh", wrong_form())
    assert ">Error" not in html
    assert html.count("English") == 1


def test_a_problem_says_what_to_do_next() -> None:
    html = pages.render(
        "problem.html", "en", title="Not found", detail=None, advice=[], request_id="01JD7"
    )
    check_page(html)
    assert "What to do next" in html
    assert "01JD7" in html


@pytest.mark.parametrize(
    ("sound", "planted", "fault"),
    [
        ('lang="zh-Hans-CN" class', 'lang="fr" class', "html needs lang"),
        ("<h1 ", "<h1>二</h1><h1 ", "2 h1"),
        ('<label class="govuk-label govuk-label--s" for="name">', "<label>", "no label: name"),
        ("</body>", "<script>go()</script></body>", "inline script"),
        ("</body>", '<p style="color:red">x</p></body>', "inline style"),
        ("</body>", '<p onclick="go()">x</p></body>', "handler: onclick"),
        ("</body>", "{{ name }}</body>", "unrendered"),
        ("</body>", "{% if %}</body>", "unrendered"),
        ("</body>", '<p id="name"></p></body>', "id twice: name"),
        ("</body>", '<a href="/x"> </a></body>', "a says nothing"),
        ("</body>", '<img src="/x.png"></body>', "no alt"),
        ("</body>", '<form method="post" action="/x"></form></body>', "form without a token"),
        ("</body>", '<a href="#nowhere">x</a></body>', "link leads nowhere"),
    ],
)
def test_a_planted_fault_is_found(sound: str, planted: str, fault: str) -> None:
    html = gallery("zh", Filled())
    assert sound in html
    assert any(fault in one for one in faults(html.replace(sound, planted, 1)))


def test_what_a_template_is_not_given_is_an_error_not_a_blank() -> None:
    with pytest.raises(jinja2.UndefinedError):
        pages.render("problem.html", "zh", title="x")


def test_what_a_person_typed_is_never_markup() -> None:
    bad = "<script>alert(1)</script>"
    html = gallery("zh", Filled({"name": (bad,), "why": (bad,)}))
    assert bad not in html
    assert "<b>" not in pages.translated("请填写{label}", label="<b>")


def test_dates_scores_and_counts_read_as_people_write_them() -> None:
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert pages.date_text(date(2026, 11, 23)) == "2026年11月23日"
    assert pages.datetime_text(late) == "2026年11月24日 00:30"
    with i18n.using("en"):
        assert pages.date_text(date(2026, 11, 23)) == "23 November 2026"
    assert pages.points(Decimal("86.50")) == "86.5"
    assert pages.points(100) == "100"
    assert pages.percent(Decimal("0.0065"), 1) == "0.7%"
    assert pages.number(160000) == "160,000"


def test_the_grid_shows_all_157_counties_by_letter_pattern_and_colour() -> None:
    states = {"gap": State("无基地", "缺", "late"), "has": State("有基地", "有", "good")}
    svg = charts.tile_grid("覆盖", states, {"410102": "has", "419001": "gap"})
    assert svg.count("<g ") == 157
    assert "郑州市中原区 有基地" in svg
    assert 'fill="url(#grid-late)"' in svg
    assert len({(tile.row, tile.column) for tile in charts.tiles()}) == 157
    with pytest.raises(KeyError):
        charts.tile_grid("覆盖", states, {"410102": "?"})


def test_bars_share_one_scale_and_escape_their_labels() -> None:
    svg = charts.bars("进度", [Bar("<甲>", 50, "50", 100), Bar("乙", 100, "100")])
    assert "&lt;甲&gt;" in svg
    assert svg.count("chart-target") == 1
    assert charts.bars("空", []).count("<rect") == 0


def test_vendored_files_are_the_listed_ones_without_the_british_brand() -> None:
    for package in tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["package"]:
        licence = (VENDOR / package["licence_file"]).read_bytes()
        told = package["files"].get(package["licence_file"], package.get("licence_sha256"))
        assert hashlib.sha256(licence).hexdigest() == told
        for name, digest in package["files"].items():
            plain = (VENDOR / name).read_bytes()
            assert hashlib.sha256(plain).hexdigest() == digest
            if name != package["licence_file"]:
                assert gzip.decompress((VENDOR / f"{name}.gz").read_bytes()) == plain
    css = (VENDOR / "govuk-frontend.min.css").read_text("utf-8")
    assert not any(mark in css for mark in ("GDS Transport", "@font-face", "crest", "url("))
