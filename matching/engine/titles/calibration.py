"""From scores to probabilities that hold, and the threshold below which the model says nothing.

Ridge scores estimate probabilities, but not well. Their positive parts, sharpened by a power and
normalised, are shares of all codes; sums of them over groups serve the upper levels. Then one small
logistic regression a level tells, from titles that the scores have not seen, how often such an
answer is right: from its share, its lead over the next, its score, how much of the title is known,
and how often answers with that group were right before (some codes are labelled with more care).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from matching.engine.titles.classification import LEVELS, group

__all__ = ["Calibration", "Judged", "coverage_at", "expected_calibration_error"]

Floats = np.ndarray[Any, np.dtype[np.floating[Any]]]
Ints = np.ndarray[Any, np.dtype[np.integer[Any]]]

PRECISION: Final = 0.9  # an answer is given where answers as sure as this one are right so often
PRIOR: Final = 5.0  # answers that a group's record begins with, right as often as all are
NEWTON_STEPS: Final = 25  # it settles within ten
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The best answer of each title at one level."""

    best: Ints  # place of the group among the groups of the level
    probability: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Weights, threshold and the groups' records, for each level."""

    weights: Mapping[str, tuple[float, ...]]
    thresholds: Mapping[str, float]
    records: Mapping[str, Floats]  # rate of right answers by group of the level

    @classmethod
    def fitted(
        cls, scores: Floats, known: Floats, truth: Ints, codes: Sequence[str]
    ) -> "Calibration":
        """From scores of titles that were held out, and where their codes stand in `codes`."""
        spread = shares(scores)
        weights: dict[str, tuple[float, ...]] = {}
        thresholds: dict[str, float] = {}
        records: dict[str, Floats] = {}
        for level in LEVELS:
            places = groups(codes, level)[1]
            best, signs = _signs(spread, scores, known, places)
            right = best == places[truth]
            width = int(places.max()) + 1
            asked, hit = np.bincount(best, minlength=width), np.bincount(best, right, width)
            start = PRIOR * float(np.clip(right.mean(), 0.01, 0.99))
            # A title's own answer is left out of the record that it is judged by.
            own = (hit[best] - right + start) / (asked[best] - 1 + PRIOR)
            signs = np.column_stack((signs, logit(own)))
            records[level] = ((hit + start) / (asked + PRIOR)).astype(np.float32)
            weights[level] = _logistic(signs, right)
            sure = expit(signs @ np.array(weights[level]))
            thresholds[level] = coverage_at(sure, right, PRECISION)[1]
        return cls(weights, thresholds, records)

    def judge(
        self, spread: Floats, scores: Floats, known: Floats, places: Ints, level: str
    ) -> Judged:
        """The best group of a level and how probably it is right."""
        best, signs = _signs(spread, scores, known, places)
        signs = np.column_stack((signs, logit(self.records[level][best].astype(np.float64))))
        return Judged(best, expit(signs @ np.array(self.weights[level])))


def shares(scores: Floats) -> Floats:
    """Scores, titles x codes, to the power of 1.5 (1 to 2 do alike), as shares that sum to one."""
    sharp = np.maximum(scores, 0)
    sharp *= np.sqrt(sharp)
    sharp /= np.maximum(sharp.sum(axis=1, keepdims=True), _TINY)
    return sharp


def groups(codes: Sequence[str], level: str) -> tuple[list[str], Ints]:
    """The groups of a level and, for each code, the place of its group among them."""
    names = [group(code, level) for code in codes]
    found, places = np.unique(names, return_inverse=True)
    return found.tolist(), places


def _signs(spread: Floats, scores: Floats, known: Floats, places: Ints) -> tuple[Ints, Floats]:
    """The best group, and what tells whether it is right."""
    width = int(places.max()) + 1
    if width < len(places):
        # Codes are sorted, so those of a group stand together.
        starts = np.searchsorted(places, np.arange(width))
        parts = np.add.reduceat(spread, starts, axis=1)
    else:
        parts = spread.copy()
    rows = np.arange(len(parts))
    best = parts.argmax(axis=1)
    first = np.clip(parts[rows, best].astype(np.float64), _TINY, 1 - _TINY)
    parts[rows, best] = 0
    lead = np.log(first) - np.log(np.clip(parts.max(axis=1), _TINY, 1))
    top = scores.max(axis=1)
    return best, np.stack((np.ones_like(first), logit(first), lead, top, known), axis=1)


def logit(share: Floats) -> Floats:
    return np.asarray(np.log(share) - np.log1p(-share))


def expit(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))


def _logistic(signs: Floats, right: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[float, ...]:
    """Weights of a logistic regression, lightly ridged, by Newton's method."""
    weights = np.zeros(signs.shape[1])
    ridge = 1e-3 * len(right) * np.eye(len(weights))
    for _ in range(NEWTON_STEPS):
        sure = expit(signs @ weights)
        slope = signs.T @ (sure - right) + ridge @ weights
        bend = (signs * (sure * (1 - sure))[:, None]).T @ signs + ridge
        weights -= np.linalg.solve(bend, slope)
    return tuple(round(float(one), 6) for one in weights)


def coverage_at(sure: Floats, right: Ints, precision: float) -> tuple[float, float]:
    """The largest share of answers, surest first, that is right so often; and where it ends.

    A threshold of 1.01 if no share is.
    """
    order = np.argsort(-sure, kind="stable")
    rate = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(rate >= precision)
    if not len(enough):
        return 0.0, 1.01
    last = int(enough[-1])
    return (last + 1) / len(order), float(sure[order[last]])


def expected_calibration_error(sure: Floats, right: Ints, bins: int = 10) -> float:
    """Mean distance of stated and true rate over `bins` groups of equal size."""
    order = np.argsort(sure, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(float(sure[part].mean() - right[part].mean())) for part in parts]
    return sum(gaps) / len(sure)
