"""What matching knows of a person, as one sealed value; and the way back into the engine.

The payload is MessagePack of the fields in order: a new field is appended with a default, never
put between. Capacities are 39 bytes in the order of the vocabulary, 255 for unknown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec
import numpy as np

from matching.engine.people import People, Person, Skill
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    DIMENSION_AT,
    DIMENSIONS,
    FACT_AT,
    FACTS,
    MODES,
    MUSTS,
    SHIFTS,
    Level,
)

UNKNOWN: Final = 255
WIDTH: Final = len(DIMENSIONS)
NOTHING_KNOWN: Final = bytes([UNKNOWN]) * WIDTH


class Wants(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the person wishes; `Profile.must_haves` names the wishes that are conditions."""

    occupations: list[str] = []
    least_wage_yuan: int = 0  # a month
    most_km: int | None = None
    relocates: bool = False
    modes: list[str] = []
    shifts: list[str] = []
    dorm: bool = False


class Profile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`cap` is the person's own word; `observed` and `recorded` (in class) are kept apart, empty
    for none. `skills` are (occupation code, level 0..6, ISO date or ""); `confirmed` (order id,
    dimension); `avoids` occupation codes; `avoided_orders` the openings the person declined."""

    cap: bytes = NOTHING_KNOWN
    facts: dict[str, bool] = {}
    declined: list[str] = []
    confirmed: list[tuple[str, str]] = []
    skills: list[tuple[str, int, str]] = []
    education: int | None = None
    wants: Wants = Wants()
    must_haves: list[str] = []
    avoids: list[str] = []
    avoided_orders: list[str] = []
    observed: bytes = b""
    recorded: bytes = b""


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Profile)


def pack(profile: Profile) -> bytes:
    """The payload of a profile, to be sealed for "profile.<pseudonym>"."""
    return _encoder.encode(profile)


def unpack(payload: bytes) -> Profile:
    """The profile of a payload. Raises msgspec.DecodeError if it is none."""
    return _decoder.decode(payload)


def capacity_bytes(capacity: Mapping[str, int]) -> bytes:
    """Known levels by dimension as 39 bytes."""
    return bytes(capacity.get(d.key, UNKNOWN) for d in DIMENSIONS)


def capacity_of(cap: bytes) -> dict[str, int]:
    """The known levels of 39 bytes, by dimension."""
    return {
        d.key: level for d, level in zip(DIMENSIONS, cap or NOTHING_KNOWN, strict=True) if level < 5
    }


@dataclass(frozen=True, slots=True)
class Row:
    """What stands beside the sealed profile in matching_profile."""

    pseudonym: int
    county: str
    available_from: date
    may_work_from: date
    waiting_since: date


def to_person(row: Row, profile: Profile) -> Person:
    """One person as the engine's value."""
    wants = profile.wants
    return Person(
        id=str(row.pseudonym),
        county=row.county,
        capacity=capacity_of(profile.cap),
        observed=capacity_of(profile.observed),
        recorded=capacity_of(profile.recorded),
        facts=profile.facts,
        declined=frozenset(profile.declined),
        skills=tuple(
            Skill(code, Level(level), date.fromisoformat(since) if since else None)
            for code, level, since in profile.skills
        ),
        education=profile.education,
        may_work_from=row.may_work_from,
        available_from=row.available_from,
        wanted=frozenset(wants.occupations),
        avoided=frozenset(profile.avoids),
        avoided_orders=frozenset(profile.avoided_orders),
        least_wage_yuan=wants.least_wage_yuan,
        most_km=wants.most_km,
        relocates=wants.relocates,
        modes=frozenset(wants.modes),
        shifts=frozenset(wants.shifts),
        dorm=wants.dorm,
        musts=frozenset(profile.must_haves),
        waiting_since=row.waiting_since,
        confirmed=frozenset(profile.confirmed),
    )


