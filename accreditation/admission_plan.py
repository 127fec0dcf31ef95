"""Which candidates to admit so that every county has a base: an exact plan, with its proof."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import highspy

from accreditation.errors import BadValue, Refusal

PASS_HUNDREDTHS: Final = 6000  # 60 points: the rubric's pass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A body that could be admitted. `covers` are the counties it would cover, as a rule its own;
    `score_hundredths` is the expected score in hundredths of a point, `cost_yuan` what it takes."""

    id: str
    covers: frozenset[str]
    cost_yuan: int
    score_hundredths: int


class Aim(StrEnum):
    """What to look for among the plans that cover the most counties."""

    COST = "cost"
    SCORE = "score"


class Why(StrEnum):
    """Why a county stays without a base."""

    NO_CANDIDATE = "no_candidate"
    BELOW_PASS = "below_pass"  # noqa: S105  a score, no password
    MEANS = "means"  # the budget or the number of places does not reach


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to admit, which of them serves which county, what stays open and why.

    `gap` is the solver's relative gap to the true optimum: 0.0 is proven optimal.
    """

    admit: tuple[str, ...]
    serves: Mapping[str, str]
    uncovered: Mapping[str, Why]
    cost_yuan: int
    gap: float


def plan(
    counties: Collection[str],
    candidates: Sequence[Candidate],
    *,
    aim: Aim = Aim.COST,
    budget_yuan: int | None = None,
    places: int | None = None,
    pass_hundredths: int = PASS_HUNDREDTHS,
) -> Plan:
    """The plan that covers as many of `counties` as can be, and of those the cheapest, or the one
    with the highest expected score summed over the counties.

    Candidates expected below the pass are not admitted. Raises BadValue for repeated
    ids, a negative cost or negative means; Refusal if the solver finds no proof.
    """
    _check(candidates, budget_yuan, places)
    open_counties = sorted(set(counties))
    fit = [c for c in candidates if c.score_hundredths >= pass_hundredths]
    reached = {c: [one for one in fit if c in one.covers] for c in open_counties}
    serves, gap = _solve(reached, fit, aim, budget_yuan, places)
    admitted = set(serves.values())
    return Plan(
        admit=tuple(one.id for one in fit if one.id in admitted),
        serves=serves,
        uncovered={
            county: _why(county, candidates, reached)
            for county in open_counties
            if county not in serves
        },
        cost_yuan=sum(one.cost_yuan for one in fit if one.id in admitted),
        gap=gap,
    )


def _check(candidates: Sequence[Candidate], *means: int | None) -> None:
    if len({one.id for one in candidates}) != len(candidates):
        raise BadValue("候选单位的编号有重复")
    if any(one.cost_yuan < 0 for one in candidates) or any(m is not None and m < 0 for m in means):
        raise BadValue("费用、预算和名额不能是负数")


def _why(county: str, candidates: Sequence[Candidate], reached: Mapping[str, object]) -> Why:
    if reached[county]:
        return Why.MEANS
    return Why.BELOW_PASS if any(county in one.covers for one in candidates) else Why.NO_CANDIDATE


def _solve(
    reached: Mapping[str, Sequence[Candidate]],
    fit: Sequence[Candidate],
    aim: Aim,
    budget_yuan: int | None,
    places: int | None,
) -> tuple[dict[str, str], float]:
    """Twice over one model: first the number of counties, then, holding that number, the aim."""
    pairs = [(county, one) for county, those in reached.items() for one in those]
    if not pairs:
        return {}, 0.0
    model = _model()
    admit = {one.id: model.addBinary() for one in fit}
    serve = {(county, one.id): model.addBinary() for county, one in pairs}
    for (_, one), variable in serve.items():
        model.addConstr(variable <= admit[one])
    for county, those in reached.items():
        if those:
            model.addConstr(model.qsum(serve[county, one.id] for one in those) <= 1)
    cost = model.qsum(one.cost_yuan * admit[one.id] for one in fit)
    if budget_yuan is not None:
        model.addConstr(cost <= budget_yuan)
    if places is not None:
        model.addConstr(model.qsum(admit.values()) <= places)
    covered = model.qsum(serve.values())
    _proven(model, model.maximize(covered))
    most = round(model.getInfo().objective_function_value)
    model.addConstr(covered >= most)
    score = model.qsum(one.score_hundredths * serve[county, one.id] for county, one in pairs)
    _proven(model, model.minimize(cost) if aim is Aim.COST else model.maximize(score))
    chosen = {county: one for (county, one), v in serve.items() if model.val(v) > 0.5}
    return chosen, abs(float(model.getInfo().mip_gap))


class _Quiet(highspy.Highs):
    """HiGHS prints its banner when the constructor sets callbacks: silenced before, not after."""

    def enableCallbacks(self) -> None:  # noqa: N802 (the name is highspy's)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _model() -> Any:
    model: Any = _Quiet()  # type: ignore[no-untyped-call]
    for option, value in (
        ("threads", 1),  # the same plan on every machine
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.0),
    ):
        model.setOptionValue(option, value)
    return model


def _proven(model: Any, _: object) -> None:
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise Refusal("没有求得经证明的最优方案")
