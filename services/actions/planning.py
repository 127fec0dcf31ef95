"""The province's plan: whom to admit, what stays open, and what a removal would do."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from accreditation.admission_plan import PASS_HUNDREDTHS, Aim, Limits, Plan, Site, plan
from services.access import Actor, Permission
from services.db import Conn, coverage

DEMONSTRATION_PLACES: Final = 20  # 豫残联〔2022〕33号 一(三)2
PLAN_YEARS: Final = 5  # the targets are of five years, a base's capacity is of one


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the sites and counties it speaks of, and the base that is thought away, if any."""

    plan: Plan
    sites: Mapping[str, coverage.Site]
    counties: Mapping[str, coverage.CountyRow]
    targets: Mapping[str, coverage.Wanted]
    without: coverage.Site | None
    opens: tuple[str, ...]  # counties that lose their only base by it
    unassessed: frozenset[str]  # candidates without a result yet, taken at the pass mark


async def planned(
    conn: Conn,
    actor: Actor,
    *,
    of: str,
    without: int = 0,
    places: int | None = None,
    per_city: int | None = None,
    aim: Aim = Aim.SCORE,
) -> Planned:
    """The plan for the targets `of`, with base `without` thought away. Raises Denied, Refusal."""
    actor.require(Permission.COVERAGE_READ)
    counties = await coverage.counties.all(conn)
    rows = await coverage.sites.all(conn, of)
    targets = {one.unit: one for one in await coverage.plan_targets.all(conn, of)}
    gone = next((one for one in rows if one.id == without), None)
    kept = [one for one in rows if one is not gone]
    limits = Limits(
        places=places,
        per_city={} if per_city is None else dict.fromkeys(targets, per_city),
        demonstration_places=DEMONSTRATION_PLACES,
    )
    found = await asyncio.to_thread(
        plan,
        [one.code for one in counties],
        [_site(one) for one in kept],
        aim=aim,
        limits=limits,
        targets={unit: one.trained_persons for unit, one in targets.items()},
    )
    return Planned(
        found,
        {str(one.id): one for one in rows},
        {one.code: one for one in counties},
        targets,
        gone,
        _opened(gone, kept),
        frozenset(str(one.id) for one in kept if one.score is None and not one.existing),
    )


def _opened(gone: coverage.Site | None, kept: Sequence[coverage.Site]) -> tuple[str, ...]:
    if gone is None or not gone.existing:
        return ()
    return () if any(one.existing and one.county == gone.county for one in kept) else (gone.county,)


def _site(row: coverage.Site) -> Site:
    score = PASS_HUNDREDTHS if row.score is None else int(row.score * 100)
    return Site(
        id=str(row.id),
        covers=frozenset({row.county}),
        cost_yuan=0,  # nobody has told the system what an admission costs
        score_hundredths=score,
        existing=row.existing,
        city=row.unit,
        capacity=row.capacity_per_year * PLAN_YEARS,
        demonstrates=row.demonstrates,
    )
