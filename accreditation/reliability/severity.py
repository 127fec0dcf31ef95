"""How severe each assessor is, told apart from how good the bases are that they met.

Additive: score of base i by assessor j = level of i + severity of j + what is left. It is
identified only where the assessors are joined by bases they share; so a season whose graph
falls apart is refused, not estimated (Linacre, Many-Facet Rasch Measurement, on linked judging
plans; for totals the additive model does, facts on accreditation 6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from scipy import stats

from accreditation.errors import Refusal

WITHIN_POINTS: Final = 3.0  # our default: beyond it, for certain, moderation opens
CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Visit:
    """One assessor's locked total for one base, in points of the rubric's total."""

    base: str
    assessor: str
    total: Decimal


@dataclass(frozen=True, slots=True)
class Severity:
    """Points by which an assessor scores above (+, lenient) or below (-, severe) the others.

    `low` and `high` hold it at 95 %; None where the season leaves nothing to estimate the error
    from. `shrunk` is drawn towards 0 by how uncertain it is, and is what `corrected` uses.
    """

    assessor: str
    visits: int
    points: float
    low: float | None
    high: float | None
    shrunk: float

    @property
    def out_of_line(self) -> bool:
        """Whether the whole interval lies beyond the limit, either way."""
        if self.low is None or self.high is None:
            return False
        return self.low > WITHIN_POINTS or self.high < -WITHIN_POINTS


class NotConnected(Refusal):
    """The assessors fall into groups that share no base, so severities can't be compared."""


def groups(visits: Iterable[Visit]) -> tuple[frozenset[str], ...]:
    """The assessors who are joined by bases they share, directly or through others; largest first."""
    visited = defaultdict(set)
    scored = defaultdict(set)
    for visit in visits:
        visited[visit.base].add(visit.assessor)
        scored[visit.assessor].add(visit.base)
    left, found = set(scored), []
    while left:
        group, reached = set(), {min(left)}
        while reached:
            one = reached.pop()
            group.add(one)
            reached |= {other for base in scored[one] for other in visited[base]} - group
        left -= group
        found.append(frozenset(group))
    return tuple(sorted(found, key=lambda group: (-len(group), min(group))))


def severities(visits: Sequence[Visit]) -> tuple[Severity, ...]:
    """Each assessor's severity by least squares, summing to zero; by assessor.

    Raises NotConnected unless all assessors hang together.
    """
    apart = groups(visits)
    if len(apart) != 1:
        told = "；".join("、".join(sorted(group)) for group in apart)
        raise NotConnected(
            "评估员分成{n}组，彼此没有共同评过的基地，宽严程度无法比较：{groups}",
            n=len(apart),
            groups=told,
        )
    assessors = sorted(apart[0])
    bases = sorted({visit.base for visit in visits})
    design = np.zeros((len(visits), len(bases) + len(assessors)))
    for row, visit in enumerate(visits):
        design[row, bases.index(visit.base)] = 1
        design[row, len(bases) + assessors.index(visit.assessor)] = 1
    totals = np.array([float(visit.total) for visit in visits])
    # Of all solutions the pseudo-inverse takes the shortest; centring makes severities sum to 0.
    inverse = np.linalg.pinv(design.T @ design)
    solution = inverse @ design.T @ totals
    centre = np.eye(len(assessors)) - 1 / len(assessors)
    points = centre @ solution[len(bases) :]
    freedom = len(visits) - (len(bases) + len(assessors) - 1)
    residual = totals - design @ solution
    noise = float(residual @ residual) / freedom if freedom > 0 else None
    spread = centre @ inverse[len(bases) :, len(bases) :] @ centre
    errors = None if noise is None else np.sqrt(np.maximum(np.diag(spread) * noise, 0))
    return _told(assessors, visits, points, errors, freedom)


def _told(
    assessors: Sequence[str],
    visits: Sequence[Visit],
    points: np.ndarray,
    errors: np.ndarray | None,
    freedom: int,
) -> tuple[Severity, ...]:
    count = {one: sum(visit.assessor == one for visit in visits) for one in assessors}
    if errors is None:  # nothing is left over: no interval, and no ground to correct by
        return tuple(
            Severity(one, count[one], float(point), None, None, 0.0)
            for one, point in zip(assessors, points, strict=True)
        )
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom)) * errors
    between = max(0.0, float((points**2).mean() - (errors**2).mean()))
    weight = between / np.maximum(between + errors**2, 1e-12)
    return tuple(
        Severity(
            one,
            count[one],
            float(points[at]),
            float(points[at] - reach[at]),
            float(points[at] + reach[at]),
            float(points[at] * weight[at]),
        )
        for at, one in enumerate(assessors)
    )


def corrected(visits: Iterable[Visit], known: Iterable[Severity]) -> dict[str, float]:
    """Each base's mean total with its assessors' shrunk severities taken off, to set beside the
    official score: where it would change the grade, moderation opens; it replaces nothing."""
    lenient: Mapping[str, float] = {one.assessor: one.shrunk for one in known}
    by_base: dict[str, list[float]] = defaultdict(list)
    for visit in visits:
        by_base[visit.base].append(float(visit.total) - lenient.get(visit.assessor, 0.0))
    return {base: sum(totals) / len(totals) for base, totals in by_base.items()}
