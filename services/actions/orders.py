"""Orders: written by a verified employer, checked and opened by the county."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec

from matching.errors import Refusal
from matching.orders import offers as offer_rules
from matching.orders import states
from services.access import Actor, Denied, Permission
from services.actions.drafts import Draft, checked, occupation
from services.actions.market import Demanded, Provided, Skilled, raised
from services.db import Conn, audit, offers, orders
from services.problems import Stale

COUNTY_MOVES: Final = frozenset({"return", "open"})


@dataclass(frozen=True, slots=True)
class Whole:
    """A stored order with everything that belongs to it."""

    row: orders.OrderRow
    draft: Draft


async def employer_of(conn: Conn, actor: Actor, employer: int) -> orders.Employer:
    """The employer, verified. Raises Denied, NotFound, Refusal."""
    actor.require(Permission.ORDER_WRITE, employer=employer)
    found = await orders.employers.one(conn, [employer])
    if not found.verified:
        raise Refusal("单位还没有核验，请先联系所在县残联核验，核验后可以发布订单")
    return found


async def create(
    conn: Conn, actor: Actor, employer: int, draft: Draft, *, today: date, now: datetime
) -> int:
    """A new draft order. Raises Denied, Faulty, Refusal."""
    await employer_of(conn, actor, employer)
    await checked(conn, draft, today=today)
    order = int(await orders.next_id.value(conn))
    number = f"{today:%Y}-{draft.county}-{order:06d}"
    await orders.add.run(
        conn, order, number, employer, *_columns(draft), actor.simulated, actor.user, now
    )
    await _store_parts(conn, order, draft)
    await audit.write(conn, actor, "order:create", "order", order, at=now, area=draft.county)
    return order


async def change(
    conn: Conn,
    actor: Actor,
    order: int,
    version: int,
    draft: Draft,
    *,
    today: date,
    now: datetime,
) -> int:
    """Replaces a draft or returned order; its new version. Raises Stale, Faulty, Denied."""
    row = await orders.by_id.one(conn, order)
    await employer_of(conn, actor, row.employer_id)
    states.check_editable(row.state)
    await checked(conn, draft, today=today)
    made = await orders.change.value(conn, order, version, *_columns(draft))
    if made is None:
        raise Stale("订单已被他人修改，请刷新后再改")
    await _store_parts(conn, order, draft)
    await audit.write(
        conn, actor, "order:change", "order", order, at=now, area=draft.county, version=made
    )
    return int(made)


def _columns(draft: Draft) -> tuple[object, ...]:
    found = occupation(draft.trade)
    return (
        draft.county,
        draft.title.strip(),
        found.zh if found else draft.trade,
        found.code if found and found.code else None,
        draft.seats,
        draft.min_headcount,
        draft.work_type,
        draft.address,
        draft.wage_min,
        draft.wage_max,
        draft.wage_basis,
        draft.contract_months,
        list(draft.insurance),
        draft.dorm,
        draft.shift,
        draft.education_min,
        draft.education_reason,
        json.dumps(draft.raises, sort_keys=True),
        draft.class_starts,
        draft.class_ends,
        draft.starts_on,
        draft.deadline,
    )


async def _store_parts(conn: Conn, order: int, draft: Draft) -> None:
    await orders.clear_demands.run(conn, order)
    await orders.clear_accommodations.run(conn, order)
    await orders.clear_skills.run(conn, order)
    demands = {d.dimension: d for d in draft.demands if d.level}
    await orders.add_demand.many(
        conn, [(order, d.dimension, d.level, d.essential, d.reason) for d in demands.values()]
    )
    given = {a.accommodation: a for a in draft.accommodations}
    await orders.add_accommodation.many(
        conn, [(order, a.accommodation, a.stance, a.reason) for a in given.values()]
    )
    skills = {s.code: s for s in draft.skills}
    await orders.add_skill.many(
        conn, [(order, s.code, s.level, s.required, s.taught) for s in skills.values()]
    )


_DEMANDS: Final = msgspec.json.Decoder(list[Demanded])
_ACCOMMODATIONS: Final = msgspec.json.Decoder(list[Provided])
_SKILLS: Final = msgspec.json.Decoder(list[Skilled])


async def whole(conn: Conn, order: int) -> Whole:
    """The order as it stands. Raises NotFound."""
    row = await orders.whole.one(conn, order)
    draft = Draft(
        row.title,
        row.trade,
        row.county,
        row.seats,
        row.wage_min,
        row.wage_max,
        row.contract_months,
        row.starts_on,
        row.deadline,
        row.min_headcount,
        row.work_type,
        row.address,
        row.wage_basis,
        row.insurance,
        row.dorm,
        row.shift,
        row.education_min,
        row.education_reason,
        row.class_starts,
        row.class_ends,
        raised(row.trains),
        _DEMANDS.decode(row.demands),
        _ACCOMMODATIONS.decode(row.accommodations),
        _SKILLS.decode(row.skills),
    )
    return Whole(row, draft)


async def move(
    conn: Conn,
    actor: Actor,
    order: int,
    version: int,
    event: str,
    *,
    reason: str = "",
    today: date,
    now: datetime,
) -> str:
    """Moves the order on; its new state. Raises Denied, IllegalMove, Faulty, Stale."""
    held = await whole(conn, order)
    row = held.row
    _may_move(actor, row, event)
    target = states.move(row.state, event, reason)
    if event in ("submit", "open"):
        await checked(conn, held.draft, today=today)
    if event == "submit":
        await employer_of(conn, actor, row.employer_id)
    if await orders.set_state.value(conn, order, version, row.state, target) is None:
        raise Stale("订单已被他人修改，请刷新后再办理")
    await orders.log.run(conn, order, now, actor.user, row.state, event, target, reason)
    if event == "cancel":
        await _withdraw_offers(conn, order, now)
    await audit.write(
        conn, actor, f"order:{event}", "order", order, at=now, area=row.county, reason=reason
    )
    return target


def _may_move(actor: Actor, row: orders.OrderRow, event: str) -> None:
    if event in COUNTY_MOVES:
        actor.require(Permission.ORDER_CHECK, county=row.county)
        return
    try:
        actor.require(Permission.ORDER_WRITE, employer=row.employer_id)
    except Denied:
        if event != "cancel":
            raise
        actor.require(Permission.ORDER_CHECK, county=row.county)


async def _withdraw_offers(conn: Conn, order: int, now: datetime) -> None:
    """A cancelled order gives everybody's seat back; who lost a place reads why."""
    for held in await offers.of_order_plain.all(conn, order):
        offer = await offers.by_id.one(conn, held.id)
        target = offer_rules.move(offer.state, "withdraw", now=now, until=offer.reserved_until)
        if await offers.answer.value(conn, offer.id, offer.state, target, now, "") is not None:
            await offers.free_seat.run(conn, order)
