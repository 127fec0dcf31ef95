"""From rows and drafts to the engine's values: one reading of an order for preview, list and run."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from matching.engine.orders import HOURS_A_MONTH, Demand, Order
from matching.engine.people import Skill
from matching.engine.scores import Distances
from matching.engine.vocabulary import ACCOMMODATION_AT, DIMENSION_AT, Level
from matching.orders.terms import INSURANCE
from services.db import Conn, market
from services.profiles import Row

# The words of the schema and those of the engine; a flexible shift can be worked by day.
MODES: Final = {"on_site": "onsite", "home": "home", "hybrid": "hybrid"}
SHIFTS: Final = {"day": "day", "flexible": "day", "night": "night", "rotating": "rotating"}
HOLD_DAYS_KEY: Final = "offer_hold_days"


@dataclass(frozen=True, slots=True)
class Demanded:
    dimension: str
    level: int  # 0..4
    essential: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Provided:
    accommodation: str
    stance: str  # offered, secured or refused
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Skilled:
    code: str
    level: int = 0
    required: bool = False
    taught: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """What the engine needs to know of an order, however it came."""

    county: str
    occupation: str
    seats: int
    min_headcount: int
    work_type: str
    wage_min: int  # yuan per `wage_basis`; by the piece: estimated for a month
    wage_basis: str
    contract_months: int
    insurance: tuple[str, ...]
    dorm: str
    shift: str
    education_min: int | None
    education_reason: str
    raises: Mapping[str, int]
    class_starts: date | None
    starts_on: date
    demands: Iterable[Demanded]
    accommodations: Iterable[Provided]
    skills: Iterable[Skilled]


def engine_order(number: str, post: Post) -> Order:
    """The post as the engine's value. Raises Refusal for what no class can raise."""
    stances = defaultdict(set)
    for one in post.accommodations:
        if one.accommodation in ACCOMMODATION_AT:
            stances[one.stance].add(one.accommodation)
    skills = list(post.skills)
    hourly = post.wage_basis == "hour"
    return Order(
        id=number,
        county=post.county,
        occupation=post.occupation,
        seats=post.seats,
        least_people=post.min_headcount,
        demands={
            d.dimension: Demand(d.level, d.essential, d.reason)
            for d in post.demands
            if d.dimension in DIMENSION_AT
        },
        offered=frozenset(stances["offered"]),
        secured=frozenset(stances["secured"]),
        refused=frozenset(stances["refused"]),
        wage_yuan=post.wage_min * HOURS_A_MONTH if hourly else post.wage_min,
        contract_months=post.contract_months,
        insured=set(INSURANCE) <= set(post.insurance),
        dorm=post.dorm != "none",
        mode=MODES[post.work_type],
        shift=SHIFTS[post.shift],
        required=tuple(Skill(s.code, Level(s.level)) for s in skills if s.required),
        preferred=frozenset(s.code for s in skills if not s.required and not s.taught),
        education=post.education_min or 0,
        education_ground=post.education_reason,
        teaches=tuple(Skill(s.code, Level(s.level)) for s in skills if s.taught),
        raises={key: int(levels) for key, levels in post.raises.items() if levels},
        starts_on=post.class_starts or post.starts_on,
        work_from=post.starts_on,
    )


def raised(text: str) -> dict[str, int]:
    """The levels that a class raises, of the stored JSON."""
    read = json.loads(text)
    return {key: int(levels) for key, levels in read.items() if key in DIMENSION_AT}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The market as it was read: sealed people as they came, open orders, places."""

    people: list[market.SealedRow]
    orders: dict[int, Order]
    distances: Distances


async def load_orders(conn: Conn, today: date) -> dict[int, Order]:
    """Every open order whose deadline has not passed, with the seats that are still free."""
    demands: dict[int, list[Demanded]] = defaultdict(list)
    for d in await market.demands.all(conn):
        demands[d.order_id].append(Demanded(d.dimension, d.level, d.essential, d.reason))
    stances: dict[int, list[Provided]] = defaultdict(list)
    for a in await market.accommodations.all(conn):
        stances[a.order_id].append(Provided(a.accommodation, a.stance))
    skills: dict[int, list[Skilled]] = defaultdict(list)
    for s in await market.skills.all(conn):
        skills[s.order_id].append(Skilled(s.code, s.level, s.required, s.taught))
    found = {}
    for row in await market.orders.all(conn):
        if row.deadline < today:
            continue
        post = Post(
            row.county,
            row.occupation_code or row.trade,
            row.free,
            row.min_headcount,
            row.work_type,
            row.wage_min,
            row.wage_basis,
            row.contract_months,
            tuple(row.insurance),
            row.dorm,
            row.shift,
            row.education_min,
            row.education_reason,
            raised(row.trains),
            row.class_starts,
            row.starts_on,
            demands[row.id],
            stances[row.id],
            skills[row.id],
        )
        found[row.id] = engine_order(str(row.id), post)
    return found


async def load_distances(conn: Conn) -> Distances:
    places = await market.places.all(conn)
    return Distances.from_coordinates({p.code: (p.lat, p.lon) for p in places})


async def load(conn: Conn, today: date) -> Loaded:
    """The whole market, read by the matcher's role."""
    return Loaded(
        await market.profiles.all(conn), await load_orders(conn, today), await load_distances(conn)
    )


def row_of(row: market.SealedRow) -> Row:
    return Row(row.pseudonym, row.county, row.available_from, row.may_work_from, row.waiting_since)


async def hold_days(conn: Conn, today: date, default: int) -> int:
    """For how many days an offer is kept: the dated setting, or the default."""
    told = await market.setting.value(conn, HOLD_DAYS_KEY, today)
    return int(json.loads(told)) if told is not None else default
