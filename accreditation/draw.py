"""The draw of assessors: by a seed committed to beforehand, repeatable by any third party.

1. Publish `commitment(seed)`. 2. Close the pool. 3. Draw, and publish the seed and
the draw. Whoever has the pool can then run `verify`. Nobody who closed the pool
could know the seed's effect, nobody who knew the seed could change it.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Final

from accreditation.deadlines import months_later
from accreditation.errors import BadValue, Refusal

SEED_BYTES: Final = 32
FEWEST_ASSESSORS: Final = 2  # TTQS, ISO/IEC 17011
TIE_MONTHS: Final = 36  # our default: ties count for 3 years


@dataclass(frozen=True, slots=True)
class Tie:
    """What joins an assessor to a base: employer, kin, shareholding, advice given, trainee.

    `until` is the last day it held; None if it still holds.
    """

    base: str
    kind: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Assessor:
    """Someone who may be drawn. `county` is where they work."""

    id: str
    county: str
    ties: tuple[Tie, ...] = ()

    def tied_to(self, base: str, today: date, months: int = TIE_MONTHS) -> bool:
        """Whether a tie with `base` holds or held in the last `months` months."""
        since = months_later(today, -months)
        return any(t.base == base and (t.until is None or t.until >= since) for t in self.ties)


@dataclass(frozen=True, slots=True)
class Pool:
    """Everything the draw depends on but the seed.

    `objected` is the one assessor the base objected to with reasons; `used` are the
    pairs that worked together last time and are not sent again where it can be avoided,
    so that severity can be told apart between assessors.
    """

    base: str
    county: str
    drawn_on: date
    assessors: tuple[Assessor, ...]
    recused: frozenset[str] = frozenset()
    objected: str | None = None
    used: frozenset[frozenset[str]] = frozenset()
    wanted: int = FEWEST_ASSESSORS


class Excluded(StrEnum):
    """Why an assessor is not drawn for this base."""

    SAME_COUNTY = "same_county"
    TIE = "tie"
    RECUSED = "recused"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class Draw:
    """`picked` in the order drawn; `excluded` with the first reason that holds."""

    picked: tuple[str, ...]
    pool_hash: str
    excluded: Mapping[str, Excluded] = field(default_factory=dict)


def commitment(seed: bytes) -> str:
    """What is published before the pool is closed: the SHA-256 of the seed, in hex.

    Raises BadValue if the seed is not SEED_BYTES long: a short one could be guessed.
    """
    if len(seed) != SEED_BYTES:
        raise BadValue("抽取种子应为{wanted}字节", wanted=SEED_BYTES)
    return hashlib.sha256(seed).hexdigest()


def draw(seed: bytes, pool: Pool) -> Draw:
    """The assessors that `seed` draws from `pool`.

    Everyone eligible is put in the order of HMAC-SHA256(seed, pool hash, id); the
    first group in that order without a pair used last time is picked, or, where every
    group has one, the first group. Raises BadValue for a pool that can't be, Refusal
    if too few are eligible.
    """
    commitment(seed)
    if pool.wanted < FEWEST_ASSESSORS:
        raise BadValue("评估员不能少于{fewest}人", fewest=FEWEST_ASSESSORS)
    if len({one.id for one in pool.assessors}) != len(pool.assessors):
        raise BadValue("评估员库里有重复的人")
    hashed, excluded = pool_hash(pool), dict(_excluded(pool))
    eligible = [one.id for one in pool.assessors if one.id not in excluded]
    if len(eligible) < pool.wanted:
        raise Refusal(
            "可抽取的评估员只有{left}人，需要{wanted}人；请扩大评估员库",
            left=len(eligible),
            wanted=pool.wanted,
        )
    ranked = sorted(eligible, key=lambda one: _ticket(seed, hashed, one))
    return Draw(_first_fresh(ranked, pool), hashed, excluded)


def verify(drawn: Draw, seed: bytes, committed: str, pool: Pool) -> bool:
    """Whether `seed` is the one committed to and draws exactly `drawn` from `pool`."""
    try:
        return commitment(seed) == committed and draw(seed, pool) == drawn
    except Refusal:
        return False


def pool_hash(pool: Pool) -> str:
    """The SHA-256, in hex, of the pool as canonical JSON: sorted, no spaces, UTF-8."""
    canonical = {
        "base": pool.base,
        "county": pool.county,
        "drawn_on": pool.drawn_on.isoformat(),
        "wanted": pool.wanted,
        "recused": sorted(pool.recused),
        "objected": pool.objected,
        "used": sorted(sorted(pair) for pair in pool.used),
        "assessors": sorted(
            [one.id, one.county, sorted([t.base, t.kind, str(t.until or "")] for t in one.ties)]
            for one in pool.assessors
        ),
    }
    written = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def _excluded(pool: Pool) -> Iterator[tuple[str, Excluded]]:
    for one in pool.assessors:
        if one.county == pool.county:
            yield one.id, Excluded.SAME_COUNTY
        elif one.tied_to(pool.base, pool.drawn_on):
            yield one.id, Excluded.TIE
        elif one.id in pool.recused:
            yield one.id, Excluded.RECUSED
        elif one.id == pool.objected:
            yield one.id, Excluded.OBJECTED


def _ticket(seed: bytes, hashed: str, assessor: str) -> bytes:
    return hmac.digest(seed, f"{hashed}:{assessor}".encode(), "sha256")


def _first_fresh(ranked: Sequence[str], pool: Pool) -> tuple[str, ...]:
    for group in combinations(ranked, pool.wanted):
        if not any(frozenset(pair) in pool.used for pair in combinations(group, 2)):
            return group
    return tuple(ranked[: pool.wanted])
