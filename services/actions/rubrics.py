"""Local rubrics: begun, changed, published by a second person, retired.

Each locality writes its own standard on the national one (豫残联〔2022〕33号 二(二)3). What is stored
of a draft are its changes; what is published is the whole rubric that they make of the one above.
A case keeps the rubric that it was opened under.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg

from accreditation.errors import Refusal, RubricFault
from accreditation.inheritance import Effective, inherit, inherited, national
from accreditation.rubric import parse
from accreditation.shape import LOCAL, Fault, misfits
from services.access import Actor, Denied, Permission, SignInNeeded
from services.db import Conn, audit, rubrics
from services.files.rubric import as_json
from services.problems import Stale

MOST_CHARACTERS: Final = 1_000_000  # of one document; the default rubric has 50,000
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft as it stands: what it would make of the rubric above, and all that is wrong."""

    row: rubrics.Draft
    changes: Changes
    above: Effective
    made: Effective
    faults: list[Fault]


async def effective(conn: Conn, id_: str, version: str) -> tuple[rubrics.Published, Effective]:
    """A published rubric with its layers and the origin of each item. Raises NotFound."""
    row = await rubrics.published.one(conn, id_, version)
    if row.changes is None:
        return row, _national(row.body)
    changes = document(row.changes)
    _, above = await effective(conn, changes["inherits"]["id"], changes["inherits"]["version"])
    return row, inherit(above, changes)


@lru_cache(maxsize=8)
def _national(body: str) -> Effective:
    return national(document(body))


def document(text: str | bytes) -> Changes:
    """The JSON object that a text holds, its numbers exact. Raises RubricFault."""
    found = parse(text)
    if not isinstance(found, dict):
        raise RubricFault("指标体系应为一个JSON对象")
    return found


async def above_of(conn: Conn, area: str, level: str, day: date) -> Effective:
    """What a rubric of this area stands on from that day: the nearest one of a wider level."""
    key = await rubrics.above.one(conn, day, area, level)
    return (await effective(conn, key.id, key.version))[1]


async def begin(conn: Conn, actor: Actor, area: str, *, now: datetime, today: date) -> int:
    """A new draft for an area, from what the area published last. Raises Denied, Refusal."""
    places = {one.code: one for one in await rubrics.areas.all(conn, [area])}
    if area not in places:
        raise Refusal("地方指标体系由省或市制定，请选择省或市")
    actor.require(Permission.RUBRIC_WRITE, county=area)
    level = places[area].level
    above = await above_of(conn, area, level, today)
    last = await rubrics.last_of_area.first(conn, area)
    changes: Changes = {"basis_note": dict(above.document["basis_note"])}
    if last is not None:
        row = await rubrics.published.one(conn, last.id, last.version)
        changes = document(row.changes or "{}")
    edition = f"{today:%Y%m%d}" if last is None else _next(last.version)
    changes |= _head(above, level, area, edition)
    draft: int = await rubrics.add_draft.value(conn, level, area, as_json(changes), actor.user, now)
    await audit.write(conn, actor, "rubric:begin", "rubric_draft", draft, at=now, area=area)
    return draft


def _head(above: Effective, level: str, area: str, edition: str) -> Changes:
    """What the house itself says of a local rubric: whose it is, and what it stands on."""
    top = above.layers[-1]
    return {
        "id": f"{level}-{area}",
        "version": edition,
        "level": level,
        "inherits": {"id": top.id, "version": top.version},
    }


def _next(edition: str) -> str:
    head, _, number = edition.rpartition(".")
    return f"{head}.{int(number) + 1}" if head and number.isdecimal() else f"{edition}.1"


async def look(conn: Conn, actor: Actor, draft: int, *, today: date) -> Looked:
    """A draft with what it makes and every fault. Raises Denied, NotFound for another area's."""
    row = await _row(conn, actor, draft)
    return await looked(conn, row, document(row.body), today=today)


async def looked(conn: Conn, row: rubrics.Draft, changes: Changes, *, today: date) -> Looked:
    """The same of changes that are not stored yet."""
    above = await above_of(conn, row.area, row.level, max(row.valid_from or today, today))
    made, faults = inherited(above, changes)
    return Looked(row, changes, above, made, faults)


async def _row(conn: Conn, actor: Actor, draft: int) -> rubrics.Draft:
    if actor.user is None:
        raise SignInNeeded("请先登录")
    if not actor.may(Permission.RUBRIC_WRITE):
        raise Denied("您没有此项权限")
    row = await rubrics.draft.one(conn, draft)
    actor.require(Permission.RUBRIC_WRITE, county=row.area)
    return row


