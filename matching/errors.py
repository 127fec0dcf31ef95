"""How a rule of matching says no."""

from __future__ import annotations


class Refusal(Exception):
    """A rule said no, in Chinese, with its values apart so that it can be translated.

    `text` is the gettext msgid with `{named}` places; `values` fill them.
    """

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values

    def __str__(self) -> str:
        return self.text.format_map(self.values)


class IllegalMove(Refusal):
    """The state of an order or an offer has no such move; somebody else may have moved it."""
