"""The fairness audit of the last confirmed run: figures by group, never of a person.

Category, sex and age are opened here and nowhere near matching, in the program's own voice, and
leave only as counts. Equal opportunity is what the blind market gives each person (services.advice).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np

from matching.engine.fairness import UNKNOWN, Group, audit, shown, strata
from services.access import Actor, Permission
from services.actions.cases import as_system
from services.advice import Told
from services.db import Conn, fairness
from services.db import audit as log
from services.sealing import Keys

AGE_BANDS: Final = (
    30,
    40,
    50,
)  # years at which a band begins; below 30, 30-39, 40-49, 50 and above
MANY: Final = 7  # 残疾人证: more than one category reads as 多重 (GB/T 26341-2010)
URBAN: Final = "市辖区"
DIMENSIONS: Final = ("category", "sex", "age", "urban", "county")


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """What was read for one audit, still sealed."""

    run: fairness.ConfirmedRow
    people: list[fairness.SealedPerson]
    value: Mapping[int, int]  # millionths, by the pseudonym of who was proposed for a seat
    counties: Mapping[str, fairness.KindRow]


@dataclass(frozen=True, slots=True)
class Figures:
    """One group as it may be shown: a group of a few, or one that would give it away, is hidden."""

    group: Group
    shown: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of each dimension, and of how many people it isn't known."""

    run: fairness.ConfirmedRow
    people: int
    figures: Mapping[str, tuple[Figures, ...]]
    unknown: Mapping[str, int]
    counties: Mapping[int, str]  # names by the label of the group


async def read(conn: Conn, actor: Actor, *, now: datetime) -> Read | None:
    """What the audit of the last confirmed run needs; None before one. Raises Denied. Logged."""
    actor.require(Permission.FAIRNESS_READ)
    async with as_system(conn, actor):
        run = await fairness.last_confirmed.first(conn)
        if run is None:
            return None
        people = [one async for one in fairness.people(conn)]
        value = {one.pseudonym: one.v async for one in fairness.placed(conn, run.id)}
        codes = sorted({one.county for one in people})
        counties = {one.code: one for one in await fairness.kinds.all(conn, codes)}
    await log.write(conn, actor, "fairness:read", "match_run", run.id, at=now)
    return Read(run, people, value, counties)


def report(found: Read, told: Told, keys: Keys, today: date) -> Report:
    """The audit of everybody who is in the market that `told` is of; long work, for a thread."""
    rows = [(one, told.place(one.pseudonym)) for one in found.people]
    people = [one for one, at in rows if at is not None]
    places = np.array([at for _, at in rows if at is not None], np.int64)
    labels = _labels(people, found.counties, keys, today)
    selected = np.array([one.pseudonym in found.value for one in people], np.bool_)
    groups = audit(
        labels,
        # What was proposed did fit when it was; an order may have gone since.
        eligible=told.fits[places] | selected,
        selected=selected,
        value=np.array([found.value.get(one.pseudonym, 0) for one in people], np.int64),
        stratum=strata(told.surplus[places]),
    )
    return Report(
        found.run,
        len(people),
        {
            name: tuple(map(Figures, some, shown([one.eligible for one in some])))
            for name, some in groups.items()
        },
        {name: int((column == UNKNOWN).sum()) for name, column in labels.items()},
        {int(code): row.name for code, row in found.counties.items()},
    )


def _labels(
    people: list[fairness.SealedPerson],
    counties: Mapping[str, fairness.KindRow],
    keys: Keys,
    today: date,
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    columns: dict[str, list[int]] = {name: [] for name in DIMENSIONS}
    for one in people:
        sex, age = _sex_and_age(one, keys, today)
        for name, label in (
            ("category", _category(one, keys)),
            ("sex", sex),
            ("age", age),
            ("urban", int(counties[one.county].kind == URBAN)),
            ("county", int(one.county)),
        ):
            columns[name].append(label)
    return {name: np.array(column, np.int64) for name, column in columns.items()}


def _category(one: fairness.SealedPerson, keys: Keys) -> int:
    if one.categories_cipher is None:
        return UNKNOWN
    kinds = json.loads(keys.open(one.categories_cipher, f"person_category.categories.{one.id}"))
    if len(kinds) != 1:
        return MANY if kinds else UNKNOWN
    return int(kinds[0][0])


def _sex_and_age(one: fairness.SealedPerson, keys: Keys, today: date) -> tuple[int, int]:
    """Sex (1 male, 0 female) and age band of the citizen number (GB 11643-1999)."""
    if one.identity_cipher is None:
        return UNKNOWN, UNKNOWN
    number = keys.open(one.identity_cipher, f"person.identity.{one.id}")
    born = int(number[6:14])
    age = (today.year * 10_000 + today.month * 100 + today.day - born) // 10_000
    return int(number[16]) % 2, sum(age >= start for start in AGE_BANDS)
