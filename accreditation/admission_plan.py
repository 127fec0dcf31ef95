"""Which candidates to admit: an exact plan for the whole province, with its proof and its reasons.

The goals come in an order, and none gives way to a later one: with as many counties covered as
can be, as many demonstration bases as there are places for, then the least shortfall of places
against the cities' targets, then the least cost (or the best expected scores). Each goal is one
mixed integer programme over the same model, the goals before it held at their optimum.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import highspy

from accreditation.errors import BadValue, Refusal

PASS_HUNDREDTHS: Final = 6000  # 60 points: the rubric's pass


@dataclass(frozen=True, slots=True)
class Site:
    """A base that exists, or a candidate that could be admitted.

    `covers` are the counties it would cover, as a rule its own; `score_hundredths` its expected
    score in hundredths of a point, `cost_yuan` what admitting it takes (nothing for one that
    exists), `capacity` the people it can train towards its city's target, and `demonstrates`
    whether it could be a demonstration base.
    """

    id: str
    covers: frozenset[str]
    cost_yuan: int
    score_hundredths: int
    existing: bool = False
    city: str | None = None
    capacity: int = 0
    demonstrates: bool = False


class Goal(StrEnum):
    """What a plan is for, in the order in which it matters."""

    COVER = "cover"
    DEMONSTRATE = "demonstrate"
    CAPACITY = "capacity"
    COST = "cost"
    SCORE = "score"


class Aim(StrEnum):
    """Which of the last two goals goes first."""

    COST = "cost"
    SCORE = "score"


class Why(StrEnum):
    """Why a county stays without a base."""

    NO_CANDIDATE = "no_candidate"
    BELOW_PASS = "below_pass"  # noqa: S105  a score, no password
    MEANS = "means"  # the budget or the number of places does not reach


@dataclass(frozen=True, slots=True)
class Limits:
    """The means of a plan; None is no limit. `per_city` limits new bases in a city."""

    budget_yuan: int | None = None
    places: int | None = None
    per_city: Mapping[str, int] = field(default_factory=dict)
    demonstration_places: int = 0
    pass_hundredths: int = PASS_HUNDREDTHS


@dataclass(frozen=True, slots=True)
class Because:
    """Why a candidate is in the plan.

    `only_for`: counties that no other fit site could cover; `serves`: all those it serves here;
    `demonstrates`: it takes a demonstration place; `relieves`: people its city would be short of
    without it.
    """

    only_for: tuple[str, ...]
    serves: tuple[str, ...]
    demonstrates: bool
    relieves: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to admit and why, which site serves which county, what stays open and why.

    `short` are the people that a city's sites can't train of its target. `gap` is the largest
    relative gap of any goal to its true optimum: 0.0 is proven optimal.
    """

    admit: tuple[str, ...]
    because: Mapping[str, Because]
    serves: Mapping[str, str]
    uncovered: Mapping[str, Why]
    demonstration: tuple[str, ...]
    short: Mapping[str, int]
    cost_yuan: int
    gap: float


def plan(
    counties: Collection[str],
    sites: Sequence[Site],
    *,
    aim: Aim = Aim.COST,
    limits: Limits | None = None,
    targets: Mapping[str, int] | None = None,
) -> Plan:
    """The best plan in the order of the goals.

    `targets` are the people to be trained by city. Candidates expected below the pass are not
    admitted; bases that exist stay. Raises BadValue for repeated ids, a negative cost, capacity
    or limit; Refusal if the solver finds no proof.
    """
    means, wanted = limits or Limits(), dict(targets or {})
    _check(sites, means)
    fit = [one for one in sites if one.existing or one.score_hundredths >= means.pass_hundredths]
    open_counties = sorted(set(counties))
    reached = {c: [one for one in fit if c in one.covers] for c in open_counties}
    last = (Goal.COST, Goal.SCORE) if aim is Aim.COST else (Goal.SCORE, Goal.COST)
    chosen = _Model(reached, fit, means, wanted).solved(
        (Goal.COVER, Goal.DEMONSTRATE, Goal.CAPACITY, *last)
    )
    admitted = [one for one in fit if one.id in chosen.open and not one.existing]
    there = [one for one in fit if one.existing or one.id in chosen.open]
    return Plan(
        admit=tuple(one.id for one in admitted),
        because={one.id: _because(one, reached, there, chosen, wanted) for one in admitted},
        serves=chosen.serves,
        uncovered={
            county: _why(county, sites, reached)
            for county in open_counties
            if county not in chosen.serves
        },
        demonstration=tuple(one.id for one in fit if one.id in chosen.demonstration),
        short=_short(there, wanted),
        cost_yuan=sum(one.cost_yuan for one in admitted),
        gap=chosen.gap,
    )


def _check(sites: Sequence[Site], limits: Limits) -> None:
    if len({one.id for one in sites}) != len(sites):
        raise BadValue("候选单位的编号有重复")
    amounts = [limits.budget_yuan, limits.places, limits.demonstration_places]
    amounts += [*limits.per_city.values(), *(x for s in sites for x in (s.cost_yuan, s.capacity))]
    if any(one is not None and one < 0 for one in amounts):
        raise BadValue("费用、预算和名额不能是负数")


def _why(county: str, sites: Sequence[Site], reached: Mapping[str, object]) -> Why:
    if reached[county]:
        return Why.MEANS
    return Why.BELOW_PASS if any(county in one.covers for one in sites) else Why.NO_CANDIDATE


