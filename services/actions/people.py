"""A job-seeker's own profile: sealed, and changed only by the person or a helper who acts for one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import msgspec

from matching.engine.people import Person
from matching.engine.vocabulary import DIMENSION_AT, EDUCATION, FACTS
from matching.errors import Refusal
from services.access import Actor, Grant, Permission
from services.actions.case_facts import day_of
from services.db import Conn, audit, consents, people
from services.db.context import speak_for
from services.profiles import (
    NOTHING_KNOWN,
    Profile,
    Row,
    capacity_bytes,
    capacity_of,
    pack,
    to_person,
    unpack,
)
from services.sealing import Seal

Change = Callable[[Profile], dict[str, Any]]
_LEVELS: Final = {str(level): level for level in range(5)}


def place_of(pseudonym: int) -> str:
    """What a sealed profile is bound to."""
    return f"profile.{pseudonym}"


def opened(seal: Seal, pseudonym: int, sealed: bytes) -> Profile:
    """The profile in a sealed value. Raises SealBroken."""
    return unpack(seal.open(sealed, place_of(pseudonym)))


def person_of(seal: Seal, row: people.ProfileRow) -> Person:
    """The engine's value of a stored profile."""
    beside = Row(
        row.pseudonym, row.county, row.available_from, row.may_work_from, row.waiting_since
    )
    return to_person(beside, opened(seal, row.pseudonym, row.sealed))


async def own(conn: Conn, actor: Actor, person: int) -> people.PersonRow:
    """The person the actor may act for. Raises Denied, NotFound."""
    actor.require(Permission.OPENING_READ, person=person)
    return await people.by_id.one(conn, person)


async def answer(
    conn: Conn,
    actor: Actor,
    seal: Seal,
    person: int,
    about: str,
    key: str,
    value: str,
    *,
    now: datetime,
) -> None:
    """Fills one unknown of the person's own word. Raises Denied, NotFound, Refusal.

    The log holds what was asked, never what was answered.
    """
    actor.require(Permission.OFFER_ANSWER, person=person)
    change = _change(about, key, value)
    await edit(conn, seal, person, change, now)
    if about == "capacity":
        levels = {key: _LEVELS[value]}
        await keep_rating(conn, seal, person, "self", "told", levels, by=actor.user, now=now)
    await audit.write(conn, actor, "profile:answer", "person", person, at=now, about=about, key=key)


async def want(
    conn: Conn, seal: Seal, person: int, occupation: str, order: int, *, now: datetime
) -> None:
    """A wish enters the next run: its occupation is wanted, the opening no longer avoided."""

    def change(profile: Profile) -> dict[str, Any]:
        wanted = [*profile.wants.occupations]
        if occupation and occupation not in wanted:
            wanted.append(occupation)
        return {
            "wants": msgspec.structs.replace(profile.wants, occupations=wanted),
            "avoided_orders": [one for one in profile.avoided_orders if one != str(order)],
        }

    await edit(conn, seal, person, change, now)


async def avoid(conn: Conn, seal: Seal, person: int, order: int, *, now: datetime) -> None:
    """Who declined an opening is not offered it again; who left the market may decline too."""

    def change(profile: Profile) -> dict[str, Any]:
        return {"avoided_orders": sorted({*profile.avoided_orders, str(order)})}

    await edit(conn, seal, person, change, now, needed=False)


async def set_recommendations(
    conn: Conn, actor: Actor, person: int, on: bool, *, now: datetime
) -> None:
    """Turns recommendations on or off; off takes the person out of the market at once.

    On needs the consent to matching. Raises Denied, NotFound, Refusal.
    """
    actor.require(Permission.OFFER_ANSWER, person=person)
    row = await people.by_id.one(conn, person)
    if on and "matching" not in {one.purpose for one in await consents.live.all(conn, person)}:
        raise Refusal("您没有同意用资料匹配岗位，请先在“我的资料”里同意")
    await people.set_recommendations.run(conn, person, on)
    await people.set_active.run(conn, row.pseudonym, on, now)
    await audit.write(conn, actor, "person:recommendations", "person", person, at=now, on=on)


async def in_hand(
    conn: Conn, actor: Actor, person: int, permission: Permission = Permission.PERSON_WRITE
) -> people.PersonRow:
    """A person for whom the actor may do this: their own, or of the actor's area.

    Raises SignInNeeded, Denied, NotFound.
    """
    if actor.holds(permission, person=person):
        return await people.by_id.one(conn, person)
    if actor.user is not None and not actor.areas:
        actor.require(permission, person=person)
    row = await people.by_id.one(conn, person)
    actor.require(permission, county=row.county)
    return row


async def act_for(conn: Conn, actor: Actor, person: int) -> None:
    """From here on the transaction speaks for this person too; the action has checked that it may."""
    helping = Grant("helper", person=person)
    await speak_for(conn, replace(actor, grants=(*actor.grants, helping)))


def place_of_rating(rating: int) -> str:
    """What the sealed levels of a rating are bound to."""
    return f"capacity_rating.levels.{rating}"


async def keep_rating(
    conn: Conn,
    seal: Seal,
    person: int,
    source: str,
    basis: str,
    levels: Mapping[str, int],
    *,
    by: int | None,
    now: datetime,
    on: date | None = None,
) -> None:
    """Writes down who said what, and when: beside the profile, which knows only the newest word."""
    rating = int(await people.next_rating.value(conn))
    sealed = seal.seal(msgspec.json.encode(dict(levels)), place_of_rating(rating))
    await people.add_rating.run(
        conn, rating, person, source, basis, on or day_of(now), by, sealed, now
    )


async def edit(
    conn: Conn, seal: Seal, person: int, change: Change, now: datetime, *, needed: bool = True
) -> None:
    found = await people.by_id.one(conn, person)
    row = await people.lock_profile.first(conn, found.pseudonym)
    if row is None and not needed:
        return
    if row is None:
        raise Refusal("还没有能力档案，请先登记能力")
    profile = opened(seal, row.pseudonym, row.sealed)
    changed = msgspec.structs.replace(profile, **change(profile))
    sealed = seal.seal(pack(changed), place_of(row.pseudonym))
    await people.set_profile.run(conn, row.pseudonym, sealed, now)


def _change(about: str, key: str, value: str) -> Change:
    """What an answer changes. Raises Refusal for a question or an answer nobody foresaw."""
    if about == "capacity" and key in DIMENSION_AT and value in _LEVELS:
        return lambda profile: {
            "cap": capacity_bytes(
                {**capacity_of(profile.cap or NOTHING_KNOWN), key: _LEVELS[value]}
            )
        }
    if about == "fact" and key in FACTS and value in ("yes", "no"):
        return lambda profile: {"facts": {**profile.facts, key: value == "yes"}}
    if about == "education" and value in EDUCATION:
        return lambda profile: {"education": EDUCATION.index(value)}  # noqa: ARG005
    raise Refusal("请从列出的选项中选择一个回答")
