"""How good forecasts and rankings are. Forecasts are probabilities 0..1, outcomes 0 or 1."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]

CALIBRATION_BINS: Final = 10


def brier(forecast: Real, happened: Real) -> float:
    """Mean squared error of the forecasts (Brier 1950); lower is better."""
    return float(np.mean((forecast - happened) ** 2))


def calibration_error(forecast: Real, happened: Real, bins: int = CALIBRATION_BINS) -> float:
    """Expected calibration error over bins of equally many forecasts; lower is better.

    Equal numbers, not equal widths: a bin of three people would measure chance. Equal forecasts
    stay together.
    """
    edges = np.unique(np.quantile(forecast, np.linspace(0, 1, bins + 1)[1:-1]))
    bin_of = np.searchsorted(edges, forecast, side="left")
    gap = np.bincount(bin_of, weights=forecast - happened, minlength=len(edges) + 1)
    return float(np.abs(gap).sum() / len(forecast))


def margin(better: Real, worse: Real, happened: Real, who: NDArray[np.int64]) -> float:
    """By how many standard errors one forecast's Brier score is better than another's.

    Outcomes of one person are not independent, so errors are summed by person first.
    """
    gains = (worse - happened) ** 2 - (better - happened) ** 2
    by_person = np.bincount(np.unique(who, return_inverse=True)[1], weights=gains - gains.mean())
    spread = float(np.sqrt(np.sum(by_person**2))) / len(gains)
    return float(gains.mean()) / spread if spread > 0 else 0.0


def ndcg(gain: Real, score: Real, k: int = 10) -> float:
    """Mean normalised discounted cumulative gain of the first k of each row (Järvelin 2002).

    `gain` and `score` are (lists, items); items of a row with equal scores keep their order.
    Lists without any gain are left out; 1 when nothing is left.
    """
    discount = 1 / np.log2(np.arange(2, min(k, gain.shape[1]) + 2))
    shown = np.argsort(-score, axis=1, kind="stable")[:, :k]
    reached = np.take_along_axis(gain, shown, 1) @ discount
    best = -np.sort(-gain, axis=1)[:, :k] @ discount
    told = best > 0
    return float(np.mean(reached[told] / best[told])) if told.any() else 1.0