def _short(there: Sequence[Site], targets: Mapping[str, int]) -> dict[str, int]:
    places = {city: sum(s.capacity for s in there if s.city == city) for city in targets}
    return {
        city: wanted - places[city] for city, wanted in targets.items() if wanted > places[city]
    }


@dataclass(frozen=True, slots=True)
class _Chosen:
    open: frozenset[str]
    serves: dict[str, str]
    demonstration: frozenset[str]
    gap: float


def _because(
    one: Site,
    reached: Mapping[str, Sequence[Site]],
    there: Sequence[Site],
    chosen: _Chosen,
    targets: Mapping[str, int],
) -> Because:
    without = _short([other for other in there if other.id != one.id], targets)
    now = _short(there, targets)
    return Because(
        only_for=tuple(county for county, those in reached.items() if those == [one]),
        serves=tuple(county for county, site in chosen.serves.items() if site == one.id),
        demonstrates=one.id in chosen.demonstration,
        relieves=sum(without.values()) - sum(now.values()),
    )


class _Model:
    """The variables: a site is open, serves a county, takes a demonstration place."""

    def __init__(
        self,
        reached: Mapping[str, Sequence[Site]],
        fit: Sequence[Site],
        limits: Limits,
        targets: Mapping[str, int],
    ) -> None:
        self.highs = highs = _solver()
        self.fit = fit
        # A base that exists is open: its variable is no choice.
        self.open = {
            one.id: highs.addVariable(lb=float(one.existing), ub=1, type=_WHOLE) for one in fit
        }
        self.serve = {
            (county, one): highs.addBinary() for county, those in reached.items() for one in those
        }
        self.shows = {one.id: highs.addBinary() for one in fit if one.demonstrates}
        self.short = {city: highs.addVariable(lb=0) for city in targets}
        for (_, one), variable in self.serve.items():
            highs.addConstr(variable <= self.open[one.id])
        for county in reached:
            self._at_most(
                [variable for (where, _), variable in self.serve.items() if where == county], 1
            )
        for site, variable in self.shows.items():
            highs.addConstr(variable <= self.open[site])
        self._at_most(list(self.shows.values()), limits.demonstration_places)
        for city, wanted in targets.items():
            own = [self.open[s.id] * s.capacity for s in fit if s.city == city and s.capacity]
            highs.addConstr(highs.qsum([self.short[city], *own]) >= wanted)
        self._limit(limits)

    def _at_most(self, variables: Sequence[Any], most: int) -> None:
        if variables:
            self.highs.addConstr(self.highs.qsum(variables) <= most)

    def _limit(self, limits: Limits) -> None:
        new = [one for one in self.fit if not one.existing]
        if limits.budget_yuan is not None and new:
            spent = self.highs.qsum(self.open[one.id] * one.cost_yuan for one in new)
            self.highs.addConstr(spent <= limits.budget_yuan)
        if limits.places is not None:
            self._at_most([self.open[one.id] for one in new], limits.places)
        for city, most in limits.per_city.items():
            self._at_most([self.open[one.id] for one in new if one.city == city], most)

    def _goal(self, goal: Goal) -> Any:
        """What is to be as large as can be; whole numbers throughout."""
        match goal:
            case Goal.COVER:
                terms = list(self.serve.values())
            case Goal.DEMONSTRATE:
                terms = list(self.shows.values())
            case Goal.CAPACITY:
                terms = [variable * -1 for variable in self.short.values()]
            case Goal.COST:
                new = (one for one in self.fit if not one.existing)
                terms = [self.open[one.id] * -one.cost_yuan for one in new if one.cost_yuan]
            case Goal.SCORE:
                terms = [v * one.score_hundredths for (_, one), v in self.serve.items()]
        return self.highs.qsum(terms) if terms else None

    def solved(self, goals: Sequence[Goal]) -> _Chosen:
        """The goals in turn, each held at its optimum for those that follow."""
        gap = 0.0
        for goal in goals:
            wish = self._goal(goal)
            if wish is None:
                continue
            self.highs.maximize(wish)
            if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                raise Refusal("没有求得经证明的最优方案")
            told = self.highs.getInfo()
            gap = max(gap, abs(float(told.mip_gap)) if told.mip_gap < float("inf") else 0.0)
            self.highs.addConstr(wish >= round(told.objective_function_value))
        # A site that serves nothing, shows nothing and relieves nothing is not admitted for free.
        idle = self.highs.qsum(self.open.values()) if self.open else None
        if idle is not None:
            self.highs.minimize(idle)
        return _Chosen(
            frozenset(site for site, v in self.open.items() if self._is(v)),
            {county: one.id for (county, one), v in self.serve.items() if self._is(v)},
            frozenset(site for site, v in self.shows.items() if self._is(v)),
            gap,
        )

    def _is(self, variable: Any) -> bool:
        return bool(self.highs.val(variable) > 0.5)


_WHOLE: Final = highspy.HighsVarType.kInteger


class _Quiet(highspy.Highs):
    """HiGHS prints its banner when the constructor sets callbacks: silenced before, not after."""

    def enableCallbacks(self) -> None:  # noqa: N802 (the name is highspy's)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _solver() -> Any:
    model: Any = _Quiet()  # type: ignore[no-untyped-call]
    for option, value in (
        ("threads", 1),  # the same plan on every machine
        ("random_seed", 0),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.0),
    ):
        model.setOptionValue(option, value)
    return model
