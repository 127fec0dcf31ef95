"""Registering a training base and keeping its facts right; the accreditation is a case of its own."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from accreditation import credit_code
from accreditation.errors import Refusal
from services.access import ROLES, Actor, Denied, Permission, SignInNeeded
from services.actions.sign_in import TooMany
from services.db import Conn, audit, bases, reference, users
from services.i18n import N_
from services.problems import Stale
from services.sealing import Keys

KINDS: Final = {  # 豫残联〔2022〕33号 二(二)3: who may carry a base
    "enterprise": N_("企业"),
    "university": N_("高等院校"),
    "vocational_school": N_("职业（技工）院校"),
    "training_institution": N_("培训机构"),
    "special_school": N_("特殊教育学校"),
    "service_agency": N_("残疾人服务机构"),
    "other": N_("其他"),
}
MOST_TRAINEES: Final = 100_000
REGISTRATIONS: Final = 10.0  # tries a day for one user; our default
_PHONE: Final = re.compile(r"[0-9+\-]{7,20}")


@dataclass(frozen=True, slots=True)
class Facts:
    """What an applicant says of the base."""

    name: str
    kind: str
    address: str
    trades: tuple[str, ...]
    capacity_per_year: int  # trainees
    operating_since: date | None
    contact_name: str = ""
    contact_phone: str = ""


async def limit(conn: Conn, actor: Actor, *, now: datetime) -> None:
    """Slows who registers base after base. Raises TooMany.

    Runs in a transaction of its own that is kept, whatever becomes of the try.
    """
    key = f"register:{actor.user}"
    if not await users.take_token.value(conn, key, REGISTRATIONS, REGISTRATIONS / 86_400, now):
        raise TooMany("今天登记基地的次数太多，请明天再试")


async def register(
    conn: Conn,
    keys: Keys,
    actor: Actor,
    facts: Facts,
    *,
    written_code: str,
    county: str,
    now: datetime,
    today: date,
) -> int:
    """Registers a base and makes the asker its manager; returns its id.

    Anyone who is no examiner may: the registration gives no right but to apply, and a county checks
    the papers. A further site is registered by who manages the first. `limit` comes before it.
    Raises SignInNeeded, Denied, BadValue for a credit code that can't be, Refusal for a base that is
    there already.
    """
    if actor.user is None:
        raise SignInNeeded("请先登录")
    if any(ROLES[role].needs_totp for role in actor.roles):  # ISO/IEC 17011: impartiality
        raise Denied("管理、评估或审核基地的人员不能申报基地")
    code = credit_code.read(written_code).code
    _check(facts)
    if county not in {one.code for one in await reference.counties.all(conn)}:
        raise Refusal("请选择基地所在的县（市、区）")
    base = int(await bases.next_id.value(conn))
    contact = {"name": facts.contact_name, "phone": facts.contact_phone}
    sealed = [
        keys.seal(text, f"base.contact_{what}.{base}") if text else None
        for what, text in contact.items()
    ]
    try:
        async with conn.transaction():
            await bases.add.run(
                conn,
                base,
                facts.name,
                code,
                facts.kind,
                county,
                facts.address,
                facts.operating_since,
                list(facts.trades),
                facts.capacity_per_year,
                "{}",
                actor.simulated,
                now,
                *sealed,
            )
    except asyncpg.UniqueViolationError as floor:
        if floor.constraint_name != "base_credit_code_county_key":
            raise
        raise Refusal(
            "本县（市、区）已有这个统一社会信用代码的基地，请联系县级残联加入管理人员"
        ) from None
    except asyncpg.CheckViolationError as floor:
        if floor.constraint_name != "base_is_of_one_hand":
            raise
        raise Refusal("这个单位在其他县（市、区）已有基地，请由该基地的管理人员登记") from None
    await users.add_grant.run(
        conn, actor.user, "base_manager", None, None, base, None, today, None, actor.user, now
    )
    await audit.write(conn, actor, "base:register", "base", base, at=now, area=county)
    return base


async def change(
    conn: Conn, actor: Actor, base_id: int, version: int, facts: Facts, *, now: datetime
) -> None:
    """Changes what may change of a base. Raises Denied, Stale, NotFound."""
    base = await bases.by_id.one(conn, base_id)
    actor.require(Permission.BASE_APPLY, base=base.id)
    _check(facts)
    changed = await bases.change.value(
        conn,
        base.id,
        version,
        facts.name,
        facts.kind,
        facts.address,
        facts.operating_since,
        list(facts.trades),
        facts.capacity_per_year,
    )
    if changed is None:
        raise Stale("基地资料已被他人修改")
    await audit.write(conn, actor, "base:change", "base", base.id, at=now, area=base.county)


def _check(facts: Facts) -> None:
    if not facts.name.strip():
        raise Refusal("请填写基地名称")
    if not 0 <= facts.capacity_per_year <= MOST_TRAINEES:
        raise Refusal("年培训能力应在0到{most}人之间", most=MOST_TRAINEES)
    if facts.kind not in KINDS:
        raise Refusal("没有这种基地类型")
    if facts.contact_phone and not _PHONE.fullmatch(facts.contact_phone):
        raise Refusal("联系电话的写法不对")
