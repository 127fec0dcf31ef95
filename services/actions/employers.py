"""Employers: registered by anyone, verified by the county, acted for by people who come and go."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from accreditation import credit_code
from matching.errors import Refusal
from matching.orders.affiliation import Firm, Sign, signs
from services.access import ROLES, Actor, Denied, Permission, SignInNeeded
from services.actions.case_facts import day_of
from services.actions.registration import add_account
from services.actions.sign_in import TooMany, plain_digits
from services.db import Conn, audit, employers, reference, users
from services.i18n import N_
from services.sealing import Keys

REGISTRATIONS: Final = 10.0  # tries a day for one user; our default
CHECKS: Final = {
    "credit_code": N_("统一社会信用代码与登记机关公示的一致"),
    "licence": N_("看过营业执照（或登记证书），在有效期内"),
    "contact": N_("打过联系电话，联系人是本单位的人"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What an employer says of itself; `staff_counted` is a number of people, no names."""

    name: str
    credit_code: str
    county: str
    address: str
    contact_name: str
    contact_phone: str
    staff: int | None = None
    staff_counted: int | None = None


async def limit(conn: Conn, actor: Actor, *, now: datetime) -> None:
    """Slows who registers employer after employer. In a transaction that is kept. Raises TooMany."""
    key = f"employer:{actor.user}"
    if not await users.take_token.value(conn, key, REGISTRATIONS, REGISTRATIONS / 86_400, now):
        raise TooMany("今天登记的次数太多，请明天再试")


async def register(
    conn: Conn, keys: Keys, actor: Actor, facts: Facts, *, today: date, now: datetime
) -> int:
    """A new employer, not yet verified; the asker acts for it. `limit` comes before it.

    Raises SignInNeeded, Denied, BadValue for a credit code that can't be, Refusal.
    """
    if actor.user is None:
        raise SignInNeeded("请先登录")
    if any(ROLES[role].needs_totp for role in actor.roles):
        raise Denied("工作人员不能登记用人单位，请由单位自己登记")
    code = credit_code.read(facts.credit_code).code
    _check(facts)
    if facts.county not in {one.code for one in await reference.counties.all(conn)}:
        raise Refusal("请选择所在的县（市、区）")
    phone = _number(facts.contact_phone)
    employer = int(await employers.next_id.value(conn))
    try:
        async with conn.transaction():
            await employers.add.run(
                conn,
                employer,
                facts.name.strip(),
                code,
                facts.county,
                facts.address.strip(),
                facts.staff,
                facts.staff_counted,
                keys.seal(facts.contact_name.strip(), f"employer.contact_name.{employer}"),
                keys.seal(phone, f"employer.contact_phone.{employer}"),
                keys.index("phone", phone),
                actor.simulated,
                now,
            )
    except asyncpg.UniqueViolationError:
        raise Refusal("这个单位已经登记过，请由本单位已有的经办人添加您，或联系县残联") from None
    await users.add_grant.run(
        conn, actor.user, "employer", None, employer, None, None, today, None, actor.user, now
    )
    await audit.write(
        conn, actor, "employer:register", "employer", employer, at=now, area=facts.county
    )
    return employer


def _check(facts: Facts) -> None:
    if not facts.name.strip() or not facts.contact_name.strip():
        raise Refusal("请填写单位名称和联系人")
    if facts.staff is not None and facts.staff < 1:
        raise Refusal("在职职工人数至少为1")
    if facts.staff_counted is not None and facts.staff_counted > (facts.staff or 0):
        raise Refusal("已安排的残疾职工人数不能超过在职职工人数")


def _number(written: str) -> str:
    number = plain_digits(written).replace("-", "")
    if not (number.isascii() and number.isdigit() and 7 <= len(number) <= 12):
        raise Refusal("联系电话的写法不对")
    return number


async def signs_of(conn: Conn, employer: int) -> tuple[Sign, ...]:
    """The signs of fake employment that the records show now. Raises NotFound."""
    counted = await employers.signs.one(conn, employer)
    return signs(
        Firm(
            counted.staff,
            counted.same_address,
            counted.same_phone,
            counted.seats,
            counted.home_seats,
            tuple(counted.contract_months),
        )
    )


