"""What a person can do, by whose word; skills and wishes. Each change rebuilds the sealed profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec

from matching.engine.vocabulary import (
    DIMENSION_AT,
    DIMENSIONS,
    EDUCATION,
    FACTS,
    MAX_LEVEL,
    MODES,
    MUSTS,
    SHIFTS,
    Level,
)
from matching.errors import Refusal
from services.access import Actor, Permission
from services.actions.consents import through
from services.actions.drafts import occupation
from services.actions.people import edit, in_hand, keep_rating, opened, place_of_rating
from services.db import Conn, audit, people
from services.i18n import N_
from services.profiles import Profile, Wants, capacity_bytes, capacity_of
from services.sealing import Keys, Seal

SOURCES: Final = {
    "self": N_("本人说"),
    "observer": N_("工作人员观察"),
    "class": N_("培训班记录"),
}
BASES: Final = {"told": N_("听说的"), "seen": N_("看到的"), "measured": N_("测过的")}
_FIELD: Final = {"self": "cap", "observer": "observed", "class": "recorded"}
KINDS: Final = {
    "learnt": N_("会做，没有证书"),
    "special": N_("专项职业能力证书"),
    "level": N_("职业技能等级证书"),
    "qualification": N_("职业资格证书"),
    "training": N_("培训合格证书"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer of one sheet; everything may be left open."""

    levels: Mapping[str, int]  # 0..4 by dimension
    facts: Mapping[str, bool]
    education: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """`must_haves` names the wishes that are conditions (MUSTS)."""

    occupations: tuple[str, ...] = ()
    avoids: tuple[str, ...] = ()
    least_wage_yuan: int = 0  # a month
    most_km: int | None = None
    relocates: bool = False
    modes: tuple[str, ...] = ()
    shifts: tuple[str, ...] = ()
    dorm: bool = False
    must_haves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skill:
    occupation: str
    kind: str
    level: int  # 0..6
    issuer: str = ""
    number: str = ""
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class Word:
    level: int
    on: date | None  # None for what came with the record


@dataclass(frozen=True, slots=True)
class Compared:
    """One dimension by the three sources, never averaged."""

    dimension: str
    words: Mapping[str, Word]  # by source

    @property
    def differ(self) -> bool:
        return len({one.level for one in self.words.values()}) > 1


async def rate(
    conn: Conn,
    actor: Actor,
    seal: Seal,
    person: int,
    source: str,
    basis: str,
    told: Told,
    *,
    reason: str = "",
    on: date | None = None,
    now: datetime,
) -> None:
    """Writes down levels and facts by one source, and puts them into the profile in this transaction.

    The person's own word is the person's; staff write it down by proxy with the reason. What staff
    saw, or a class recorded, is written by staff. Raises Denied, NotFound, Refusal.
    """
    row = await in_hand(conn, actor, person)
    how = through(actor, person)
    if source not in SOURCES or basis not in BASES:
        raise Refusal("请从列出的选项中选择一个回答")
    if source != "self":
        actor.require(Permission.PERSON_WRITE, county=row.county)
    elif how == "staff" and not reason.strip():
        raise Refusal("代办须写明理由")
    _check(told)
    held = _FIELD[source]

    def change(profile: Profile) -> dict[str, Any]:
        new: dict[str, Any] = {
            held: capacity_bytes({**capacity_of(getattr(profile, held)), **told.levels}),
            "facts": {**profile.facts, **told.facts},
        }
        if told.education:
            new["education"] = EDUCATION.index(told.education)
        return new

    await edit(conn, seal, person, change, now)
    if told.levels:
        await keep_rating(
            conn, seal, person, source, basis, told.levels, by=actor.user, on=on, now=now
        )
    await audit.write(
        conn, actor, "ability:write", "person", person, at=now, area=row.county,
        reason=reason.strip(), source=source, basis=basis, answers=len(told.levels),
    )  # fmt: skip


def _check(told: Told) -> None:
    sound = (
        set(told.levels) <= DIMENSION_AT.keys()
        and all(0 <= level <= MAX_LEVEL for level in told.levels.values())
        and set(told.facts) <= set(FACTS)
        and (not told.education or told.education in EDUCATION)
    )
    if not sound:
        raise Refusal("请从列出的选项中选择一个回答")


async def profile_of(conn: Conn, seal: Seal, row: people.PersonRow) -> Profile:
    """The person's profile as it stands; an empty one if there is none."""
    found = await people.profile.first(conn, row.pseudonym)
    return Profile() if found is None else opened(seal, row.pseudonym, found.sealed)


