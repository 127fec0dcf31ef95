"""Three stages of an outcome, two scores, and when the learned one is used.

A person accepts what was shown; who accepted is hired; who was hired is still there at six months.
U is the first stage, P the other two together: both are fitted and calibrated by themselves, then
their product is laid into one table of the published form, so that the market does not change.
Each score stands alone: it is used only if it is proven on the newest outcomes, which nothing was
fitted to, and the published one stands otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.engine.learning import fit
from matching.engine.learning.card import PUBLISHED, Card, Cases, Table
from matching.engine.learning.fit import Rows
from matching.engine.learning.measures import brier, calibration_error, margin

Real = NDArray[np.float64]
Flags = NDArray[np.bool_]

# All ours, except the 500 (engine.md 3).
LEAST_OUTCOMES: Final = 500  # a stage
LEAST_LATER: Final = 100  # outcomes in each of the two later slices
LATER: Final = (0.6, 0.8)  # of the outcomes by day: fitted before, calibrated between, proven after
STANDARD_ERRORS: Final = 2.0  # by which the Brier score must be better
ANSWER_DAYS: Final = 14  # until an offer is answered or has lapsed
KEPT_DAYS: Final = 240  # until hiring and six months in the job are over
MOST_WEIGHT: Final = 10.0  # of a row that was shown by a small chance

UNKNOWN: Final = -1


class Reason(StrEnum):
    """Why a score is used or not."""

    USED = "used"
    TOO_FEW = "too_few"
    NOTHING_TO_LEARN = "nothing_to_learn"  # no better than always saying the average
    NOT_BETTER = "not_better"  # than the published scorecard, by Brier score
    NOT_CALIBRATED = "not_calibrated"  # as well as the published scorecard


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What was shown to whom and what came of it, a row for each showing.

    `who` numbers people (pseudonymous), `day` is an ordinal, the cases are those of `pairs`. The
    three outcomes are 1, 0, or -1 where the stage was not reached or its end is not known.
    `propensity` is the chance (0..1] with which the row was shown.
    """

    who: NDArray[np.int64]
    day: NDArray[np.int64]
    wishes: Cases
    prospects: Cases
    accepted: NDArray[np.int8]
    hired: NDArray[np.int8]
    kept: NDArray[np.int8]
    propensity: Real

    def __len__(self) -> int:
        return len(self.day)

    def weights(self) -> Real:
        """Rows count by how seldom they are shown (inverse propensity, self-normalised)."""
        weight = np.minimum(1 / self.propensity, MOST_WEIGHT)
        return weight / weight.mean() if len(weight) else weight


@dataclass(frozen=True, slots=True)
class Proof:
    """What the newest outcomes say of a score: the learned table and the published one."""

    score: str
    reason: Reason
    outcomes: tuple[tuple[str, int], ...]  # of each stage
    newest: int = 0
    brier: float = 0.0
    brier_published: float = 0.0
    brier_average: float = 0.0
    ece: float = 0.0
    ece_published: float = 0.0
    standard_errors: float = 0.0  # by which the Brier score is better than the published one's

    @property
    def used(self) -> bool:
        """Whether the learned table stands."""
        return self.reason is Reason.USED


@dataclass(frozen=True, slots=True)
class Learned:
    """The card to use, and why."""

    card: Card
    proofs: tuple[Proof, ...]

    @property
    def used(self) -> bool:
        """Whether anything learned is in it."""
        return any(proof.used for proof in self.proofs)


def learn(outcomes: Outcomes, as_of: date, published: Card = PUBLISHED) -> Learned:
    """The best card that the outcomes prove; the published one where they prove nothing."""
    wishes, proof_u = _wishes(outcomes, as_of.toordinal(), published.U)
    prospects, proof_p = _prospects(outcomes, as_of.toordinal(), published.P)
    card = Card(wishes if proof_u.used else published.U, prospects if proof_p.used else published.P)
    return Learned(card, (proof_u, proof_p))


@dataclass(frozen=True, slots=True)
class _Slices:
    """Rows by day: to fit, to calibrate, to prove. A day is never in two of them."""

    first: Flags
    later: Flags
    newest: Flags

    @classmethod
    def of(cls, day: NDArray[np.int64], chosen: Flags) -> _Slices:
        days = np.sort(day[chosen])
        fitted, calibrated = (days[int(len(days) * share)] for share in LATER)
        return cls(
            chosen & (day < fitted),
            chosen & (day >= fitted) & (day < calibrated),
            chosen & (day >= calibrated),
        )

    @property
    def enough(self) -> bool:
        return bool(self.first.any() and min(self.later.sum(), self.newest.sum()) >= LEAST_LATER)


