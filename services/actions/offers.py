"""Offers: a confirmed run reserves seats, people answer, employers hire. No path oversells.

Every path takes seats by the one conditional statement `offers.take_seats`, and gives them back
only together with an offer that held one.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from matching.engine.bins import Bin, judge
from matching.engine.scores import Distances
from matching.errors import IllegalMove, Refusal
from matching.orders import offers as rules
from matching.orders import text
from services.access import Actor, Permission
from services.actions import orders as order_actions
from services.actions import people as person_actions
from services.actions.drafts import order_of
from services.actions.market import hold_days
from services.db import Conn, audit, market, offers, orders, people
from services.db.query import NotFound
from services.problems import Stale
from services.sealing import Keys, Seal

BIN_KEYS: Final = {
    Bin.NOT_NOW: "not_now",
    Bin.CONFIRM: "confirm",
    Bin.TRAINING: "training",
    Bin.ACCOMMODATION: "accommodation",
    Bin.NOW: "now",
}


class NoSeatLeft(IllegalMove):
    """Every seat is taken."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    reserved: int
    orders: int
    until: datetime


async def confirm(conn: Conn, actor: Actor, run: int, *, today: date, now: datetime) -> Confirmed:
    """Reserves the seats that a run proposes. Raises Denied, NotFound, Refusal.

    Nothing is decided about a person by the machine alone: only a confirmed run makes offers.
    """
    actor.require(Permission.MATCH_CONFIRM)
    await market.run.one(conn, run)
    if await market.newer_run.value(conn, run) is not None:
        raise Refusal("已有更新的匹配结果，请确认最新的一次")
    if await market.confirm_run.value(conn, run, now, actor.user) is None:
        raise Refusal("这次匹配结果已经确认过")
    until = now + timedelta(days=await hold_days(conn, today, rules.HOLD_DAYS))
    free = await offers.lock_orders.all(conn, run, today)
    made = await offers.reserve_run.all(
        conn, run, [one.id for one in free], [one.free for one in free], now, until
    )
    counts = Counter(one.order_id for one in made)
    for order, seats in sorted(counts.items()):
        if await offers.take_seats.value(conn, order, seats, today) is None:
            raise Stale("名额刚刚有变动，请重新确认")
    await audit.write(
        conn, actor, "match:confirm", "match_run", run, at=now, reserved=len(made), until=until
    )
    return Confirmed(len(made), len(counts), until)


async def reserve(
    conn: Conn,
    actor: Actor,
    seal: Seal,
    distances: Distances,
    order: int,
    person: int,
    *,
    today: date,
    now: datetime,
) -> int:
    """County staff keep one seat for one person whom the post fits; the offer's id.

    Raises Denied, NotFound, NoSeatLeft, Refusal.
    """
    held = await order_actions.whole(conn, order)
    actor.require(Permission.ORDER_CHECK, county=held.row.county)
    found = await people.by_id.one(conn, person)
    actor.require(Permission.ORDER_CHECK, county=found.county)
    profile = await people.profile.first(conn, found.pseudonym)
    if profile is None or not profile.active or not found.recommendations:
        raise Refusal("此人没有参加匹配，不能保留名额")
    judged = judge(
        person_actions.person_of(seal, profile), order_of(held.draft, str(order)), distances
    )
    if not judged.bin.fits:
        raise Refusal("此人目前不适合这个岗位，请先确认未知的能力或安排便利")
    if await offers.take_seats.value(conn, order, 1, today) is None:
        raise NoSeatLeft("名额已满或报名已截止，没有保留成功")
    until = now + timedelta(days=await hold_days(conn, today, rules.HOLD_DAYS))
    offer = await offers.reserve_one.value(
        conn,
        order,
        person,
        BIN_KEYS[judged.bin],
        [one.key for one in judged.arrangements],
        now,
        until,
        found.simulated,
    )
    if offer is None:  # undone with the transaction: the seat goes back
        raise Refusal("此人已经有一个保留或接受的名额")
    await audit.write(
        conn, actor, "offer:reserve", "offer", offer, at=now, area=held.row.county, order=order
    )
    return int(offer)


async def reply(
    conn: Conn, actor: Actor, seal: Seal, offer: int, event: str, *, today: date, now: datetime
) -> str:
    """The person accepts or declines; the offer's new state. Raises Denied, NotFound, Refusal.

    Declining asks no reason and costs nothing; that opening is not proposed again.
    """
    row = await offers.by_id.one(conn, offer)
    actor.require(Permission.OFFER_ANSWER, person=row.person_id)
    if event not in ("accept", "decline"):
        raise Refusal("请选择接受或者不接受")
    await people.by_id.one(conn, row.person_id)
    target = await _answered(conn, row, event, "", now)
    if event == "decline":
        await person_actions.avoid(conn, seal, row.person_id, row.order_id, now=now)
    await audit.write(conn, actor, f"offer:{event}", "offer", offer, at=now, area=row.county)
    return target


