"""Reads a title and answers with a code, how sure it is, and at what level it is sure.

Plain arrays: every known n-gram is a short vector, a title their weighted sum, a code's score its
product with the code's vector. The shipped file is numpy's .npz without pickled objects.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np

from matching.engine.titles.calibration import Calibration, Floats, groups, shares
from matching.engine.titles.classification import DATA, LEVELS, classification, nicknames
from matching.engine.titles.cleaning import Title, clean
from matching.engine.titles.features import Vocabulary, grams
from matching.engine.titles.typos import Lexicon

__all__ = ["SHIPPED", "Answer", "Candidate", "Model", "shipped"]

SHIPPED: Final = DATA / "titles" / "model.npz"
BLOCK: Final = 2_000  # titles scored at once: 10 MB of scores
DOUBT: Final = 0.9  # a mended reading counts so much of what it would count if typed
LEAST_KNOWN: Final = 0.1  # of a title; below that it is noise, and noise gets no answer
Bytes = np.ndarray[Any, np.dtype[np.int8]]
# From the level that tells most to the one that tells least.
BACK_OFF: Final = ("code", "minor", "middle", "major")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible code; the probability is that it is the code."""

    code: str
    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one title; no candidates if it names no job that can be read.

    `sure` is the deepest entry of the classification of which answers are right nine times in ten,
    None if even the major group is in doubt; `level` is code, minor, middle, major or "".
    """

    title: str
    candidates: tuple[Candidate, ...]
    level: str
    sure: Candidate | None
    read_as: str = ""  # what a slip was taken for


@dataclass(frozen=True, slots=True)
class _Read:
    """Arrays of a block: scores spread over codes, the known share, the sure answers by level."""

    spread: Floats
    known: Floats
    best: Mapping[str, tuple[Any, Any]]


class Model:
    """The fitted model; immutable, safe to share between threads."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        vectors: Bytes,
        scale: Floats,
        basis: Floats,
        codes: Sequence[str],
        calibration: Calibration,
    ) -> None:
        self.vocabulary = vocabulary
        self.vectors = vectors  # n-grams x rank, in units of the n-gram's scale
        self.scale = scale
        self.basis = basis  # rank x codes
        self.codes = tuple(codes)
        self.calibration = calibration
        self._places = {level: groups(self.codes, level) for level in LEVELS}

    @classmethod
    def packed(
        cls,
        vocabulary: Vocabulary,
        vectors: Floats,
        basis: Floats,
        codes: Sequence[str],
        calibration: Calibration,
    ) -> "Model":
        """The model with its vectors rounded to bytes."""
        scale = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
        coarse = np.rint(vectors / scale[:, None]).astype(np.int8)
        half = basis.astype(np.float16).astype(np.float32)
        return cls(vocabulary, coarse, scale.astype(np.float32), half, codes, calibration)

    def to_bytes(self, digest: str) -> bytes:
        """The file: the same bytes for the same model."""
        about = {
            "digest": digest,
            "codes": self.codes,
            "weights": dict(self.calibration.weights),
            "thresholds": dict(self.calibration.thresholds),
            "unknown": self.vocabulary.unknown,
        }
        records: dict[str, Any] = {
            f"record_{level}": one for level, one in self.calibration.records.items()
        }
        out = io.BytesIO()
        np.savez_compressed(
            out,
            grams=_bytes("\n".join(self.vocabulary.at)),
            weight=self.vocabulary.weight,
            vectors=self.vectors,
            scale=self.scale,
            basis=self.basis.astype(np.float16),
            about=_bytes(json.dumps(about)),
            **records,
        )
        return out.getvalue()

    @classmethod
    def from_bytes(cls, file: bytes) -> tuple["Model", str]:
        """The model of a file and the digest of what it was made from."""
        with np.load(io.BytesIO(file), allow_pickle=False) as part:
            about = json.loads(part["about"].tobytes())
            known = part["grams"].tobytes().decode().split("\n")
            calibration = Calibration(
                {level: tuple(one) for level, one in about["weights"].items()},
                about["thresholds"],
                {level: part[f"record_{level}"] for level in LEVELS},
            )
            at = {gram: place for place, gram in enumerate(known)}
            model = cls(
                Vocabulary(at, part["weight"], about["unknown"]),
                part["vectors"],
                part["scale"],
                part["basis"].astype(np.float32),
                about["codes"],
                calibration,
            )
        return model, about["digest"]

    @cached_property
    def lexicon(self) -> Lexicon:
        """Names that a slip may have meant: of the classification and of our trades."""
        from matching.engine.titles.training import trades  # noqa: PLC0415  # it knows the model

        cores = (clean(name).core for name, _ in nicknames())
        ours = (clean(one.text).core for one in trades())
        return Lexicon(core[0] for core in (*ours, *cores) if len(core) == 1)

    def scores(self, titles: Sequence[Title]) -> tuple[Floats, Floats]:
        """Raw scores, titles x codes, and the known share of each title."""
        rows = self.vocabulary.rows(titles)
        values = rows.values * self.scale[rows.places]
        sums = np.zeros((len(titles), self.basis.shape[0]), np.float32)
        ends = rows.start.tolist()
        for at in range(len(titles)):
            its = slice(ends[at], ends[at + 1])
            sums[at] = values[its] @ self.vectors[rows.places[its]].astype(np.float32)
        return np.asarray(sums @ self.basis), rows.known

    def answer(self, texts: Sequence[str], most: int = 5) -> list[Answer]:
        """An answer for each title, slips mended where that makes it surer."""
        out: list[Answer] = []
        for start in range(0, len(texts), BLOCK):
            block = texts[start : start + BLOCK]
            titles = [clean(text) for text in block]
            read = self._read(titles)
            answers = [self._told(block[at], read, at, most) for at in range(len(block))]
            self._mend(answers, titles, most)
            out += answers
        return out

    def _read(self, titles: Sequence[Title]) -> _Read:
        scores, known = self.scores(titles)
        spread = shares(scores)
        best = {}
        for level, (_, places) in self._places.items():
            judged = self.calibration.judge(spread, scores, known, places, level)
            best[level] = (judged.best, judged.probability)
        return _Read(spread, known, best)

    def _told(self, text: str, read: _Read, at: int, most: int, read_as: str = "") -> Answer:
        """One row as an answer; the shares of the lesser candidates follow the calibrated first."""
        if read.known[at] < LEAST_KNOWN:
            return Answer(text, (), "", None)
        doubt = DOUBT if read_as else 1.0
        shares = read.spread[at]
        first = min(most, len(shares))
        chosen = np.argpartition(-shares, first - 1)[:first]
        chosen = chosen[np.lexsort((chosen, -shares[chosen]))]
        top = float(read.best["code"][1][at]) * doubt
        rest = (1 - top) / max(1e-9, 1 - float(shares[chosen[0]]))
        told = [top, *(min(top, float(shares[one]) * rest) for one in chosen[1:])]
        candidates = tuple(
            _candidate(self.codes[one], round(probability, 4))
            for one, probability in zip(chosen.tolist(), told, strict=True)
        )
        for level in BACK_OFF:
            best, probability = read.best[level]
            sure = float(probability[at]) * doubt
            name = self._places[level][0][int(best[at])]
            # Some middle groups have no minor ones below them.
            if name in classification() and sure >= self.calibration.thresholds[level]:
                return Answer(text, candidates, level, _candidate(name, round(sure, 4)), read_as)
        return Answer(text, candidates, "", None, read_as)

    def _mend(self, answers: list[Answer], titles: Sequence[Title], most: int) -> None:
        """Reads titles with strange n-grams anew, mended; keeps the surer reading."""
        again: list[tuple[int, str, Title]] = []
        for at, title in enumerate(titles):
            if answers[at].level == "code" or not self._strange(title):
                continue
            mended = tuple(self.lexicon.mended(one) or one for one in title.core)
            if mended != title.core:
                again.append((at, " ".join(mended), Title(mended, title.aside)))
        if not again:
            return
        read = self._read([title for _, _, title in again])
        for row, (at, words, _) in enumerate(again):
            told = self._told(answers[at].title, read, row, most, words)
            if _first(told) > _first(answers[at]):
                answers[at] = told

    def _strange(self, title: Title) -> bool:
        """Whether a pair of neighbours in it was never seen."""
        known = self.vocabulary.at
        bare = Title(title.core, ())
        return any(len(gram) == 2 and gram not in known for gram in grams(bare))


def _first(answer: Answer) -> float:
    return answer.candidates[0].probability if answer.candidates else 0.0


def _bytes(text: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(text.encode(), np.uint8)


def _candidate(code: str, probability: float) -> Candidate:
    return Candidate(code, classification()[code].name, probability)


@cache
def shipped() -> Model:
    """The model that comes with the product."""
    return Model.from_bytes(SHIPPED.read_bytes())[0]
