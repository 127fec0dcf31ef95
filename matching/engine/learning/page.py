"""The model card (Mitchell 2019): what a learned scorecard is, how it was proven, what it is not."""

from __future__ import annotations

from collections.abc import Iterator

from matching.engine.learning import stages
from matching.engine.learning.card import GROUNDS, PUBLISHED, Card
from matching.engine.learning.fit import PULL
from matching.engine.learning.stages import Learned, Proof, Reason

_REASONS = {
    Reason.USED: "better than the published table on the newest outcomes",
    Reason.TOO_FEW: "too few outcomes",
    Reason.NOTHING_TO_LEARN: "no better than always saying the average",
    Reason.NOT_BETTER: "not better than the published table by its Brier score",
    Reason.NOT_CALIBRATED: "not calibrated as well as the published table",
}
_WHAT = {
    "U": "the person accepts what is shown",
    "P": "who accepts is hired and still there at six months",
}


def page(learned: Learned | None = None, *, simulated: bool = False) -> str:
    """Markdown. Without a learned card: what would be learned, and that nothing is in use."""
    parts = (_head(learned, simulated=simulated), _how(), _limits(), _points(learned))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(learned: Learned | None, *, simulated: bool) -> Iterator[str]:
    yield "# Model card: the learned scorecard"
    yield ""
    yield "Written by `matching/engine/learning/page.py`; a test holds it to the code."
    yield ""
    if learned is None:
        yield "**Nothing learned is in use.** Matching uses the published [scorecard](scorecard.md)"
        yield f"(`{PUBLISHED.version}`). There are no real outcomes yet, so no accuracy is claimed."
        yield "What follows says what would be learned, from what, and when it would be used."
        return
    yield f"Card `{learned.card.version}`. It is not in use until a person switches it on."
    if simulated:
        yield "**The people and outcomes below are simulated: nothing here is about real ones.**"
    yield ""
    yield (
        "| score | what it says | outcomes | newest | Brier (published, average) "
        "| ECE (published) | standard errors better | used |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    yield from map(_row, learned.proofs)


def _row(proof: Proof) -> str:
    outcomes = ", ".join(f"{stage} {count}" for stage, count in proof.outcomes)
    return (
        f"| {proof.score} | {_WHAT[proof.score]} | {outcomes} | {proof.newest} "
        f"| {proof.brier:.4f} ({proof.brier_published:.4f}, {proof.brier_average:.4f}) "
        f"| {proof.ece:.3f} ({proof.ece_published:.3f}) | {proof.standard_errors:.1f} "
        f"| {'yes' if proof.used else 'no'}: {_REASONS[proof.reason]} |"
    )


def _how() -> Iterator[str]:
    fitted, calibrated = (round(100 * share) for share in stages.LATER)
    yield f"""
## What it is
Logistic regression on the rows of the published scorecard: the same grounds, other whole points.
It is stored as JSON that a person can read, holds no code, and is named by its content. Each ground
keeps the order of the published one, by construction: a better wage, a nearer place, a higher
level, a longer contract or insurance never lowers a score. It explains itself by the same
contributions, and the market stays all-integer.

Three stages are fitted one by one: accepted when shown (U); hired when accepted, and still there at
six months when hired (P, their product laid into one table). A stage needs {stages.LEAST_OUTCOMES}
outcomes. A row counts {stages.ANSWER_DAYS} days after it was shown for U and {stages.KEPT_DAYS} for
P: a failure is known at once, a success only later, so younger rows would hold failures alone.
Outcomes of the first {fitted} % by day are fitted, drawn towards the published points (a
log-odds away costs {PULL:g}); the next {calibrated - fitted} % set slope and base (Platt); the
newest {100 - calibrated} % only judge. Rows shown by chance count by how seldom they are shown.

## When it is used
Each score by itself, only while on the newest outcomes, with the very points that would be used,
- its Brier score is better than the published table's by {stages.STANDARD_ERRORS:g} standard errors
  (errors of one person counted together),
- its calibration error over ten bins of equal numbers is lower than the published table's,
- and it is better by as much than always saying the average: otherwise there is nothing to learn.

Else the published table stands. A person has to switch a learned card on.""".strip("\n")


def _limits() -> Iterator[str]:
    yield """
## What it does not see, and what it is not
It sees no category, grade, sex, age, name or place of living, and no capacity: what can exclude is
never learned. It learns from what was shown, accepted and decided by people; where they were unfair
to somebody through one of these grounds, it would repeat that. The fairness audit measures this
outside the matcher. It was proven on planted outcomes (`tests/matching/test_learning.py`), which
shows that the method works, not that it is right about real people. Gradient-boosted trees were left
out: they cannot be read, and storing them safely would need a format of our own.""".strip("\n")


def _points(learned: Learned | None) -> Iterator[str]:
    card: Card = learned.card if learned else PUBLISHED
    yield "## Points in hundredths of a log-odds" + ("" if learned else " (published)")
    yield "| score | ground | points |"
    yield "|---|---|---|"
    for score, table in (("U", card.U), ("P", card.P)):
        yield f"| {score} | base | {table.base:+} |"
        for ground, points in zip(GROUNDS[score], table.points, strict=True):
            told = ", ".join(
                f"{case.key} {point:+}" for case, point in zip(ground.cases, points, strict=True)
            )
            yield f"| {score} | {ground.key} | {told} |"