async def outcome(
    conn: Conn, actor: Actor, offer: int, event: str, reason: str, *, now: datetime
) -> str:
    """The employer hires or not; a refusal names the part of the work. Raises Denied, Refusal."""
    row = await offers.by_id.one(conn, offer)
    actor.require(Permission.ORDER_WRITE, employer=row.employer_id)
    if event not in ("hire", "not_hire"):
        raise Refusal("请选择录用或者不录用")
    text.check(reason)
    target = await _answered(conn, row, event, reason, now)
    await audit.write(conn, actor, f"offer:{event}", "offer", offer, at=now, area=row.county)
    return target


async def _answered(
    conn: Conn, row: offers.OfferRow, event: str, reason: str, now: datetime
) -> str:
    target = rules.move(row.state, event, now=now, until=row.reserved_until, reason=reason)
    if await offers.answer.value(conn, row.id, row.state, target, now, reason) is None:
        raise Stale("这份录用意向刚刚有了变化，请刷新后再办理")
    if rules.frees_seat(row.state, target):
        await offers.free_seat.run(conn, row.order_id)
    return target


async def lapse(conn: Conn, actor: Actor, *, now: datetime) -> int:
    """Gives back the seats whose time is over; how many."""
    freed = int(await offers.lapse.value(conn, now))
    if freed:
        await audit.write(conn, actor, "offer:lapse", "offer", "-", at=now, seats=freed)
    return freed


async def wish(
    conn: Conn, actor: Actor, seal: Seal, person: int, order: int, *, now: datetime
) -> None:
    """A wish for another opening; it counts in the next run. Raises Denied, NotFound, Refusal."""
    actor.require(Permission.OFFER_ANSWER, person=person)
    row = await orders.by_id.one(conn, order)
    if row.state != "open":
        raise Refusal("这个岗位现在不招人")
    await offers.wish.run(conn, person, order, now)
    await person_actions.want(conn, seal, person, row.occupation_code or row.trade, order, now=now)
    await audit.write(conn, actor, "opening:wish", "order", order, at=now, area=row.county)


async def unwish(conn: Conn, actor: Actor, person: int, order: int, *, now: datetime) -> None:
    """Takes a wish back; what the person wants in general stays as it is."""
    actor.require(Permission.OFFER_ANSWER, person=person)
    await offers.unwish.run(conn, person, order, now)
    await audit.write(conn, actor, "opening:unwish", "order", order, at=now)


async def ask(
    conn: Conn, actor: Actor, person: int, order: int, words: str, *, now: datetime
) -> None:
    """A question to the employer, under no name. Raises Denied, NotFound, Refusal."""
    actor.require(Permission.OFFER_ANSWER, person=person)
    row = await orders.by_id.one(conn, order)
    if not words.strip():
        raise Refusal("请写下您的问题")
    question = await offers.ask.value(conn, person, order, words.strip(), now)
    await audit.write(conn, actor, "opening:ask", "question", question, at=now, area=row.county)


async def reply_to_question(
    conn: Conn, actor: Actor, question: int, words: str, *, now: datetime
) -> int:
    """The employer's answer, once; the order it belongs to. Raises Denied, NotFound, Refusal."""
    row = await offers.question.one(conn, question)
    actor.require(Permission.ORDER_WRITE, employer=row.employer_id)
    if not words.strip():
        raise Refusal("请写下您的回答")
    text.check(words)
    if await offers.reply.value(conn, question, words.strip(), now, actor.user) is None:
        raise Refusal("这个问题已经回答过")
    await audit.write(conn, actor, "question:answer", "question", question, at=now, area=row.county)
    return row.order_id


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an employer sees of somebody: the name only once the person accepted."""

    offer: offers.CandidateRow
    name: str | None


async def candidates(
    conn: Conn, actor: Actor, keys: Keys, order: int, *, now: datetime
) -> list[Candidate]:
    """The people to whom seats of the order are kept. Each name shown is logged. Raises Denied."""
    row = await orders.by_id.one(conn, order)
    actor.require(Permission.ORDER_WRITE, employer=row.employer_id)
    found = []
    for one in await offers.of_order.all(conn, order):
        name = None
        if one.state in ("accepted", "hired"):
            name = await _name(conn, keys, one.person_id)
            await audit.write(
                conn, actor, "person:reveal", "person", one.person_id, at=now, order=order
            )
        found.append(Candidate(one, name))
    return found


async def _name(conn: Conn, keys: Keys, person: int) -> str:
    row = await offers.name_of.first(conn, person)
    if row is None:
        raise NotFound("没有找到，或者您无权查看")
    return keys.open(row.name_cipher, f"person.name.{person}")
