"""How well assessors agree: intraclass correlation, weighted kappa, Krippendorff's alpha.

Own arithmetic, checked in the tests against the worked examples of the papers named below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from accreditation.errors import BadValue

Matrix = NDArray[np.float64]

CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds that hold it at the confidence asked for."""

    value: float
    low: float
    high: float


class Reading(StrEnum):
    """Words for an ICC, after Koo and Li (2016); read from the lower bound, as they ask."""

    POOR = "poor"
    MODERATE = "moderate"
    GOOD = "good"
    EXCELLENT = "excellent"


def reading(icc: float) -> Reading:
    """The word for an ICC: below .5, below .75, below .9, from .9."""
    cuts = ((0.5, Reading.POOR), (0.75, Reading.MODERATE), (0.9, Reading.GOOD))
    return next((word for cut, word in cuts if icc < cut), Reading.EXCELLENT)


@dataclass(frozen=True, slots=True)
class _MeanSquares:
    """The two-way analysis of variance without replication: bases, assessors, what is left."""

    n: int
    k: int
    bases: float
    assessors: float
    rest: float


def _mean_squares(scores: Matrix) -> _MeanSquares:
    n, k = scores.shape
    mean = scores.mean()
    rows, columns = scores.mean(axis=1), scores.mean(axis=0)
    rest = scores - rows[:, None] - columns[None, :] + mean
    return _MeanSquares(
        n,
        k,
        k * float(((rows - mean) ** 2).sum()) / (n - 1),
        n * float(((columns - mean) ** 2).sum()) / (k - 1),
        float((rest**2).sum()) / ((n - 1) * (k - 1)),
    )


def icc_single(scores: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """ICC(2,1): how far one assessor's score can stand for any other's, agreement not only order.

    `scores`: one row a base, one column an assessor, every cell filled, at least two of each;
    assessors are a random sample of those who might have come. Shrout and Fleiss (1979), with
    their interval. Raises BadValue for an incomplete or too small table, or one without variance.
    """
    seen = _table(scores)
    ms = _mean_squares(seen)
    n, k = ms.n, ms.k
    below = ms.bases + (k - 1) * ms.rest + k * (ms.assessors - ms.rest) / n
    if below <= 0:
        raise BadValue("各份评分没有差异，无法计算一致性")
    value = (ms.bases - ms.rest) / below
    if ms.rest == 0:  # the assessors differ by a constant: the interval has no width to find
        return Interval(value, value, value)
    f = ms.assessors / ms.rest
    spread = n * (1 + (k - 1) * value) - k * value
    freedom = (
        (k - 1)
        * (n - 1)
        * (k * value * f + spread) ** 2
        / ((n - 1) * (k * value * f) ** 2 + spread**2)
    )
    tail = (1 + confidence) / 2
    lower, upper = stats.f.ppf(tail, n - 1, freedom), stats.f.ppf(tail, freedom, n - 1)
    common = k * ms.assessors + (k * n - k - n) * ms.rest
    return Interval(
        value,
        float(n * (ms.bases - lower * ms.rest) / (lower * common + n * ms.bases)),
        float(n * (upper * ms.bases - ms.rest) / (common + n * upper * ms.bases)),
    )


def icc_mean(scores: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """ICC(2,k): the same for the mean of all k assessors, by which a base is judged."""
    seen = _table(scores)
    ms = _mean_squares(seen)
    below = ms.bases + (ms.assessors - ms.rest) / ms.n
    if below <= 0:
        raise BadValue("各份评分没有差异，无法计算一致性")
    one = icc_single(seen, confidence)
    k = ms.k

    def of_mean(single: float) -> float:
        return k * single / (1 + (k - 1) * single)  # Spearman and Brown

    return Interval((ms.bases - ms.rest) / below, of_mean(one.low), of_mean(one.high))


def _table(scores: ArrayLike) -> Matrix:
    seen = np.asarray(scores, dtype=np.float64)
    if seen.ndim != 2 or min(seen.shape) < 2 or not np.isfinite(seen).all():
        raise BadValue("须有两家以上基地、两名以上评估员的完整评分才能计算一致性")
    return seen


def weighted_kappa(counts: ArrayLike, disagreement: ArrayLike | None = None) -> float:
    """Cohen's weighted kappa (1968) of two assessors: 1 agreement, 0 what chance would give.

    `counts[i, j]`: how often the first chose tier i and the second tier j (counts or shares).
    `disagreement[i, j]`: what that costs, 0 on the diagonal; by default the squared distance of
    the tiers. Raises BadValue where chance leaves nothing to disagree on.
    """
    seen = np.asarray(counts, dtype=np.float64)
    if seen.ndim != 2 or seen.shape[0] != seen.shape[1] or seen.sum() <= 0:
        raise BadValue("两名评估员的档次表须为非空方阵")
    tiers = np.arange(len(seen))
    cost = (
        (tiers[:, None] - tiers[None, :]) ** 2.0
        if disagreement is None
        else np.asarray(disagreement, dtype=np.float64)
    )
    shares = seen / seen.sum()
    by_chance = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    expected = float((cost * by_chance).sum())
    if expected == 0:
        raise BadValue("各份评分没有差异，无法计算一致性")
    return 1 - float((cost * shares).sum()) / expected


class Scale(StrEnum):
    """What the distance between two values means."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"


def alpha(ratings: Sequence[Sequence[float | None]], scale: Scale = Scale.ORDINAL) -> float:
    """Krippendorff's alpha: agreement of any number of assessors, with gaps.

    `ratings[r][u]`: what assessor r said of unit u, None where they did not see it. A unit seen
    by fewer than two says nothing. 1 - observed / expected disagreement, by coincidences
    (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"). Raises BadValue when no
    unit was seen twice, or all said the same thing throughout.
    """
    seen = _units(ratings)
    values = sorted({value for unit in seen for value in unit})
    at = {value: place for place, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit in seen:
        counts = np.bincount([at[value] for value in unit], minlength=len(values))
        pairs = np.outer(counts, counts) - np.diag(counts)
        coincidences += pairs / (len(unit) - 1)
    totals = coincidences.sum(axis=1)
    n = totals.sum()
    distance = _distance(np.array(values), totals, scale)
    expected = float((np.outer(totals, totals) * distance).sum()) / (n - 1) if n > 1 else 0.0
    if expected == 0:
        raise BadValue("各份评分没有差异，无法计算一致性")
    return 1 - float((coincidences * distance).sum()) / expected


def _units(ratings: Sequence[Sequence[float | None]]) -> list[list[float]]:
    if any(len(one) != len(other) for one, other in pairwise(ratings)):
        raise BadValue("各名评估员的评分须针对同一批对象")
    units = ([value for value in unit if value is not None] for unit in zip(*ratings, strict=True))
    return [unit for unit in units if len(unit) > 1]


def _distance(values: Matrix, totals: Matrix, scale: Scale) -> Matrix:
    if scale is Scale.NOMINAL:
        return 1 - np.eye(len(values))
    if scale is Scale.INTERVAL:
        return (values[:, None] - values[None, :]) ** 2
    # Ordinal: everything that was said from one value to the other, its ends by half.
    reach = np.cumsum(totals) - totals / 2
    return (reach[:, None] - reach[None, :]) ** 2
