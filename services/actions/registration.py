"""Coming in: an account by phone, a person's record by the person or by staff, its numbers.

A record is found by identity and certificate number before a second one is made. Who typed the
number is told no more than that: the name, masked, goes to staff and to who holds the same phone.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from matching.errors import Refusal
from matching.orders import identity
from services.access import ROLES, Actor, Denied, Permission, SignInNeeded
from services.actions import categories, consents
from services.actions.people import act_for, in_hand, place_of
from services.actions.sign_in import Opened, TooMany, open_session, plain_digits, with_phone
from services.db import Conn, audit, people, reference, users
from services.profiles import Profile, pack
from services.sealing import Keys, Seal, mask_name, mask_phone

WORKING_AGE: Final = 16  # 劳动法 第十五条
TRIES: Final = 20.0  # numbers tried a day by one user; our default: no register to search through


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a first form tells. The birth date may come with the identity number."""

    name: str
    county: str
    birth: date | None = None
    identity: str = ""
    phone: str = ""  # for staff: the person's own, if there is one
    purposes: tuple[str, ...] = ()
    reason: str = ""  # why staff act for the person


@dataclass(frozen=True, slots=True)
class Numbers:
    """Identity and certificate, as written; category and grade belong to the certificate."""

    identity: str = ""
    certificate: str = ""
    certified_on: date | None = None
    kinds: Mapping[int, int] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A record that is there already, as the asker may know it."""

    person: int | None  # None where the asker may not open it
    name: str  # masked; "" for who may not know
    county: str
    mine: bool  # the asker proved the same phone


class Duplicate(Refusal):
    """The number belongs to a record already; `found` shows which, masked."""

    def __init__(self, found: list[Match]) -> None:
        super().__init__("这个号码已经登记过，没有重复登记")
        self.found = found


async def limit(conn: Conn, actor: Actor, *, now: datetime) -> None:
    """Slows who tries number after number. In a transaction that is kept. Raises TooMany."""
    tries = TRIES * 10 if actor.areas else TRIES
    if not await users.take_token.value(conn, f"person:{actor.user}", tries, tries / 86_400, now):
        raise TooMany("今天登记的次数太多，请明天再试")


async def account(
    conn: Conn,
    keys: Keys,
    phone: str,
    index: bytes | None,
    *,
    now: datetime,
    request_id: str,
    simulated: bool,
) -> Opened:
    """A session for the holder of a phone, with a new account if there is none.

    `index` is what the code proved. Raises SignInRefused for another number or a wrong code.
    """
    number = plain_digits(phone)
    if (
        index is None
        or index != keys.index("phone", number)
        or await users.by_phone.first(conn, index) is not None
    ):
        return await with_phone(conn, keys, index, now=now, request_id=request_id)
    user = await add_account(conn, keys, number, now=now, simulated=simulated)
    made = Actor(user, request_id=request_id)
    await audit.write(conn, made, "user:register", "user", user, at=now)
    return await open_session(conn, keys, user, now=now, request_id=request_id, how="phone")


async def add_account(
    conn: Conn, keys: Keys, number: str, *, now: datetime, simulated: bool
) -> int:
    """A new account for a phone number; until it has a name it goes by the masked number."""
    user = int(await users.next_id.value(conn))
    await users.add_user.run(
        conn,
        user,
        None,
        keys.seal(mask_phone(number), f"app_user.name.{user}"),
        keys.seal(number, f"app_user.phone.{user}"),
        keys.index("phone", number),
        simulated,
        "zh",
        now,
    )
    return user


async def register(
    conn: Conn,
    keys: Keys,
    seal: Seal,
    actor: Actor,
    new: Newcomer,
    *,
    today: date,
    now: datetime,
) -> int:
    """A new person with an empty profile; the id. `limit` comes before it.

    Without consent to matching the profile stays out of the market. Raises SignInNeeded, Denied,
    Duplicate, Refusal.
    """
    by = _who(actor, new)
    counties = {one.code for one in await reference.counties.all(conn)}
    if not new.name.strip():
        raise Refusal("请填写姓名")
    if new.county not in counties:
        raise Refusal("请选择所在的县（市、区）")
    citizen = await _citizen(conn, new.identity, today) if new.identity.strip() else None
    birth = citizen.birth if citizen else new.birth
    if birth is None:
        raise Refusal("请填写出生日期，或者填写身份证号")
    if birth > today:
        raise Refusal("出生日期不能晚于今天")
    number = citizen.number if citizen else ""
    if number:
        await _refuse_second(conn, keys, actor, number, "")
    person, pseudonym = int(await people.next_id.value(conn)), secrets.randbits(62)
    await act_for(conn, actor, person)
    phone = await _phone(conn, keys, actor, new, by)
    await people.add.run(
        conn,
        person,
        pseudonym,
        new.county,
        keys.seal(new.name.strip(), f"person.name.{person}"),
        keys.seal(phone, f"person.phone.{person}") if phone else None,
        keys.index("phone", phone) if phone else None,
        by,
        now,
        actor.simulated,
    )
    if number:
        await _set_identity(conn, keys, person, number)
    payload = seal.seal(pack(Profile()), place_of(pseudonym))
    from_day = _may_work_from(birth, today)
    await people.add_profile.run(conn, pseudonym, new.county, payload, today, from_day, False, now)
    if by == "self":
        await users.add_grant.run(
            conn, actor.user, "job_seeker", None, None, None, person, today, None, actor.user, now
        )
        sealed = keys.seal(new.name.strip(), f"app_user.name.{actor.user}")
        await users.set_name.run(conn, actor.user, sealed)
    await audit.write(
        conn, actor, "person:register", "person", person, at=now, area=new.county,
        reason=new.reason.strip(), by=by,
    )  # fmt: skip
    row = await people.by_id.one(conn, person)
    await consents.write(
        conn, actor, row, new.purposes, how=by, reason=new.reason if by == "staff" else "", now=now
    )
    return person


def _who(actor: Actor, new: Newcomer) -> str:
    """self or staff. Raises SignInNeeded, Denied, Refusal."""
    if actor.user is None:
        raise SignInNeeded("请先登录")
    if any(ROLES[role].needs_totp for role in actor.roles):
        actor.require(Permission.PERSON_WRITE, county=new.county)
        if not new.reason.strip():
            raise Refusal("代办须写明理由")
        return "staff"
    if any(one.role == "job_seeker" for one in actor.grants):
        raise Refusal("您已经登记过，可以直接修改资料")
    return "self"


async def _phone(conn: Conn, keys: Keys, actor: Actor, new: Newcomer, by: str) -> str:
    """The person's number in its plain form; "" if there is none. Raises Refusal."""
    if by == "self":
        own = (await people.account_phone.one(conn, actor.user)).phone_cipher
        return keys.open(own, f"app_user.phone.{actor.user}") if own else ""
    number = plain_digits(new.phone)
    if number and not (len(number) == 11 and number.isascii() and number.startswith("1")):
        raise Refusal("请输入11位手机号码")
    return number


