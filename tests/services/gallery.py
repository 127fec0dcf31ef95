"""A page that shows every part of the shell once: what the tests of the shell look at."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import jinja2
from multidict import MultiDict

from services.i18n import Language
from services.web import forms, pages
from services.web.charts import Bar, State, tiles
from services.web.forms import Choice, Choices, Day, File, Filled, Integer, Number, Text, Yes
from services.web.pages import Link, Shell

FIELDS = (
    Text("name", "机构名称", most=20),
    Text("why", "理由", most=500),
    Choice("city", "所在城市", options=("410100", "410200")),
    Choice("kind", "培训类型", options=("order", "rural")),
    Choices("needs", "合理便利", options=("ramp", "sign")),
    Yes("agree", "同意公开机构名称"),
    Day("start", "开班日期"),
    Integer("seats", "名额", least=1),
    Number("score", "自评分", most=Decimal(100)),
    File("proof", "佐证材料"),
)

GALLERY = Path(__file__).with_name("gallery.html")


@dataclass(frozen=True, slots=True)
class Application:
    name: str
    why: str
    city: str
    kind: str
    needs: tuple[str, ...]
    agree: bool
    start: date
    seats: int
    score: Decimal
    proof: object


def wrong_form() -> Filled:
    """The form after someone sent it with every answer missing or wrong."""
    given = MultiDict([("name", "长" * 21), ("seats", "十"), ("start", "2026"), ("needs", "ramp")])
    try:
        forms.parse(Application, FIELDS, given)
    except forms.Invalid as invalid:
        return invalid.filled
    raise AssertionError("the form should have been refused")


def gallery(language: Language, form: Filled) -> str:
    """The page in a language."""
    own = pages.environment().loader
    assert own is not None
    house = pages.environment().overlay(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.DictLoader({"gallery.html": GALLERY.read_text("utf-8")}),
                own,
            ]
        )
    )
    states = {
        "has": State("有基地", "有", "good"),
        "lapsing": State("即将到期", "临", "due"),
        "planned": State("在建", "建", "fair"),
        "gap": State("无基地", "缺", "late"),
    }
    marks = {tile.code: list(states)[i % 4] for i, tile in enumerate(tiles()) if i % 9}
    shell = Shell(
        person="李某某",
        role="评估员",
        csrf="t-1",
        here="/gallery?page=2",
        demo=True,
        navigation=(
            Link("今日", "/", current=True),
            Link("基地", "/bases"),
            Link("订单", "/orders"),
        ),
        breadcrumbs=(Link("首页", "/"), Link("基地", "/bases")),
    )
    return pages.fill(
        house.get_template("gallery.html"),
        language,
        shell=shell,
        form=form,
        score=Decimal("86.50"),
        due=date(2026, 11, 25),
        states=states,
        marks=marks,
        county_rows=[
            [tile.name, states[marks[tile.code]].label if tile.code in marks else "—"]
            for tile in tiles()
        ],
        rows=[
            Bar("郑州市", 8200, "8,200人", 9000),
            Bar("开封市", 3100, "3,100人", 6000, "due"),
            Bar("济源示范区", 0, "0人", 800, "late"),
        ],
    )
