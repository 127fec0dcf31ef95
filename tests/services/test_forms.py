"""What a person types becomes values, or every error at once with nothing lost."""

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from multidict import MultiDict

from services.web import forms
from services.web.forms import Choice, Choices, Day, File, Integer, Invalid, Number, Text, Yes
from tests.services.gallery import FIELDS, Application, wrong_form


def one(field: forms.Field, *pairs: tuple[str, Any]) -> Any:
    return forms.parse(lambda **values: values["it"], [field], MultiDict(pairs))


def error(field: forms.Field, *pairs: tuple[str, Any]) -> str:
    with pytest.raises(Invalid) as caught:
        one(field, *pairs)
    return str(caught.value.errors["it"])


@dataclass
class Given:
    filename: str
    file: io.BytesIO


def test_a_whole_form_becomes_one_value() -> None:
    proof = Given("证书.PDF", io.BytesIO(b"%PDF"))
    typed: dict[str, Any] = {
        "name": "阳光基地",
        "why": "按规定",
        "city": "410100",
        "kind": "order",
        "agree": "yes",
        "seats": "３０",
        "start": "2026",
        "start-month": "１１",
        "start-day": "23",
        "score": "86.5",
        "proof": proof,
    }
    pairs = MultiDict([*typed.items(), ("needs", "sign"), ("needs", "ramp")])
    application = forms.parse(Application, FIELDS, pairs)
    assert application == Application(
        name="阳光基地",
        why="按规定",
        city="410100",
        kind="order",
        needs=("ramp", "sign"),
        agree=True,
        start=date(2026, 11, 23),
        seats=30,
        score=Decimal("86.5"),
        proof=proof,
    )


def test_every_error_comes_at_once_in_the_order_of_the_form_and_nothing_is_lost() -> None:
    form = wrong_form()
    assert list(form.errors) == [field.name for field in FIELDS if field.name != "needs"]
    assert form.value("seats") == "十"
    assert form.value("name") == "长" * 21
    assert form.chosen("needs") == ("ramp",)
    assert form.error("name") == "机构名称最多20个字，现在有21个字"


def test_full_width_digits_and_spaces_are_made_ordinary() -> None:
    assert one(Text("it", "电话"), ("it", "　０３７１ １２３\u200b ")) == "0371 123"
    assert one(Integer("it", "名额"), ("it", "１，２００")) == 1200
    assert one(Number("it", "得分"), ("it", "８．５")) == Decimal("8.5")


@pytest.mark.parametrize(
    "typed", ["2026-11-23", "2026/11/23", "2026年11月23日", "２０２６．１１．２３"]
)
def test_a_date_may_be_typed_in_one_piece(typed: str) -> None:
    assert one(Day("it", "日期"), ("it", typed)) == date(2026, 11, 23)


@pytest.mark.parametrize("typed", ["2026-02-30", "2026", "明天", "99999-1-1"])
def test_a_day_that_does_not_exist_is_refused(typed: str) -> None:
    assert "真实的日期" in error(Day("it", "日期"), ("it", typed))


@pytest.mark.parametrize("typed", ["NaN", "Infinity", "1e9", "8.5.1", "八"])
def test_a_number_is_written_in_digits(typed: str) -> None:
    assert error(Number("it", "得分"), ("it", typed)) == "得分须为数字，例如 8.5"


def test_bounds_are_included() -> None:
    field = Integer("it", "名额", least=1, most=30)
    assert one(field, ("it", "30")) == 30
    assert error(field, ("it", "31")) == "名额不能大于30"
    assert error(field, ("it", "0")) == "名额不能小于1"
    assert error(Number("it", "得分"), ("it", "1.234")) == "得分最多2位小数"


def test_only_what_was_offered_can_be_chosen() -> None:
    assert "列出的选项" in error(Choice("it", "城市", options=("a",)), ("it", "b"))
    assert "列出的选项" in error(Choices("it", "便利", options=("a",)), ("it", "a"), ("it", "b"))


def test_an_open_question_may_stay_open() -> None:
    assert one(Text("it", "备注", required=False)) == ""
    assert one(Integer("it", "名额", required=False)) is None
    assert one(Choices("it", "便利", required=False)) == ()
    assert one(Yes("it", "同意", required=False)) is False
    assert one(Day("it", "日期", required=False)) is None


def test_a_file_is_refused_by_its_ending_and_its_size() -> None:
    field = File("it", "材料", most_bytes=3 * 1024**2)
    assert "格式" in error(field, ("it", Given("a.exe", io.BytesIO(b"MZ"))))
    assert "空文件" in error(field, ("it", Given("a.pdf", io.BytesIO())))
    assert "3 MB" in error(field, ("it", Given("a.pdf", io.BytesIO(b"0" * (3 * 1024**2 + 1)))))


def test_stored_values_are_shown_for_editing() -> None:
    fields = (Day("start", "日期"), Choices("needs", "便利"), Yes("agree", "同意"))
    form = forms.filled(fields, {"start": date(2026, 11, 3), "needs": ("a", "b"), "agree": True})
    assert (form.value("start"), form.value("start-month"), form.value("start-day")) == (
        "2026",
        "11",
        "3",
    )
    assert form.chosen("needs") == ("a", "b")
    assert form.value("agree") == "yes"
