"""What another rubric would have made of the bases of last season."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from accreditation.comparison import Effect, effects
from accreditation.rubric import Rubric
from services.access import Actor, Permission
from services.actions.results import read_values, settled, stage_of, write_values
from services.db import Conn, rubrics, sheets


@dataclass(frozen=True, slots=True)
class Told:
    """The effect on the bases whose results the asker may see; `year` is None without any."""

    year: int | None
    bases: tuple[tuple[rubrics.Settled, Effect], ...] = ()
    by_points: int = 0  # items settled by points alone, which keep their share of the points

    @property
    def other_grade(self) -> tuple[tuple[rubrics.Settled, Effect], ...]:
        """Those whose grade changes, the largest loss first."""
        found = [pair for pair in self.bases if pair[1].changes_grade]
        return tuple(sorted(found, key=lambda pair: pair[1].moved))

    @property
    def simulated(self) -> bool:
        return any(base.simulated for base, _ in self.bases)


async def effect(conn: Conn, actor: Actor, old: Rubric, new: Rubric, area: str | None) -> Told:
    """Each base of the area by its latest result of the last season, under both rubrics.

    Raises Denied; row security keeps what the asker may not see.
    """
    actor.require(Permission.RUBRIC_WRITE)
    year: int | None = await rubrics.last_season.value(conn)
    if year is None:
        return Told(None)
    bases = await rubrics.settled.all(conn, area, year)
    finals: dict[int, list[sheets.Final]] = defaultdict(list)
    for one in await rubrics.finals.all(conn, [base.case_id for base in bases]):
        finals[one.case_id].append(
            sheets.Final(one.item_id, one.measure, one.not_applicable, one.origin, one.reason)
        )
    found = await asyncio.to_thread(_effects, old, new, bases, finals)
    points = sum("points" in read_values(x.measure) for each in finals.values() for x in each)
    return Told(year, found, points)


def _effects(
    old: Rubric,
    new: Rubric,
    bases: Sequence[rubrics.Settled],
    finals: Mapping[int, Sequence[sheets.Final]],
) -> tuple[tuple[rubrics.Settled, Effect], ...]:
    factor = {
        item.id: after.points / item.points for item in old.items if (after := new.item(item.id))
    }
    found = []
    for base in bases:
        stage, stored = stage_of(base.kind), finals.get(base.case_id, ())
        was, sheet = settled(old, stage, stored, base.vetoes)
        now, _ = settled(new, stage, [_scaled(one, factor) for one in stored], base.vetoes)
        found += [(base, one) for one in effects(was, now, {str(base.base_id): sheet})]
    return tuple(found)


def _scaled(one: sheets.Final, factor: Mapping[str, Decimal]) -> sheets.Final:
    """An item that was settled by points alone, worth the same share of its new points."""
    measure = read_values(one.measure)
    if "points" not in measure or one.item_id not in factor:
        return one
    points = Decimal(measure["points"]) * factor[one.item_id]
    return replace(one, measure=write_values({**measure, "points": str(points)}))