async def verify(
    conn: Conn, actor: Actor, employer: int, looked: set[str], *, note: str = "", now: datetime
) -> None:
    """The county looked at code, licence and contact: from now on the employer sees counts and posts.

    Raises Denied, NotFound, BadValue, Refusal while one of the three is open.
    """
    row = await employers.by_id.one(conn, employer)
    actor.require(Permission.ORDER_CHECK, county=row.county)
    credit_code.read(row.credit_code)
    if missing := CHECKS.keys() - looked:
        raise Refusal("还有{count}项没有核对，三项都核对后才能核验通过", count=len(missing))
    if await employers.verify.value(conn, employer, now, actor.user) is None:
        raise Refusal("这个单位已经核验过了")
    for what in CHECKS:
        await employers.add_check.run(conn, employer, now, actor.user, what, True, note.strip())
    await audit.write(conn, actor, "employer:verify", "employer", employer, at=now, area=row.county)


async def find(
    conn: Conn, actor: Actor, employer: int, *, clear: bool, note: str, now: datetime
) -> None:
    """What the county found behind the signs. Not clear takes the verification back at once.

    Raises Denied, NotFound, Refusal.
    """
    row = await employers.by_id.one(conn, employer)
    actor.require(Permission.ORDER_CHECK, county=row.county)
    if not note.strip():
        raise Refusal("请写明核查的情况，单位会看到")
    await employers.add_check.run(
        conn, employer, now, actor.user, "affiliation", clear, note.strip()
    )
    if not clear:
        await employers.suspend.run(conn, employer)
    await audit.write(
        conn, actor, "employer:find", "employer", employer, at=now, area=row.county, clear=clear
    )


async def in_hand(
    conn: Conn, actor: Actor, employer: int, permission: Permission = Permission.ORDER_CHECK
) -> employers.EmployerRow:
    """An employer that the actor acts for, or one in whose county staff may do this.

    Raises SignInNeeded, Denied, NotFound.
    """
    if actor.holds(Permission.ORDER_WRITE, employer=employer):
        return await employers.by_id.one(conn, employer)
    if not actor.areas:
        actor.require(Permission.ORDER_WRITE, employer=employer)
    row = await employers.by_id.one(conn, employer)
    actor.require(permission, county=row.county)
    return row


async def add_member(
    conn: Conn,
    keys: Keys,
    actor: Actor,
    employer: int,
    name: str,
    phone: str,
    *,
    until: date | None,
    today: date,
    now: datetime,
) -> int:
    """Lets the holder of a phone act for the employer; the grant. Raises Denied, NotFound, Refusal."""
    row = await in_hand(conn, actor, employer)
    number = _number(phone)
    if len(number) != 11 or not name.strip():
        raise Refusal("请填写姓名和11位手机号码")
    if until is not None and until < today:
        raise Refusal("有效期不能早于今天")
    found = await users.by_phone.first(conn, keys.index("phone", number))
    if found is not None:
        grants = await users.grants_of.all(conn, found.id)
        if any(ROLES[one.role].needs_totp for one in grants):
            raise Refusal("这个号码不能添加")
        if any(one.employer_id == employer for one in grants):
            raise Refusal("这个人已经是本单位的经办人")
    user = (
        found.id
        if found
        else await add_account(conn, keys, number, now=now, simulated=actor.simulated)
    )
    if found is None:
        await users.set_name.run(conn, user, keys.seal(name.strip(), f"app_user.name.{user}"))
    made = await users.add_grant.value(
        conn, user, "employer", None, employer, None, None, today, until, actor.user, now
    )
    await audit.write(
        conn, actor, "employer:add_member", "employer", employer, at=now, area=row.county,
        grant=made, user=user,
    )  # fmt: skip
    return int(made)


async def end_member(conn: Conn, actor: Actor, employer: int, grant: int, *, now: datetime) -> None:
    """Who left the employer acts for it no more: grant and sessions end at once.

    Raises Denied, NotFound, Refusal for the last one, whom only the county can end.
    """
    row = await in_hand(conn, actor, employer)
    member = await employers.member.first(conn, grant, employer)
    if member is None:
        raise Refusal("没有这名经办人")
    rest = await employers.members.all(conn, employer, day_of(now))
    if len(rest) < 2 and not actor.holds(Permission.ORDER_CHECK, county=row.county):
        raise Refusal("至少要有一名经办人，请先添加接替的人，或请县残联办理")
    await users.revoke_grant.value(conn, grant, now, actor.user)
    await users.close_sessions_of.run(conn, member.user_id, now)
    await audit.write(
        conn, actor, "employer:end_member", "employer", employer, at=now, area=row.county,
        grant=grant, user=member.user_id,
    )  # fmt: skip