def _wishes(outcomes: Outcomes, as_of: int, published: Table) -> tuple[Table, Proof]:
    known = (outcomes.day <= as_of - ANSWER_DAYS) & (outcomes.accepted != UNKNOWN)
    counts = (("accepted", int(known.sum())),)
    slices = _Slices.of(outcomes.day, known) if counts[0][1] >= LEAST_OUTCOMES else None
    if slices is None or not slices.enough:
        return published, Proof("U", Reason.TOO_FEW, counts)
    stage = _stage("U", outcomes, outcomes.wishes, outcomes.accepted, slices, known, published)
    table = fit.whole("U", *stage)
    happened = outcomes.accepted == 1
    return table, _proof("U", outcomes, outcomes.wishes, happened, slices, counts, table, published)


def _prospects(outcomes: Outcomes, as_of: int, published: Table) -> tuple[Table, Proof]:
    # Who is not hired is known at once, who stays only after half a year: younger rows would
    # hold failures alone.
    ripe = (outcomes.day <= as_of - KEPT_DAYS) & (outcomes.accepted == 1)
    known = ripe & ((outcomes.hired == 0) | ((outcomes.hired == 1) & (outcomes.kept != UNKNOWN)))
    hired = known & (outcomes.hired == 1)
    counts = (("hired", int(known.sum())), ("kept", int(hired.sum())))
    enough = min(count for _, count in counts) >= LEAST_OUTCOMES
    slices = _Slices.of(outcomes.day, known) if enough else None
    if slices is None or not slices.enough:
        return published, Proof("P", Reason.TOO_FEW, counts)
    cases = outcomes.prospects
    stages = (
        _stage("P", outcomes, cases, outcomes.hired, slices, known, published),
        _stage("P", outcomes, cases, outcomes.kept, slices, hired, published),
    )
    both = np.prod([fit.chance(100 * fit.summed_up(*one, cases)) for one in stages], axis=0)
    before = slices.first | slices.later
    laid = Rows(cases[before], both[before], outcomes.weights()[before])
    table = fit.whole("P", *fit.fitted("P", laid, published))
    happened = (outcomes.hired == 1) & (outcomes.kept == 1)
    return table, _proof("P", outcomes, cases, happened, slices, counts, table, published)


def _stage(
    score: str,
    outcomes: Outcomes,
    cases: Cases,
    happened: NDArray[np.int8],
    slices: _Slices,
    reached: Flags,
    published: Table,
) -> tuple[float, list[Real]]:
    """Base and points of one stage: fitted on the first slice, calibrated on the later one."""
    weight = outcomes.weights()
    first, later = slices.first & reached, slices.later & reached
    y = happened.astype(float)
    base, points = fit.fitted(score, Rows(cases[first], y[first], weight[first]), published)
    return fit.calibrated(score, base, points, Rows(cases[later], y[later], weight[later]))


def _proof(
    score: str,
    outcomes: Outcomes,
    cases: Cases,
    happened: Flags,
    slices: _Slices,
    counts: tuple[tuple[str, int], ...],
    table: Table,
    published: Table,
) -> Proof:
    """Looks at the newest slice, with the whole points that would be used."""
    newest = slices.newest
    y, who = happened[newest].astype(float), outcomes.who[newest]
    learned = table.chances(cases[newest]) / 1000
    stands = published.chances(cases[newest]) / 1000
    average = np.full(len(y), happened[slices.first | slices.later].mean())
    better = margin(learned, stands, y, who)
    ece, ece_published = calibration_error(learned, y), calibration_error(stands, y)
    if margin(learned, average, y, who) < STANDARD_ERRORS:
        reason = Reason.NOTHING_TO_LEARN
    elif better < STANDARD_ERRORS:
        reason = Reason.NOT_BETTER
    elif ece >= ece_published:
        reason = Reason.NOT_CALIBRATED
    else:
        reason = Reason.USED
    return Proof(
        score,
        reason,
        counts,
        len(y),
        brier(learned, y),
        brier(stands, y),
        brier(average, y),
        ece,
        ece_published,
        better,
    )
