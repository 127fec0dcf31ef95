"""What an order may not ask of a person: category, grade, sex, height, looks, age.

The words are not simply struck out: they are turned into the question which part of the job
they stand for, because that part may be a demand, and a demand can be met in another way.
"""

import re
from dataclasses import dataclass
from typing import Final

from matching.errors import Refusal

# 残疾人就业条例 第四条 禁止在就业中歧视残疾人; 就业促进法 第二十七条、第二十九条.
_FORBIDDEN: Final = {
    "category": (
        r"(视力|听力|言语|语言|肢体|智力|精神|多重|上肢|下肢|[上下左右]{1,2}肢)残疾?"
        r"|盲人(?!(医疗|保健)?按摩)|聋哑|聋人|哑人|肢残|智障|脑瘫|小儿麻痹|精神病|侏儒|残疾类别|轻度残疾|健全人"
    ),
    "grade": r"[一二三四1-4１-４]\s*级(及?以[上下])?(的)?(重度|轻度)?残|残疾等级|残疾证?\s*[一二三四1-4]\s*级|重度残疾",
    "sex": r"(?<!不)限[男女]|[男女](性|士|工|生)(?!不限)|男女比例|性别(?!不限)",
    "height": r"身高|\d{3}\s*(cm|CM|厘米|公分)",
    "looks": r"形象|五官|相貌|容貌|长相|外貌|颜值|气质",
    "age": r"\d{2}\s*周?岁|年龄|[6-9][05]后|[0０]0后|年轻",
}
KINDS: Final = tuple(_FORBIDDEN)
_PATTERNS: Final = {kind: re.compile(pattern) for kind, pattern in _FORBIDDEN.items()}


@dataclass(frozen=True, slots=True)
class Found:
    """A limit on the person: its kind (one of `KINDS`) and the words."""

    kind: str
    words: str


class AsksAboutPerson(Refusal):
    """The text limits who the person is, not what the job asks."""


def limits(text: str) -> tuple[Found, ...]:
    """Every limit on the person in a text, in the order of `KINDS`."""
    return tuple(
        Found(kind, hit[0]) for kind, pattern in _PATTERNS.items() for hit in pattern.finditer(text)
    )


def check(text: str) -> None:
    """Raises AsksAboutPerson with the question that the poster should answer instead."""
    if found := limits(text):
        raise AsksAboutPerson(
            "“{words}”说的是人，不是岗位。请改写：是哪一部分工作需要？在“岗位要求”里填写这部分工作要做到什么程度",
            words="、".join(dict.fromkeys(one.words for one in found)),
        )
