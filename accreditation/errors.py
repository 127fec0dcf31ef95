"""How a rule of accreditation says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Words:
    """A name that the data give in both languages; written out, it is Chinese."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh

    def said(self, language: Literal["zh", "en"] = "zh") -> str:
        """The name in `language`."""
        return {"zh": self.zh, "en": self.en}[language]


class Several(tuple[Words, ...]):
    """Names in a row; written out, they are Chinese."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.said()

    def said(self, language: Literal["zh", "en"] = "zh") -> str:
        """All of them as one line."""
        return {"zh": "、", "en": ", "}[language].join(one.said(language) for one in self)


class Refusal(Exception):
    """A rule said no, in Chinese, with its values apart so that it can be translated.

    `text` is the gettext msgid with `{named}` places; `values` fill them: a name that has two
    languages comes as `Words`.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return self.text.format_map(self.values)


class IllegalMove(Refusal):
    """The machine has no such move from this state."""


class GuardNotMet(Refusal):
    """The move exists, but what it asks for is not there yet."""


class BadValue(Refusal):
    """A value outside what its rule allows."""


class RubricFault(Refusal):
    """A rubric that cannot be used; `rubric lint` names every fault in it."""


class Unreadable(RubricFault):
    """A file that is not JSON at all."""