async def side_by_side(conn: Conn, seal: Seal, row: people.PersonRow) -> list[Compared]:
    """Every dimension of which somebody said something, in the order of the vocabulary."""
    profile = await profile_of(conn, seal, row)
    dated: dict[tuple[str, str], date] = {}
    for one in await people.ratings.all(conn, row.id):
        levels = msgspec.json.decode(seal.open(one.levels_cipher, place_of_rating(one.id)))
        dated |= {(one.source, key): one.rated_on for key in levels}
    held = {source: capacity_of(getattr(profile, field)) for source, field in _FIELD.items()}
    found = []
    for dimension in DIMENSIONS:
        words = {
            source: Word(levels[dimension.key], dated.get((source, dimension.key)))
            for source, levels in held.items()
            if dimension.key in levels
        }
        if words:
            found.append(Compared(dimension.key, words))
    return found


async def wish(
    conn: Conn,
    actor: Actor,
    seal: Seal,
    person: int,
    wishes: Wishes,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    """Replaces what the person wishes, requires and avoids. Raises Denied, NotFound, Refusal."""
    row = await in_hand(conn, actor, person)
    if through(actor, person) == "staff" and not reason.strip():
        raise Refusal("代办须写明理由")
    if set(wishes.must_haves) - set(MUSTS) or set(wishes.modes) - set(MODES):
        raise Refusal("请从列出的选项中选择一个回答")
    if set(wishes.shifts) - set(SHIFTS):
        raise Refusal("请从列出的选项中选择一个回答")
    wanted, avoided = _codes(wishes.occupations), _codes(wishes.avoids)
    if set(wanted) & set(avoided):
        raise Refusal("同一种工作不能既想做又不想做")

    def change(_profile: Profile) -> dict[str, Any]:
        return {
            "wants": Wants(
                wanted,
                wishes.least_wage_yuan,
                wishes.most_km,
                wishes.relocates,
                list(wishes.modes),
                list(wishes.shifts),
                wishes.dorm,
            ),
            "must_haves": list(wishes.must_haves),
            "avoids": avoided,
        }

    await edit(conn, seal, person, change, now)
    await audit.write(
        conn, actor, "wish:write", "person", person, at=now, area=row.county, reason=reason.strip()
    )


def _codes(written: tuple[str, ...]) -> list[str]:
    """Occupation codes of names as they are written. Raises Refusal for an unknown one."""
    return [_code(one) for one in written if one.strip()]


def _code(written: str) -> str:
    found = occupation(written.strip())
    if found is None:
        raise Refusal("没有找到工种“{words}”，请换一个常用的叫法", words=written.strip())
    return found.code or found.zh


async def add_skill(
    conn: Conn,
    actor: Actor,
    keys: Keys,
    seal: Seal,
    person: int,
    skill: Skill,
    *,
    reason: str = "",
    now: datetime,
) -> None:
    """Adds a skill or certificate. Raises Denied, NotFound, Refusal."""
    row = await in_hand(conn, actor, person)
    if through(actor, person) == "staff" and not reason.strip():
        raise Refusal("代办须写明理由")
    code = _code(skill.occupation)
    if skill.kind not in KINDS or skill.level not in set(Level):
        raise Refusal("请从列出的选项中选择一个回答")
    if skill.kind == "learnt" and (skill.level or skill.number):
        raise Refusal("没有证书的技能不填等级和证书编号")
    since = skill.issued_on.isoformat() if skill.issued_on else ""

    def change(profile: Profile) -> dict[str, Any]:
        return {"skills": [*profile.skills, (code, skill.level, since)]}

    await edit(conn, seal, person, change, now)
    made = int(await people.next_skill.value(conn))
    sealed = keys.seal(skill.number, f"person_skill.number.{made}") if skill.number else None
    await people.add_skill.run(
        conn,
        made,
        person,
        code,
        skill.kind,
        skill.level,
        skill.issuer,
        sealed,
        skill.issued_on,
        now,
    )
    await audit.write(
        conn, actor, "skill:add", "person", person, at=now, area=row.county, reason=reason.strip()
    )


async def remove_skill(
    conn: Conn, actor: Actor, seal: Seal, person: int, skill: int, *, now: datetime
) -> None:
    """Takes a skill out. Raises Denied, NotFound, Refusal."""
    row = await in_hand(conn, actor, person)
    rows = {one.id: one for one in await people.skills.all(conn, person)}
    if skill not in rows or await people.remove_skill.value(conn, skill, person) is None:
        raise Refusal("没有这项技能")
    gone = rows[skill]
    since = gone.issued_on.isoformat() if gone.issued_on else ""

    def change(profile: Profile) -> dict[str, Any]:
        kept = list(profile.skills)
        if (entry := (gone.occupation, gone.level, since)) in kept:
            kept.remove(entry)
        return {"skills": kept}

    await edit(conn, seal, person, change, now)
    await audit.write(conn, actor, "skill:remove", "person", person, at=now, area=row.county)
