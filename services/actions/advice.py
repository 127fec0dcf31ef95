"""Who may know what the market says: staff what to ask and teach in their area, a person why not."""

from dataclasses import dataclass
from datetime import date

from matching.engine.explain import Pair
from matching.engine.market import Market
from matching.engine.people import People, Person
from matching.engine.prices import WhyNot
from matching.engine.questions import Training, opened_by_training
from matching.engine.scores import Distances, waiting_bonus
from services.access import Actor, Permission
from services.advice import Ask, Told
from services.db import Conn, advice, orders


@dataclass(frozen=True, slots=True)
class Call:
    """A question worth asking, of a person whom the asker looks after."""

    person: int
    county: str
    order: orders.OrderRow
    ask: Ask


@dataclass(frozen=True, slots=True)
class Offered:
    """A class worth offering in a county of the asker."""

    county: str
    training: Training


async def calls(conn: Conn, actor: Actor, told: Told, most: int) -> list[Call]:
    """The questions to ask first in the asker's area, dearest first. Raises Denied."""
    actor.require(Permission.PERSON_READ)
    people = {
        row.pseudonym: row
        for row in await advice.asked_of.all(conn, [one.pseudonym for one in told.asks])
    }
    mine = [one for one in told.asks if one.pseudonym in people][:most]
    rows = {row.id: row for row in await orders.some.all(conn, [one.order for one in mine])}
    return [
        Call(people[one.pseudonym].id, people[one.pseudonym].county, rows[one.order], one)
        for one in mine
        if one.order in rows
    ]


async def classes(conn: Conn, actor: Actor, told: Told, most: int) -> list[Offered]:
    """The classes that would fill seats in the asker's area, most seats first. Raises Denied."""
    actor.require(Permission.PERSON_READ)
    counties = sorted({one.county for one in told.trainings})
    names = {row.code: row.name for row in await advice.places.all(conn, counties)}
    return [
        Offered(names[one.county], one)
        for one in told.trainings
        if one.fills and one.county in names
    ][:most]


def why_not(
    actor: Actor,
    told: Told,
    person: int,
    pseudonym: int,
    order: int,
    pair: Pair,
    waiting: date,
    today: date,
) -> WhyNot | None:
    """Where a person stands before an order that fits; None what isn't proven. Raises Denied."""
    actor.require(Permission.OPENING_READ, person=person)
    at = told.place(pseudonym)
    if at is None or told.slack or order not in told.prices or not pair.judgement.bin.fits:
        return None
    bonus = int(waiting_bonus([waiting.toordinal()], today.toordinal())[0])
    return WhyNot(pair.value + bonus, told.prices[order], int(told.surplus[at]))


def openers(
    market: Market, person: Person, distances: Distances, today: date
) -> list[tuple[str, int, list[int]]]:
    """(occupation, level, order ids) of each class that would open openings; work for a thread.

    `market` holds the orders; who stands before them in it doesn't matter.
    """
    facing = Market.of(People.from_values([person]), market.orders, distances, today)
    return [
        (one.course.occupation, one.course.level, [int(market.orders.ids[at]) for at in one.orders])
        for one in opened_by_training(facing, 0, distances)
    ]
