"""A person's own rights: all of it as a file, who looked, and leaving without a trace.

个人信息保护法 44-47: to know, to get a copy, to have it erased.
"""

import secrets
from datetime import datetime
from typing import Any, Final

import msgspec

from matching.errors import Refusal
from services.access import Actor, Permission
from services.actions import abilities, categories, consents
from services.actions.people import in_hand
from services.db import Conn, audit, offers, people
from services.db import consents as consent_rows
from services.i18n import N_
from services.profiles import capacity_of
from services.sealing import Keys, Seal

# A choice and no free text: the log of an erasure must hold no name.
REASONS: Final = {
    "own": N_("本人要求"),
    "guardian": N_("监护人要求"),
    "mistake": N_("登记错误"),
    "deceased": N_("本人去世"),
}
LOOKS: Final = 200


async def export(
    conn: Conn, actor: Actor, keys: Keys, seal: Seal, person: int, *, now: datetime
) -> dict[str, Any]:
    """Everything that is kept of a person, ready for JSON. Raises Denied, NotFound."""
    row = await in_hand(conn, actor, person, Permission.PERSON_ERASE)
    details = await people.details.one(conn, person)
    profile = await abilities.profile_of(conn, seal, row)
    needed = "own_data" if person in actor.persons else "eligibility"
    kinds = await categories.read(conn, actor, keys, person, needed, now=now)

    def opened(sealed: bytes | None, what: str) -> str | None:
        return keys.open(sealed, f"person.{what}.{person}") if sealed else None

    found: dict[str, Any] = {
        "person": person,
        "name": opened(details.name_cipher, "name"),
        "identity": opened(details.identity_cipher, "identity"),
        "phone": opened(details.phone_cipher, "phone"),
        "county": row.county,
        "registered_by": details.registered_by,
        "registered_at": details.registered_at,
        "recommendations": row.recommendations,
        "consents": await consent_rows.of_person.all(conn, person),
        "categories": kinds,
        "abilities": {
            "self": capacity_of(profile.cap),
            "observer": capacity_of(profile.observed),
            "class": capacity_of(profile.recorded),
        },
        "facts": profile.facts,
        "education": profile.education,
        "wishes": profile.wants,
        "must_haves": profile.must_haves,
        "avoids": profile.avoids,
        "skills": [
            {
                "occupation": one.occupation,
                "kind": one.kind,
                "level": one.level,
                "issuer": one.issuer,
                "number": keys.open(one.number_cipher, f"person_skill.number.{one.id}")
                if one.number_cipher
                else None,
                "issued_on": one.issued_on,
            }
            for one in await people.skills.all(conn, person)
        ],
        "ratings": [
            {"source": one.source, "basis": one.basis, "rated_on": one.rated_on}
            for one in await people.ratings.all(conn, person)
        ],
        "offers": await offers.of_person.all(conn, person),
        "questions": await offers.questions_of_person.all(conn, person),
        "looks": await people.looks.all(conn, str(person), LOOKS),
    }
    await audit.write(conn, actor, "person:export", "person", person, at=now, area=row.county)
    return found


async def looks(conn: Conn, actor: Actor, person: int) -> list[people.Look]:
    """Who did what with the record, newest first, by role. Raises Denied, NotFound."""
    await in_hand(conn, actor, person)
    return await people.looks.all(conn, str(person), LOOKS)


async def reveal(
    conn: Conn, actor: Actor, keys: Keys, person: int, reason: str, *, now: datetime
) -> tuple[str, str]:
    """Phone and identity number in full, for staff with a reason that the person will read.

    Raises Denied, NotFound, Refusal.
    """
    row = await in_hand(conn, actor, person, Permission.PERSON_REVEAL)
    if not reason.strip():
        raise Refusal("请写明查看的理由，本人会看到")
    details = await people.details.one(conn, person)
    await audit.write(
        conn, actor, "person:reveal", "person", person, at=now, area=row.county,
        reason=reason.strip(),
    )  # fmt: skip
    return (
        keys.open(details.phone_cipher, f"person.phone.{person}") if details.phone_cipher else "",
        keys.open(details.identity_cipher, f"person.identity.{person}")
        if details.identity_cipher
        else "",
    )


async def erase(
    conn: Conn, actor: Actor, person: int, reason: str, *, sure: bool, now: datetime
) -> None:
    """Takes the person out of every table; the log keeps the number of the record and the reason.

    Kept seats go back first. Raises Denied, NotFound, Refusal.
    """
    row = await in_hand(conn, actor, person, Permission.PERSON_ERASE)
    if reason not in REASONS or not sure:
        raise Refusal("请选择理由并确认删除")
    await consents.release(conn, actor, person, {"reserved", "accepted"}, now=now)
    if not await people.erase.value(conn, person, secrets.randbits(62), now):
        raise Refusal("没有删除成功，请联系县残联")
    await audit.write(
        conn, actor, "person:erase", "person", person, at=now, area=row.county, reason=reason
    )


def as_json(found: dict[str, Any]) -> bytes:
    """The export as indented JSON, dates as ISO 8601."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2)
