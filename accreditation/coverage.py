"""Which counties have a base, which have none, and which will lose theirs.

豫残联〔2022〕33号 二(二)3 wants at least one base in each county, city and district.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import asin, cos, radians, sin, sqrt
from typing import Final

from accreditation.deadlines import months_later

ACTIVE: Final = "active"
GAP_MONTHS: Final = 6  # our default: a gap is planned to be closed within half a year
EARTH_RADIUS_KM: Final = 6371.0


@dataclass(frozen=True, slots=True)
class County:
    """A county-level unit that counts toward coverage; a functional zone is none.

    `city` is the code of the city above it, None where there is none (济源).
    """

    code: str
    name: str
    city: str | None
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Base:
    """A base, in the state of its accreditation; `term_ends` is the last day of its term."""

    id: str
    name: str
    county: str
    state: str
    term_ends: date | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """A county without an active base, since when, and by when it should have one again.

    `nearest` is the nearest active base, which meanwhile can take its people or send
    a mobile class; None if there is none anywhere.
    """

    county: County
    since: date
    plan_by: date
    nearest: Base | None
    nearest_km: int | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """`covered`: active bases by county code; `lapses`: the day from which a county would be
    without one if nothing is renewed; `uncounted`: bases outside the counties (zones)."""

    covered: Mapping[str, tuple[Base, ...]]
    gaps: tuple[Gap, ...]
    lapses: Mapping[str, date]
    uncounted: tuple[Base, ...]


def coverage(counties: Sequence[County], bases: Iterable[Base], today: date) -> Coverage:
    """The coverage on `today`. Only accreditations in state active count."""
    known = {county.code for county in counties}
    covered: dict[str, list[Base]] = {}
    uncounted: list[Base] = []
    for base in bases:
        if base.county not in known:
            uncounted.append(base)
        elif base.state == ACTIVE:
            covered.setdefault(base.county, []).append(base)
    active = [base for there in covered.values() for base in there]
    return Coverage(
        covered={code: tuple(there) for code, there in covered.items()},
        gaps=tuple(
            _gap(county, counties, active, today)
            for county in counties
            if county.code not in covered
        ),
        lapses={
            code: max(ends)
            for code, there in covered.items()
            if (ends := [b.term_ends for b in there if b.term_ends]) and len(ends) == len(there)
        },
        uncounted=tuple(uncounted),
    )


def gap_left_by(
    leaving: Base, counties: Sequence[County], bases: Iterable[Base], today: date
) -> Gap | None:
    """The gap that opens at once when `leaving` is suspended or ends; None if others remain.

    It never stands in the way of the removal: quality goes before coverage.
    """
    rest = [base for base in bases if base.id != leaving.id]
    left = coverage(counties, rest, today).gaps
    return next((gap for gap in left if gap.county.code == leaving.county), None)


def distance_km(one: County, other: County) -> float:
    """The great-circle distance between the centres of two counties, in kilometres."""
    lat1, lon1, lat2, lon2 = map(radians, (one.lat, one.lon, other.lat, other.lon))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def _gap(county: County, counties: Sequence[County], active: list[Base], today: date) -> Gap:
    place = {one.code: one for one in counties}
    near = min(
        active, key=lambda base: (distance_km(county, place[base.county]), base.id), default=None
    )
    return Gap(
        county=county,
        since=today,
        plan_by=months_later(today, GAP_MONTHS),
        nearest=near,
        nearest_km=None if near is None else round(distance_km(county, place[near.county])),
    )
