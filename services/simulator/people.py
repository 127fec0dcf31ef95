"""Simulated job-seekers: function first. Nothing here knows of a certificate or a grade.

Every number is explained in docs/simulator.md.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from matching.engine.vocabulary import DIMENSIONS, FACTS, occupations
from services.profiles import UNKNOWN, Profile, Row, Wants, pack
from services.simulator.scales import Scale, counties, people_by_county, streams
from services.simulator.trades import ORDER_TRADES, Trade

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

# What a latent factor takes from a dimension when it is wholly lost (levels of 4). Assumed.
_FACTORS: Final[dict[str, dict[str, float]]] = {
    "legs": {
        "stand": 3.5, "walk": 3.5, "stairs": 4, "climb": 4, "low_posture": 3.5, "lift": 2,
        "foot_control": 3.8, "travel": 2, "climate": 0.8, "hazard": 1.5, "sit": 0.5, "pace": 0.5,
    },
    "hands": {
        "lift": 3, "reach": 3, "bimanual": 3.8, "grip": 3.5, "fine_motor": 3.5, "input_device": 2,
        "write": 1.2, "pace": 1.2, "touch": 0.8, "climb": 2,
    },
    "sight": {
        "near_vision": 4, "scene_vision": 4, "colour": 3, "read": 1.2, "write": 0.8, "travel": 1.8,
        "hazard": 2.5, "stairs": 0.8, "climb": 2, "input_device": 0.8, "fine_motor": 0.8,
    },
    "hearing": {
        "hear_speech": 4, "hear_signal": 4, "speak": 1.6, "hazard": 1.2, "public_contact": 1,
        "read": 0.5, "alone": 0.5,
    },
    "voice": {"speak": 4, "public_contact": 1.5, "hear_speech": 0.3},
    "learning": {
        "learn": 3.2, "memory": 3, "numeracy": 3.5, "read": 3, "write": 3, "autonomy": 2.8,
        "change": 2, "attention": 1.8, "pace": 1.5, "travel": 1.2, "alone": 2, "hazard": 2,
        "input_device": 1.5, "public_contact": 1.5, "teamwork": 1,
    },
    "load": {
        "stress": 3.5, "change": 2.5, "shift": 3, "attention": 2, "teamwork": 2, "pace": 1.8,
        "public_contact": 2, "noise": 2, "alone": 1.5, "autonomy": 1.2, "hazard": 1.2,
    },
    "stamina": {
        "stand": 1.2, "walk": 1.2, "lift": 2, "climate": 2.5, "irritants": 2.5, "noise": 1,
        "shift": 2, "pace": 1, "sit": 0.8,
    },
}  # fmt: skip
# How often a factor is a person's main one. Assumed.
_MAIN_SHARE: Final = (0.38, 0.16, 0.11, 0.13, 0.02, 0.09, 0.07, 0.04)
_EDUCATION_SHARE: Final = (0.06, 0.24, 0.42, 0.18, 0.07, 0.028, 0.002)


@dataclass(frozen=True, slots=True)
class SimulatedPeople:
    """Rows and profiles side by side; `able` are the true capacities (n, 39), nothing unknown."""

    rows: list[Row]
    profiles: list[Profile]
    able: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
    county: Ints  # index into counties()

    def payloads(self) -> list[bytes]:
        return [pack(profile) for profile in self.profiles]


def draw_severities(rng: np.random.Generator, n: int) -> Floats:
    """How much of each latent factor is lost, 0..1, for n people."""
    names = len(_FACTORS)
    loss = rng.beta(0.5, 9.0, (n, names))
    main = rng.choice(names, n, p=_MAIN_SHARE)
    loss[np.arange(n), main] = rng.beta(1.6, 1.6, n)
    second = rng.random(n) < 0.15
    loss[np.flatnonzero(second), rng.choice(names, int(second.sum()))] = rng.beta(
        1.3, 2.0, int(second.sum())
    )
    return np.asarray(loss)


def draw_capacities(
    rng: np.random.Generator, loss: Floats
) -> np.ndarray[tuple[int, ...], np.dtype[np.int8]]:
    """Capacity 0..4 in every dimension: 4 less what the factors take, with noise."""
    takes = np.array([[part.get(d.key, 0.0) for d in DIMENSIONS] for part in _FACTORS.values()])
    level = 4.2 - loss @ takes - np.abs(rng.normal(0.0, 0.45, (len(loss), len(DIMENSIONS))))
    return np.asarray(np.clip(np.rint(level), 0, 4), np.int8)


def draw_unknown(rng: np.random.Generator, n: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """What nobody asked yet: seldom in the quick form's dimensions, often in the others."""
    asked = rng.beta(6, 1.5, n)[:, None]
    core = np.array([d.core for d in DIMENSIONS])
    return np.asarray(rng.random((n, len(DIMENSIONS))) > np.where(core, 0.985, 0.6 + 0.4 * asked))


