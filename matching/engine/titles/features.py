"""Titles as weighted character n-grams: TF-IDF over words of one to four characters with edges.

Chinese needs no segmentation here: the n-grams of a title of nine characters hold its words, and
the edge signs tell 工 that ends a word (缝纫工) from 工 that begins one (工程).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final

import numpy as np

from matching.engine.titles.cleaning import Title

__all__ = ["ASIDE", "Rows", "Vocabulary", "grams"]

LONGEST_GRAM: Final = 3
ASIDE: Final = 0.4  # weight of what stands in brackets, against 1 for what names the job
TINY: Final = 1e-12
FIRST, LAST = "\x02", "\x03"

Floats = np.ndarray[Any, np.dtype[np.float32]]
Ints = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Weighted n-grams of titles as a sparse matrix (CSR): row r has start[r]:start[r + 1].

    A row's length is the root of its title's known share: of a title with strange n-grams less is
    known, and all its scores shrink with it.
    """

    start: Ints
    places: Ints
    values: Floats
    known: Floats  # 0..1 a title


def grams(title: Title) -> dict[str, float]:
    """The n-grams of a title and how often they stand in it, asides counted less."""
    counts: dict[str, float] = {}
    for segments, weight in ((title.core, 1.0), (title.aside, ASIDE)):
        for segment in segments:
            text = f"{FIRST}{segment}{LAST}"
            for size in range(1, LONGEST_GRAM + 1):
                for at in range(size == 1, len(text) - size + (size > 1)):
                    gram = text[at : at + size]
                    counts[gram] = counts.get(gram, 0.0) + weight
    return counts


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The n-grams that a model knows, each with its weight (inverse document frequency)."""

    at: Mapping[str, int]
    weight: np.ndarray[tuple[int], np.dtype[np.float32]]
    unknown: float  # weight of an n-gram that no example has

    @classmethod
    def of(cls, titles: Iterable[Title]) -> "Vocabulary":
        """The n-grams of all `titles`, in the order of their first appearance."""
        at: dict[str, int] = {}
        seen: list[int] = []
        number = 0
        for title in titles:
            number += 1
            for gram in grams(title):
                place = at.setdefault(gram, len(at))
                if place == len(seen):
                    seen.append(0)
                seen[place] += 1
        weight = np.log((1 + number) / (1 + np.array(seen, np.float64))) + 1
        return cls(at, weight.astype(np.float32), log(1 + number) + 1)

    def rows(self, titles: Sequence[Title]) -> Rows:
        """One row a title."""
        start, places, values, strange = [0], [], [], []
        look = self.at.get
        for title in titles:
            foreign = 0.0
            for gram, count in grams(title).items():
                value = count if count <= 1 else 1 + log(count)
                place = look(gram)
                if place is None:
                    foreign += value * value
                else:
                    places.append(place)
                    values.append(value)
            start.append(len(places))
            strange.append(foreign)
        columns, starts = np.array(places, np.int32), np.array(start, np.int32)
        weighted = np.array(values, np.float32) * self.weight[columns]
        sums = np.append(0, np.cumsum(weighted.astype(np.float64) ** 2))
        squares = sums[starts[1:]] - sums[starts[:-1]]
        whole = np.maximum(squares + np.array(strange) * self.unknown**2, TINY)
        weighted /= np.repeat(np.sqrt(whole), np.diff(starts)).astype(np.float32)
        return Rows(starts, columns, weighted, (squares / whole).astype(np.float32))