async def save(
    conn: Conn,
    actor: Actor,
    draft: int,
    version: int,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    today: date,
) -> int:
    """Keeps the changes, faults of sense and all; returns the new version.

    What the house says itself (whose it is, what it stands on) is set anew, so that a draft which
    is saved stands on what is in force. Raises Denied, NotFound, Stale, RubricFault for a
    document whose form is wrong.
    """
    row = await _row(conn, actor, draft)
    _open(row)
    above = await above_of(conn, row.area, row.level, today)
    edition = changes.get("version", "")
    whole = {**changes, **_head(above, row.level, row.area, edition)}
    wrong = list(misfits(whole, LOCAL))
    if wrong:
        raise RubricFault(
            "指标体系有{n}处问题：{faults}", n=len(wrong), faults="; ".join(map(str, wrong[:5]))
        )
    text = as_json(whole)
    if len(text) > MOST_CHARACTERS:
        raise Refusal("内容太长")
    made: int | None = await rubrics.change_draft.value(conn, draft, version, text, actor.user, now)
    if made is None:
        raise Stale("草稿已被他人修改")
    await audit.write(
        conn, actor, "rubric:change", "rubric_draft", draft, at=now, area=row.area, version=made
    )
    return made


def _open(row: rubrics.Draft) -> None:
    if row.published or row.discarded:
        raise Refusal("这份草稿已经发布或作废，不能再改")


async def discard(conn: Conn, actor: Actor, draft: int, version: int, *, now: datetime) -> None:
    """Gives a draft up. Raises Denied, NotFound, Stale, Refusal."""
    row = await _row(conn, actor, draft)
    _open(row)
    if await rubrics.discard_draft.value(conn, draft, version, actor.user, now) is None:
        raise Stale("草稿已被他人修改")
    await audit.write(conn, actor, "rubric:discard", "rubric_draft", draft, at=now, area=row.area)


async def publish(
    conn: Conn,
    actor: Actor,
    draft: int,
    version: int,
    valid_from: date,
    *,
    now: datetime,
    today: date,
) -> tuple[str, str]:
    """Puts a draft in force from a day; returns the rubric's id and version.

    A second person does it, and no fault may be left. Cases that are open keep their rubric.
    Raises Denied, NotFound, Stale, Refusal, RubricFault.
    """
    row = await _row(conn, actor, draft)
    _open(row)
    if actor.user in (row.drafted_by, row.changed_by):
        raise Denied("起草人不能发布自己写的指标体系，请由另一人核对后发布")
    if valid_from < today:
        raise Refusal("生效日期不能早于今天")
    above = await above_of(conn, row.area, row.level, valid_from)
    changes = document(row.body)
    made = inherit(above, changes)
    if await rubrics.publish_draft.value(conn, draft, version, actor.user, now, valid_from) is None:
        raise Stale("草稿已被他人修改")
    body = as_json(made.document)
    try:
        async with conn.transaction():
            await rubrics.publish.run(
                conn,
                changes["id"],
                changes["version"],
                hashlib.sha256(body.encode()).hexdigest(),
                body,
                valid_from,
                row.level,
                row.area,
                row.body,
                draft,
            )
    except asyncpg.UniqueViolationError as floor:
        raise _taken(floor) from None
    await audit.write(
        conn,
        actor,
        "rubric:publish",
        "rubric",
        f"{changes['id']} {changes['version']}",
        at=now,
        area=row.area,
        draft=draft,
        valid_from=valid_from.isoformat(),
    )
    return changes["id"], changes["version"]


def _taken(floor: asyncpg.UniqueViolationError) -> Refusal:
    if floor.constraint_name == "one_rubric_begins_a_day":
        return Refusal("本地区已有一个版本在同一天生效，请换一个日期")
    return Refusal("本地区已有这个版本号或内容相同的版本，请换一个版本号")


async def retire(
    conn: Conn,
    actor: Actor,
    id_: str,
    version: str,
    last_day: date,
    *,
    reason: str,
    now: datetime,
    today: date,
) -> None:
    """Sets the last day of a local rubric's validity; the one above holds from the next day.

    Raises Denied, NotFound, Refusal.
    """
    row = await rubrics.published.one(conn, id_, version)
    if row.area is None:
        raise Refusal("国家级指标体系不在这里停用")
    actor.require(Permission.RUBRIC_WRITE, county=row.area)
    if not reason.strip():
        raise Refusal("请写明理由")
    if last_day < max(today, row.valid_from):
        raise Refusal("停用日期不能早于今天，也不能早于生效日期")
    if await rubrics.retire.value(conn, id_, version, last_day) is None:
        raise Refusal("这个版本已经停用")
    await audit.write(
        conn,
        actor,
        "rubric:retire",
        "rubric",
        f"{id_} {version}",
        at=now,
        area=row.area,
        reason=reason,
        last_day=last_day.isoformat(),
    )
