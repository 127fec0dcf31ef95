"""Disability category and grade: dated, sealed, and read only for a purpose that is named and logged.

Matching never comes here: the matcher's role cannot read the table, and a change of everybody's
category changes no result (tests/services/test_category_blind.py).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from matching.errors import Refusal
from services.access import Actor, Permission
from services.actions.people import in_hand
from services.db import Conn, audit, categories
from services.i18n import N_
from services.sealing import Keys

# GB/T 26341-2010: kinds of disability and their grades 1-4, 1 the severest.
KINDS: Final[Mapping[int, str]] = {
    1: N_("视力残疾"),
    2: N_("听力残疾"),
    3: N_("言语残疾"),
    4: N_("肢体残疾"),
    5: N_("智力残疾"),
    6: N_("精神残疾"),
}
GRADES: Final = (1, 2, 3, 4)
PURPOSES: Final = {
    "own_data": N_("本人查看或导出"),
    "eligibility": N_("核对补贴、培训资格"),
    "quota": N_("计算按比例就业人数"),
    "exam": N_("安排考试便利"),
}


@dataclass(frozen=True, slots=True)
class Category:
    certified_on: date
    kinds: tuple[tuple[int, int], ...]  # (kind, grade)


async def write(
    conn: Conn,
    keys: Keys,
    person: int,
    certified_on: date,
    kinds: Mapping[int, int],
    certificate: str,
) -> None:
    """Adds a dated record; `certificate` is the whole number, already checked. Raises Refusal.

    The caller has the person in hand and logs the change.
    """
    if not kinds or set(kinds) - KINDS.keys() or set(kinds.values()) - set(GRADES):
        raise Refusal("请选择残疾类别和等级（一级到四级）")
    await categories.add.run(
        conn,
        person,
        certified_on,
        keys.seal(json.dumps(sorted(kinds.items())), f"person_category.categories.{person}"),
        keys.seal(certificate, f"person_category.certificate.{person}"),
        keys.index("certificate", certificate),
    )


async def read(
    conn: Conn, actor: Actor, keys: Keys, person: int, purpose: str, *, now: datetime
) -> list[Category]:
    """The dated records, newest first; the reading and its purpose are logged.

    Raises Denied, NotFound, Refusal for a purpose that is not one of PURPOSES.
    """
    if purpose not in PURPOSES:
        raise Refusal("请写明查看残疾类别和等级的用途")
    needed = (
        Permission.PERSON_WRITE if person in actor.persons else Permission.PERSON_REVEAL
    )  # nobody opens another's without the right to reveal
    row = await in_hand(conn, actor, person, needed)
    found = [
        Category(
            one.certified_on,
            tuple(
                (int(kind), int(grade))
                for kind, grade in json.loads(
                    keys.open(one.categories_cipher, f"person_category.categories.{person}")
                )
            ),
        )
        for one in await categories.of_person.all(conn, person)
    ]
    await audit.write(
        conn, actor, "category:read", "person", person, at=now, area=row.county, purpose=purpose
    )
    return found