def _may_work_from(birth: date, today: date) -> date:
    """The 16th birthday; for who is older, today: so that the day of birth is not told."""
    year = birth.year + WORKING_AGE
    try:
        day = birth.replace(year=year)
    except ValueError:  # 29 February
        day = date(year, 3, 1)
    return max(day, today)


async def _citizen(conn: Conn, written: str, today: date) -> identity.Citizen:
    areas = {one.code for one in await reference.divisions.all(conn)}
    return identity.citizen(plain_digits(written), areas, today)


async def _refuse_second(
    conn: Conn, keys: Keys, actor: Actor, number: str, certificate: str, *, besides: int = 0
) -> None:
    """Raises Duplicate if a record holds one of the numbers."""
    rows = await people.same.all(
        conn,
        keys.index("identity", number) if number else None,
        keys.index("certificate", certificate) if certificate else None,
    )
    rows = [row for row in rows if row.person_id != besides]
    if not rows:
        return
    own = await people.account_phone.first(conn, actor.user)
    names = {one.code: one.name for one in await reference.counties.all(conn)}
    found: dict[int, Match] = {}
    for row in rows:
        mine = (
            own is not None and own.phone_index is not None and own.phone_index == row.phone_index
        )
        in_area = actor.holds(Permission.PERSON_WRITE, county=row.county)
        told = bool(mine or actor.areas)
        name = keys.open(row.name_cipher, f"person.name.{row.person_id}") if told else ""
        found[row.person_id] = Match(
            row.person_id if mine or in_area else None,
            mask_name(name),
            names.get(row.county, row.county) if told else "",
            bool(mine),
        )
    raise Duplicate(list(found.values()))


async def claim(
    conn: Conn, keys: Keys, actor: Actor, written: str, *, today: date, now: datetime
) -> int:
    """Joins an account to a record that staff made: both the phone and the number must be its own.

    Raises SignInNeeded, Denied, Refusal.
    """
    if actor.user is None:
        raise SignInNeeded("请先登录")
    number = (await _citizen(conn, written, today)).number
    own = await people.account_phone.one(conn, actor.user)
    for row in await people.same.all(conn, keys.index("identity", number), None):
        if own.phone_index is not None and row.phone_index == own.phone_index:
            await users.add_grant.run(
                conn, actor.user, "job_seeker", None, None, None, row.person_id, today, None,
                actor.user, now,
            )  # fmt: skip
            await audit.write(conn, actor, "person:claim", "person", row.person_id, at=now)
            return row.person_id
    raise Denied("号码和手机对不上，请联系县残联")


async def identify(
    conn: Conn,
    keys: Keys,
    actor: Actor,
    person: int,
    given: Numbers,
    *,
    today: date,
    now: datetime,
) -> bool:
    """Writes identity and certificate numbers; whether every area code is a known one.

    An unknown area is a warning: the code is that of the first registration, maybe long gone.
    Raises Denied, NotFound, Duplicate, Refusal.
    """
    row = await in_hand(conn, actor, person)
    if consents.through(actor, person) == "staff" and not given.reason.strip():
        raise Refusal("代办须写明理由")
    areas = {one.code for one in await reference.divisions.all(conn)}
    known, number = True, ""
    if given.identity.strip():
        citizen = identity.citizen(plain_digits(given.identity), areas, today)
        known, number = citizen.area_known, citizen.number
    written = plain_digits(given.certificate).upper()
    if written:
        inside = identity.certificate(written, areas, today)
        known = known and inside.area_known
        if number and inside.number != number:
            raise Refusal("残疾人证号的前18位应与身份证号相同")
        if given.certified_on is None or given.certified_on > today:
            raise Refusal("请填写残疾人证的发证日期")
    if not number and not written:
        raise Refusal("请填写身份证号或残疾人证号")
    await _refuse_second(conn, keys, actor, number, written, besides=person)
    if number:
        await _set_identity(conn, keys, person, number)
    if written and given.certified_on is not None:
        await categories.write(conn, keys, person, given.certified_on, given.kinds, written)
    await audit.write(
        conn, actor, "person:identify", "person", person, at=now, area=row.county,
        reason=given.reason.strip(), area_known=known,
    )  # fmt: skip
    return known


async def _set_identity(conn: Conn, keys: Keys, person: int, number: str) -> None:
    await people.set_identity.run(
        conn,
        person,
        keys.seal(number, f"person.identity.{person}"),
        keys.index("identity", number),
    )
