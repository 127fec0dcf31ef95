"""Consent, one purpose at a time: asked with its text, shown, and taken back with effect at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from matching.errors import Refusal
from matching.orders import offers as rules
from services.access import Actor
from services.actions.people import act_for, in_hand
from services.db import Conn, audit, consents, offers, people
from services.i18n import N_

VERSION: Final = "2026-11"  # of the texts below; a changed text is a new version
# 个人信息保护法 14, 23, 29: informed, separate, for a named purpose.
TEXTS: Final = {
    "matching": N_(
        "同意用我登记的能力、技能和意愿，与岗位要求比对，为我推荐岗位、保留名额。"
        "比对时不使用姓名，也看不到残疾类别和等级。"
    ),
    "show_to_employer": N_(
        "同意在我接受某个岗位以后，把姓名告诉该岗位的用人单位。接受以前，单位看不到我是谁。"
    ),
    "category_to_employer": N_(
        "同意在签订劳动合同以后，把残疾类别和等级告诉该单位，用于申报按比例安排残疾人就业。"
    ),
    "publicity": N_("同意公开我的就业事迹用于宣传。公开以前，每次都会再问我。"),
}
NAMES: Final = {
    "matching": N_("匹配岗位"),
    "show_to_employer": N_("接受岗位后告诉单位姓名"),
    "category_to_employer": N_("签合同后告诉单位类别和等级"),
    "publicity": N_("宣传"),
}


def through(actor: Actor, person: int) -> str:
    """Who gave it: the person's own account, a helper's, or staff in whose presence it was given."""
    if person not in actor.persons:
        return "staff"
    own = any(one.role == "job_seeker" and one.person == person for one in actor.grants)
    return "self" if own else "helper"


async def give(
    conn: Conn, actor: Actor, person: int, purposes: Iterable[str], *, reason: str, now: datetime
) -> None:
    """Writes down what the person consents to, with the version of the text that was shown.

    Staff write down what they were told in person, with the reason why they act.
    Raises Denied, NotFound, Refusal.
    """
    row = await in_hand(conn, actor, person)
    how = through(actor, person)
    await write(conn, actor, row, purposes, how=how, reason=reason, now=now)


async def write(
    conn: Conn,
    actor: Actor,
    row: people.PersonRow,
    purposes: Iterable[str],
    *,
    how: str,
    reason: str,
    now: datetime,
) -> None:
    """`give` for a person whom the actor has in hand, `how` as `through` tells. Raises Refusal."""
    if how == "staff" and not reason.strip():
        raise Refusal("代办须写明理由")
    for purpose in purposes:
        if purpose not in TEXTS:
            raise Refusal("没有这种同意")
        if await consents.give.value(conn, row.id, purpose, VERSION, now, how) is None:
            continue
        if purpose == "matching" and row.recommendations:
            await people.set_active.run(conn, row.pseudonym, True, now)
        await audit.write(
            conn, actor, "consent:give", "person", row.id, at=now, area=row.county,
            reason=reason.strip(), purpose=purpose, version=VERSION,
        )  # fmt: skip


async def withdraw(
    conn: Conn, actor: Actor, person: int, purpose: str, *, reason: str = "", now: datetime
) -> None:
    """Takes a consent back. Without consent to matching nobody is in the market, and kept seats go back.

    Raises Denied, NotFound, Refusal for what was not given.
    """
    row = await in_hand(conn, actor, person)
    if through(actor, person) == "staff" and not reason.strip():
        raise Refusal("代办须写明理由")
    if await consents.withdraw.value(conn, person, purpose, now) is None:
        raise Refusal("您没有给过这项同意，或者已经撤回")
    if purpose == "matching":
        await release(conn, actor, person, {"reserved"}, now=now)
    await audit.write(
        conn, actor, "consent:withdraw", "person", person, at=now, area=row.county,
        reason=reason.strip(), purpose=purpose,
    )  # fmt: skip


async def release(
    conn: Conn, actor: Actor, person: int, states: Iterable[str], *, now: datetime
) -> None:
    """Gives back the seats that are kept for a person in these states of the offer."""
    await act_for(conn, actor, person)  # an order may lie in another county
    for offer in await offers.of_person.all(conn, person):
        if offer.state not in states:
            continue
        target = rules.move(offer.state, "withdraw", now=now, until=offer.reserved_until)
        if await offers.answer.value(conn, offer.id, offer.state, target, now, "") is not None:
            await offers.free_seat.run(conn, offer.order_id)
