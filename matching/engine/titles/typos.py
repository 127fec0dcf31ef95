"""Slips of the hand: a character that sounds alike (暗摩师), letters instead (anmoshi), one wrong.

Only for segments that hold something the model has never seen; sound and shape mend a slip, they
know nothing of meaning.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching.engine.titles.classification import DATA

__all__ = ["Lexicon", "sounds"]

ALIKE: Final = 0.66  # one wrong of three characters, two of six
LONGEST: Final = 12  # characters of a name that a slip is looked for in


@cache
def _readings() -> Mapping[str, str]:
    """The first reading of each character, without tones."""
    lines = (DATA / "titles" / "pinyin.txt").read_text("utf-8").splitlines()
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {one: sound for sound, all_ in pairs for one in all_}


def sounds(text: str) -> tuple[str, ...]:
    """The syllables of a text; what is no Chinese character sounds as itself."""
    readings = _readings()
    return tuple(readings.get(one, one) for one in text)


class Lexicon:
    """Names of jobs by shape and by sound."""

    def __init__(self, names: Iterable[str]) -> None:
        """`names` are cleaned; of two that sound alike the first is kept."""
        self.names = [one for one in dict.fromkeys(names) if 2 <= len(one) <= LONGEST]
        self._known = set(self.names)
        self._heard: dict[tuple[str, ...], str] = {}
        self._spelt: dict[str, str] = {}
        for name in self.names:
            syllables = sounds(name)
            self._heard.setdefault(syllables, name)
            self._spelt.setdefault("".join(syllables), name)

    def mended(self, segment: str) -> str | None:
        """The name that was probably meant, or None if nothing is near enough."""
        if segment in self._known:
            return None
        if segment.isascii():
            return self._spelt.get(segment.replace(" ", ""))
        return self._by_sound(segment) or self._by_shape(segment)

    def _by_sound(self, segment: str) -> str | None:
        syllables = sounds(segment)
        whole = len(syllables)
        for size in range(min(whole, LONGEST), min(whole, 3) - 1, -1):
            for at in range(whole - size + 1):
                name = self._heard.get(syllables[at : at + size])
                if name is not None and name != segment[at : at + size]:
                    return segment[:at] + name + segment[at + size :]
        return None

    def _by_shape(self, segment: str) -> str | None:
        if len(segment) < 3:
            return None
        found = process.extractOne(
            segment, self.names, scorer=OSA.normalized_similarity, score_cutoff=ALIKE
        )
        return found[0] if found else None
