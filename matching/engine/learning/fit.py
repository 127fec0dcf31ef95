"""Points from outcomes: logistic regression on the cases, in the scorecard's order, drawn to it.

Minimises Σ w·(log-loss of y) + ½·PULL·Σ (step - published step)², each ordered step >= 0 (a
bound of L-BFGS-B). With few outcomes the published points stand; many outcomes move them. Rows
are sorted and summed by what they say before anything is added up, so the order in which outcomes
come changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matching.engine.learning.card import GROUNDS, Cases, Ground, Table, steps

Real = NDArray[np.float64]

PULL: Final = 1.0  # what a step of one log-odds away from the published points costs
HUNDREDTHS: Final = 100.0
LEAST_SLOPE: Final = 0.05
SLOPE_PULL: Final = 5.0


@dataclass(frozen=True, slots=True)
class Rows:
    """Cases with how often (weight) and how likely (y, 0..1) what is asked came true."""

    cases: Cases
    y: Real
    weight: Real

    def summed(self) -> Rows:
        """One row for each pattern of cases, sorted."""
        pattern = np.zeros(len(self.y), np.int64)
        for column in self.cases.T:
            pattern = pattern * (int(column.max(initial=0)) + 1) + column
        order = np.lexsort((self.weight, self.y, pattern))
        _, first, row = np.unique(pattern[order], return_index=True, return_inverse=True)
        y, weight = self.y[order], self.weight[order]
        total = np.bincount(row, weights=weight).astype(np.float64)
        happened = np.bincount(row, weights=weight * y) / total
        return Rows(self.cases[order][first], happened, total)


def chance(points: Real) -> Real:
    """Probability of a log-odds in hundredths."""
    p: Real = 1 / (1 + np.exp(-np.clip(points, -3000, 3000) / HUNDREDTHS))
    return p


class _Steps:
    """All steps of a table in one vector: the base first, then those of each ground."""

    def __init__(self, grounds: tuple[Ground, ...]) -> None:
        self.matrices = [steps(ground)[0] for ground in grounds]
        free = [steps(ground)[1] for ground in grounds]
        self.free = np.concatenate(([True], *free))
        self.ends = np.cumsum([1, *(len(one) for one in free)])

    def points(self, vector: Real) -> list[Real]:
        """Points of every ground."""
        return [
            matrix @ vector[first:last]
            for matrix, first, last in zip(
                self.matrices, self.ends[:-1], self.ends[1:], strict=True
            )
        ]

    def of(self, table: Table) -> Real:
        """The steps of a table of points, in log-odds."""
        parts = [
            np.linalg.lstsq(matrix, np.array(points, float), rcond=None)[0]
            for matrix, points in zip(self.matrices, table.points, strict=True)
        ]
        return np.concatenate(([float(table.base)], *parts)) / HUNDREDTHS

    def slopes(self, cases: Cases, by_row: Real) -> Real:
        """The derivative by each step, from the derivative by each row's sum."""
        parts = [
            np.bincount(cases[:, at], weights=by_row, minlength=len(matrix)) @ matrix
            for at, matrix in enumerate(self.matrices)
        ]
        return np.concatenate(([by_row.sum()], *parts))


def fitted(score: str, rows: Rows, published: Table) -> tuple[float, list[Real]]:
    """Base and points of each ground, in log-odds, that fit the rows."""
    laid = _Steps(GROUNDS[score])
    rows = rows.summed()
    start = laid.of(published)

    def cost(vector: Real) -> tuple[float, Real]:
        sums = np.full(len(rows.y), vector[0])
        for at, points in enumerate(laid.points(vector)):
            sums += points[rows.cases[:, at]]
        away = vector - start
        loss = rows.weight @ (np.logaddexp(0, sums) - rows.y * sums) + PULL / 2 * (away @ away)
        by_row = rows.weight * (1 / (1 + np.exp(-sums)) - rows.y)
        return float(loss), laid.slopes(rows.cases, by_row) + PULL * away

    bounds = [(None, None) if free else (0, None) for free in laid.free]
    inside = np.where(laid.free, start, np.maximum(start, 0))
    found = minimize(
        cost, inside, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 500}
    )
    return float(found.x[0]), laid.points(found.x)


def summed_up(base: float, points: list[Real], cases: Cases) -> Real:
    """Log-odds of each row."""
    total = np.full(len(cases), base)
    for at, one in enumerate(points):
        total += one[cases[:, at]]
    return total


def calibrated(
    score: str, base: float, points: list[Real], later: Rows
) -> tuple[float, list[Real]]:
    """The same, with slope and base set to what later outcomes say (Platt 1999).

    The slope stays positive, so the order does not change, and a pull towards 1 keeps a handful
    of outcomes from turning it far.
    """
    sums = summed_up(base, points, later.cases)
    order = np.lexsort((later.weight, later.y, sums))
    sums, y, weight = sums[order], later.y[order], later.weight[order]

    def cost(vector: Real) -> tuple[float, Real]:
        shift, slope = vector
        odds = shift + slope * sums
        loss = weight @ (np.logaddexp(0, odds) - y * odds) + SLOPE_PULL / 2 * (slope - 1) ** 2
        off = weight * (1 / (1 + np.exp(-odds)) - y)
        return float(loss), np.array([off.sum(), off @ sums + SLOPE_PULL * (slope - 1)])

    bounds = [(None, None), (LEAST_SLOPE, None)]
    shift, slope = minimize(
        cost, np.array([0.0, 1.0]), jac=True, bounds=bounds, method="L-BFGS-B"
    ).x
    return float(shift + slope * base), [slope * one for one in points]


def whole(score: str, base: float, points: list[Real]) -> Table:
    """The table in whole hundredths; rounding keeps the order."""
    rows = []
    for ground, one in zip(GROUNDS[score], points, strict=True):
        hundredths = np.rint(one * HUNDREDTHS)
        if ground.even:
            hundredths = np.arange(len(one)) * hundredths[1]
        rows.append(tuple(int(number) for number in hundredths))
    return Table(round(base * HUNDREDTHS), tuple(rows))
