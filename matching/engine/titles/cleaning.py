"""What of a typed title names the job: pay, place, benefits and numbers set aside.

A title such as 【郑州】高薪诚聘缝纫工5名（包吃住+五险，月薪6k）names a job in three characters of
thirty. The rest is dropped or, where it may still tell something (a bracket, a rank, the name of
the firm before 招聘), kept apart with less weight.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

__all__ = ["Title", "clean", "plain"]

LONGEST: Final = 200  # characters read of a title; an advertisement pasted whole says it early


@dataclass(frozen=True, slots=True)
class Title:
    """A title in two fields; both are empty if it names no job (高薪急聘，月入过万)."""

    core: tuple[str, ...]  # segments that name the job
    aside: tuple[str, ...]  # brackets, ranks, firms: hints of less weight


_DATA: Final = files("matching.engine") / "data" / "titles"


@cache
def _simplified() -> dict[int, str]:
    """Traditional to simplified characters, one to one."""
    lines = (_DATA / "simplified.txt").read_text("utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {ord(old): new for olds, news in pairs for old, new in zip(olds, news, strict=True)}


def _words(name: str) -> str:
    """The words of a list as alternatives of a pattern, longest first."""
    lines = (_DATA / name).read_text("utf-8").splitlines()
    words = {word for line in lines if not line.startswith("#") for word in line.split()}
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))


@cache
def _places() -> re.Pattern[str]:
    return re.compile(rf"(?:{_words('places.txt')})(?:市区|市|省|县|区|地区|周边|本地|各区)?")


_UNSEEN: Final = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\xad]")
_NOT_TEXT: Final = re.compile(
    r"[^\u3400-\u9fffa-z0-9#.&()【】\[\]{}<>《》「」『』〔〕+/|、,;:!?~—\-_。·* ]"
)
_NUMBER: Final = r"(?:\d[\d.,]*|[一二三四五六七八九十两]+(?=[千万k]))"
_PAY: Final = re.compile(
    rf"(?:底薪|保底|月薪|年薪|日薪|时薪|月入|年入|薪资|工资|综合|收入)?{_NUMBER}"
    rf"(?:[-~到至—]{_NUMBER})?(?:k|w|万|千|元|块|%)+(?:\+|加|起|以上|左右|每月|/?[月天年时])*"
)
_HEADS: Final = re.compile(r"(?:招)?(?:\d+|[一二两三四五六七八九十]+)(?:名|个|位|人)")
_SERIAL: Final = re.compile(r"(?<![a-z])[a-z]{0,3}\d{3,}")
_YEARS: Final = re.compile(r"\d{2,4}(?:届|年|后)")
_LOOSE_DIGITS: Final = re.compile(r"(?<![a-z0-9])\d+(?:\.\d+)?(?![a-z0-9]|d打印)")
_BRACKETS: Final = re.compile(
    r"[(\[{<《【「『〔]([^()\[\]{}<>《》【】「」『』〔〕]*)[)\]}>》】」』〕]"
)
_BREAKS: Final = re.compile(r"[()\[\]{}<>《》【】「」『』〔〕+/|、,;:!?~—_。·*\- ]+")
_PRAISE: Final = re.compile(_words("praise.txt"))
_RANK: Final = re.compile(_words("ranks.txt"))
_FIRM: Final = re.compile(
    r"^(.*?)(?:招聘|诚聘|急聘|急招|(?<!招)聘|招(?!聘))"
    rf"(?!{_words('recruiting.txt')})(.{{2,}})$"
)
_LEFT_OVER: Final = re.compile(r"^(?:招聘|招|聘|急|诚|的|等|和|及|可|有|无|或|日|月|年|天|起)+$")


def plain(text: str) -> str:
    """Half width, lower case, simplified; signs that no title needs become spaces."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).translate(_simplified()).lower()
    return _NOT_TEXT.sub(" ", _UNSEEN.sub("", text)).strip()


def clean(text: str) -> Title:
    """The fields of a title as typed."""
    rest = plain(text)
    inside: list[str] = []
    # Innermost first, so that brackets in brackets come out too.
    while found := _BRACKETS.search(rest):
        inside.append(found[1])
        rest = f"{rest[: found.start()]} {rest[found.end() :]}"
    core: list[str] = []
    aside: list[str] = []
    for segment in _BREAKS.split(_without_numbers(rest)):
        _sort(segment, core, aside)
    hints: list[str] = []
    for one in inside:
        for segment in _BREAKS.split(_without_numbers(one)):
            _sort(segment, hints, hints)
    if not core:  # 【高薪】(电工): what is left in brackets is the title
        core, hints = hints, []
    if not core:
        core, aside = aside, []
    return Title(tuple(dict.fromkeys(core)), tuple(dict.fromkeys(aside + hints)))


def _without_numbers(text: str) -> str:
    for pattern in (_PAY, _HEADS, _YEARS, _SERIAL, _LOOSE_DIGITS):
        text = pattern.sub(" ", text)
    return text


def _sort(segment: str, core: list[str], aside: list[str]) -> None:
    """Puts what a segment says into the two fields."""
    firm = _FIRM.match(segment)
    if firm:
        aside += [firm[1]] if firm[1] and not _PRAISE.fullmatch(firm[1]) else []
        segment = firm[2]
    stripped = _PRAISE.sub(" ", segment)
    placeless = _places().sub(" ", stripped)
    for whole in placeless.split():
        bare = _RANK.sub("", whole)
        ranked = len(bare) > 1  # 学徒工 stays whole, of 高级电工 电工 does
        piece = bare if ranked else whole
        aside += _RANK.findall(whole) if ranked else []
        if len(piece) > 1 and not _LEFT_OVER.match(piece):
            core.append(piece)