def draw_facts(rng: np.random.Generator, loss: Floats) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Facts that accommodations require: 1, 0, or -1 for not known."""
    n = len(loss)
    at = {name: loss[:, i] for i, name in enumerate(_FACTORS)}
    chance = {
        "one_usable_hand": 0.995 - 0.25 * (at["hands"] > 0.85),
        "reads_text": 0.97 - 0.75 * at["learning"] - 0.85 * (at["sight"] > 0.8),
        "reads_text_or_pictures": 0.98 - 0.3 * at["learning"] - 0.85 * (at["sight"] > 0.8),
        "sees_or_feels_signal": 0.995 - 0.1 * at["sight"],
        "signs": 0.01 + 0.65 * (at["hearing"] > 0.5),
        "uses_hearing_aid": 0.02 + 0.45 * (at["hearing"] > 0.35),
        "uses_screen_reader": 0.01 + 0.6 * (at["sight"] > 0.5),
        "reads_braille": 0.003 + 0.3 * (at["sight"] > 0.75),
        "accepts_orientation_training": 0.3 + 0.5 * (at["sight"] > 0.5),
        "uses_alt_input": 0.02 + 0.5 * (at["hands"] > 0.6),
        "home_fit_for_work": np.full(n, 0.6),
    }
    holds = np.column_stack([rng.random(n) < chance[fact] for fact in FACTS]).astype(np.int8)
    holds[rng.random(holds.shape) < 0.12] = -1
    return holds


def draw_people(seed: int, scale: Scale, today: date) -> SimulatedPeople:
    """The job-seekers of a province, county by county."""
    function, facts, life, names = streams(seed, "function", "facts", "life", "pseudonyms")
    county = np.repeat(np.arange(len(counties())), people_by_county(seed, scale.people))
    n = len(county)
    loss = draw_severities(function, n)
    able = draw_capacities(function, loss)
    told = np.where(draw_unknown(function, n), UNKNOWN, able).astype(np.uint8)
    profiles = _profiles(life, told, draw_facts(facts, loss), able, today)
    pseudonyms = _pseudonyms(names, n)
    waiting = life.integers(0, 540, n)
    free = np.where(life.random(n) < 0.75, 0, life.integers(1, 90, n))
    codes = [c.code for c in counties()]
    adult = today - timedelta(days=365)
    rows = [
        Row(
            pseudonym,
            codes[where],
            today + timedelta(days=free_in),
            adult,
            today - timedelta(days=days),
        )
        for pseudonym, where, free_in, days in zip(
            pseudonyms, county.tolist(), free.tolist(), waiting.tolist(), strict=True
        )
    ]
    return SimulatedPeople(rows, profiles, able, county)


def _pseudonyms(rng: np.random.Generator, n: int) -> list[int]:
    drawn = np.unique(rng.integers(10**14, 10**15, n + n // 100 + 16))
    return [int(one) for one in rng.permutation(drawn)[:n]]


def _profiles(
    rng: np.random.Generator,
    told: np.ndarray[Any, np.dtype[np.uint8]],
    facts: np.ndarray[Any, np.dtype[np.int8]],
    able: np.ndarray[Any, np.dtype[np.int8]],
    today: date,
) -> list[Profile]:
    n = len(told)
    skills, wishes, avoids = _skills(rng, n, today), _wishes(rng, n), _avoids(rng, n)
    education = rng.choice(len(_EDUCATION_SHARE), n, p=_EDUCATION_SHARE).tolist()
    wage = (np.clip(rng.normal(2300, 550, n), 0, 6000) // 100 * 100).astype(int).tolist()
    far = rng.choice([10, 20, 30, 50, 80, 150, -1], n, p=[0.14, 0.2, 0.2, 0.18, 0.1, 0.06, 0.12])
    moves = (rng.random(n) < 0.22).tolist()
    dorm = rng.random(n) < 0.25
    home = rng.random(n) < 0.25 + 0.3 * (able[:, _at("travel")] <= 1)
    shifts = rng.random(n) < 0.25
    strict = rng.random((n, 4)) < (0.15, 0.25, 0.1, 0.05)
    declined = rng.random((n, 2)) < (0.03, 0.02)
    words = [("wage", "distance", "shift", "dorm")[i] for i in range(4)]
    out = []
    for i, (km, must, known) in enumerate(
        zip(far.tolist(), strict.tolist(), facts.tolist(), strict=True)
    ):
        wants = Wants(
            occupations=wishes[i],
            least_wage_yuan=wage[i],
            most_km=None if km < 0 else km,
            relocates=moves[i],
            modes=["onsite", "home", "hybrid"] if home[i] else ["onsite"],
            shifts=["day", "evening", "rotating"] if shifts[i] else ["day"],
            dorm=bool(dorm[i]),
        )
        out.append(
            Profile(
                cap=told[i].tobytes(),
                facts={fact: bool(v) for fact, v in zip(FACTS, known, strict=True) if v >= 0},
                declined=[
                    k for k, no in zip(("job_coach", "remote"), declined[i], strict=True) if no
                ],
                skills=skills[i],
                education=education[i],
                wants=wants,
                must_haves=[
                    word
                    for word, hard in zip(words, must, strict=True)
                    if hard and (word != "dorm" or wants.dorm) and (word != "distance" or km >= 0)
                ],
                avoids=avoids[i],
            )
        )
    return out


def _at(key: str) -> int:
    return next(i for i, d in enumerate(DIMENSIONS) if d.key == key)


def _codes() -> list[str]:
    """Codes people learnt or wish for: those with orders first."""
    ordered = [trade.code for trade in ORDER_TRADES]
    others = [o.code for o in occupations() if o.code]
    return list(dict.fromkeys([*ordered, *others]))


def _popularity(codes: list[str], trades: tuple[Trade, ...], on_orders: float) -> Floats:
    share = np.full(len(codes), (1 - on_orders) / len(codes))
    for trade in trades:
        share[codes.index(trade.code)] += on_orders * trade.share
    return np.asarray(share / share.sum())


def _skills(rng: np.random.Generator, n: int, today: date) -> list[list[tuple[str, int, str]]]:
    codes = _codes()
    count = rng.choice(4, n, p=[0.38, 0.4, 0.17, 0.05])
    total = int(count.sum())
    which = rng.choice(len(codes), total, p=_popularity(codes, ORDER_TRADES, 0.75)).tolist()
    level = rng.choice(7, total, p=[0.34, 0.24, 0.24, 0.11, 0.055, 0.012, 0.003]).tolist()
    days = [(today - timedelta(days=d)).isoformat() for d in range(8 * 365)]
    since = rng.integers(0, len(days), total).tolist()
    flat = [(codes[c], lv, days[d]) for c, lv, d in zip(which, level, since, strict=True)]
    out, start = [], 0
    for k in count.tolist():
        unique = {skill[0]: skill for skill in flat[start : start + k]}
        out.append(list(unique.values()))
        start += k
    return out


def _wishes(rng: np.random.Generator, n: int) -> list[list[str]]:
    codes = _codes()
    count = rng.choice(4, n, p=[0.25, 0.35, 0.25, 0.15])
    which = rng.choice(len(codes), int(count.sum()), p=_popularity(codes, ORDER_TRADES, 0.85))
    ends = np.cumsum(count)
    flat = [codes[c] for c in which.tolist()]
    return [
        list(dict.fromkeys(flat[end - k : end]))
        for end, k in zip(ends.tolist(), count.tolist(), strict=True)
    ]


def _avoids(rng: np.random.Generator, n: int) -> list[list[str]]:
    codes = [trade.code for trade in ORDER_TRADES]
    some = rng.random(n) < 0.08
    which = rng.integers(0, len(codes), n)
    return [[codes[c]] if yes else [] for yes, c in zip(some.tolist(), which.tolist(), strict=True)]