def to_people(rows: Sequence[Row], profiles: Iterable[Profile]) -> People:
    """All people in the engine's columns: equal to People.from_values of `to_person`, but fast."""
    profiles = list(profiles)
    counties = tuple(sorted({row.county for row in rows}))
    codes = tuple(
        sorted(
            {skill[0] for p in profiles for skill in p.skills}
            | {code for p in profiles for code in (*p.wants.occupations, *p.avoids)}
        )
    )
    at_county = {county: at for at, county in enumerate(counties)}
    at_code = {code: at for at, code in enumerate(codes)}
    skills = [skill for p in profiles for skill in p.skills]
    ordinals = {since: _ordinal(since) for since in {skill[2] for skill in skills}}
    wanted = [sorted(set(p.wants.occupations)) for p in profiles]
    avoided = [sorted(set(p.avoids)) for p in profiles]
    return People.from_columns(
        [str(row.pseudonym) for row in rows],
        counties,
        codes,
        capacity=_capacity(profiles),
        facts=_facts(profiles),
        declined=np.array([_bits(p.declined, ACCOMMODATION_AT) for p in profiles], np.uint64),
        county=[at_county[row.county] for row in rows],
        may_work_from=[row.may_work_from.toordinal() for row in rows],
        available_from=[row.available_from.toordinal() for row in rows],
        education=[-1 if p.education is None else p.education for p in profiles],
        least_wage_yuan=[p.wants.least_wage_yuan for p in profiles],
        most_km=[-1 if p.wants.most_km is None else p.wants.most_km for p in profiles],
        relocates=[p.wants.relocates for p in profiles],
        modes=[_bits(p.wants.modes, _MODE_AT) for p in profiles],
        shifts=[_bits(p.wants.shifts, _SHIFT_AT) for p in profiles],
        dorm=[p.wants.dorm for p in profiles],
        musts=[_bits(p.must_haves, _MUST_AT) for p in profiles],
        waiting_since=[row.waiting_since.toordinal() for row in rows],
        skill_at=_offsets([len(p.skills) for p in profiles]),
        skill=[at_code[skill[0]] for skill in skills],
        skill_level=[skill[1] for skill in skills],
        skill_since=[ordinals[skill[2]] for skill in skills],
        wish_at=_offsets([len(w) + len(a) for w, a in zip(wanted, avoided, strict=True)]),
        wish=[at_code[code] for w, a in zip(wanted, avoided, strict=True) for code in (*w, *a)],
        wish_avoids=[
            flag
            for w, a in zip(wanted, avoided, strict=True)
            for flag in (*(0 for _ in w), *(1 for _ in a))
        ],
        remarks=tuple(_remarks(profiles)),
    )


_MODE_AT: Final = {word: at for at, word in enumerate(MODES)}
_SHIFT_AT: Final = {word: at for at, word in enumerate(SHIFTS)}
_MUST_AT: Final = {word: at for at, word in enumerate(MUSTS)}


def _capacity(profiles: Sequence[Profile]) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    def column(parts: Iterable[bytes]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        whole = b"".join(part or NOTHING_KNOWN for part in parts)
        return np.frombuffer(whole, np.uint8).reshape(-1, WIDTH)

    level = column(p.cap for p in profiles)
    for better in (column(p.observed for p in profiles), column(p.recorded for p in profiles)):
        level = np.where(better != UNKNOWN, better, level)
    return level.view(np.int8) if level.flags.c_contiguous else level.astype(np.int8)


def _facts(profiles: Sequence[Profile]) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    out = np.full((len(profiles), len(FACTS)), -1, np.int8)
    known = [
        (at, FACT_AT[fact], holds)
        for at, p in enumerate(profiles)
        for fact, holds in p.facts.items()
    ]
    if known:
        who, which, holds = zip(*known, strict=True)
        out[list(who), list(which)] = holds
    return out


def _remarks(profiles: Sequence[Profile]) -> Iterable[tuple[int, str, int, bool]]:
    for at, profile in enumerate(profiles):
        if not profile.confirmed and not profile.avoided_orders:
            continue
        for order in sorted({*profile.avoided_orders, *(one for one, _ in profile.confirmed)}):
            safe = _bits([key for one, key in profile.confirmed if one == order], DIMENSION_AT)
            yield at, order, safe, order in profile.avoided_orders


def _bits(words: Iterable[str], at: Mapping[str, int]) -> int:
    out = 0
    for word in words:
        out |= 1 << at[word]
    return out


def _offsets(counts: Sequence[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64)


def _ordinal(since: str) -> int:
    return date.fromisoformat(since).toordinal() if since else 0
