"""Scoring: one assessor's sheet, blind until every sheet is locked; then compared and settled."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accreditation import scoring
from accreditation.errors import BadValue, IllegalMove, Refusal
from accreditation.rubric import Item
from services.access import Actor, Denied, Permission
from services.actions import results
from services.actions.case_facts import day_of
from services.actions.cases import as_system, roles_in, system_steps
from services.db import Conn, audit, cases, sheets
from services.problems import Stale


async def own(conn: Conn, actor: Actor, sheet_id: int) -> tuple[sheets.Sheet, cases.Case]:
    """The asker's sheet and its case. Another's open sheet is not there at all: raises NotFound."""
    actor.require(Permission.CASE_ASSESS)
    sheet = await sheets.by_id.one(conn, sheet_id)
    if sheet.assessor_id != actor.user:
        raise Denied("这不是您的评分表")
    case = await cases.by_id.one(conn, sheet.case_id)
    if "assessor" not in await roles_in(conn, actor, case):
        raise Denied("您已不是本案的评估员")
    return sheet, case


async def save(
    conn: Conn,
    actor: Actor,
    sheet_id: int,
    version: int,
    item_id: str,
    *,
    values: Mapping[str, Any] | None,
    reason: str,
    now: datetime,
) -> int:
    """Saves one indicator and returns the sheet's new version; `values` None: not applicable.

    Half an answer may be saved and finished later. Raises NotFound, Denied, Stale, BadValue, Refusal.
    """
    sheet, case = await own(conn, actor, sheet_id)
    item = await _item(conn, case, item_id)
    if values is None and not item.na_allowed:
        raise BadValue("指标{item}不得列为不适用", item=item.id)
    if values is None and not reason.strip():
        raise BadValue("指标{item}列为不适用，须写明理由和批准人", item=item.id)
    _check(item, values or {})
    fresh = await _touch(conn, sheet, version)
    await sheets.set_entry.run(
        conn,
        sheet.id,
        item.id,
        None if values is None else results.write_values(values),
        values is None,
        reason.strip(),
        now,
    )
    await audit.write(
        conn, actor, "sheet:save", "sheet", sheet.id, at=now, area=case.county, item=item.id
    )
    return fresh


async def _item(conn: Conn, case: cases.Case, item_id: str) -> Item:
    """An item that is scored by hand in this case. Raises BadValue."""
    rubric, stage = await results.rubric_of(conn, case), results.stage_of(case.kind)
    item = next((one for one in rubric.at(stage) if one.id == item_id), None)
    if item is None:
        raise BadValue("指标体系中没有编号 {code}", code=item_id)
    if results.by_records(item, stage):
        raise Refusal("这项由系统记录计算，只能提出异议，不能改写")
    return item


def _check(item: Item, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        variable = item.variable(key)
        if variable is None:
            raise BadValue("指标{item}没有变量 {key}", item=item.id, key=key)
        variable.read(value)


async def _touch(conn: Conn, sheet: sheets.Sheet, version: int) -> int:
    if sheet.locked_at is not None:
        raise Refusal("评分表已锁定，不能再改")
    fresh: int | None = await sheets.touch.value(conn, sheet.id, version)
    if fresh is None:
        raise Stale("评分表已在另一处修改")
    return fresh


async def flag(
    conn: Conn,
    actor: Actor,
    sheet_id: int,
    version: int,
    veto: str,
    *,
    reason: str,
    raised: bool,
    now: datetime,
) -> None:
    """Raises or drops a veto on one's own sheet. Raises NotFound, Denied, Stale, Refusal."""
    sheet, case = await own(conn, actor, sheet_id)
    rubric = await results.rubric_of(conn, case)
    if veto not in {one.id for one in rubric.vetoes}:
        raise BadValue("指标体系中没有编号 {code}", code=veto)
    if raised and not reason.strip():
        raise Refusal("提出一票否决须写明依据")
    await _touch(conn, sheet, version)
    if raised:
        await sheets.set_flag.run(conn, sheet.id, veto, reason.strip())
    else:
        await sheets.drop_flag.run(conn, sheet.id, veto)
    await audit.write(
        conn,
        actor,
        "sheet:flag",
        "sheet",
        sheet.id,
        at=now,
        area=case.county,
        veto=veto,
        raised=raised,
    )


def reason_needed(scored: scoring.ItemScore) -> bool:
    """Whether the points ask for a reason: below full marks, and at full marks of a core item."""
    if scored.points is None or scored.from_records:
        return False
    return scored.item.core or scored.points < scored.full


def gaps(mark: results.Marked) -> dict[str, str]:
    """What a sheet still lacks before it can be locked: item -> "value" or "reason"."""
    found: dict[str, str] = {}
    for one in mark.result.items:
        if one.state is scoring.State.NOT_AT_STAGE or one.from_records:
            continue
        entry = mark.entries.get(one.item.id)
        if one.state is scoring.State.MISSING or entry is None:
            found[one.item.id] = "value"
        elif reason_needed(one) and not entry.reason.strip():
            found[one.item.id] = "reason"
    return found


async def lock(
    conn: Conn, actor: Actor, sheet_id: int, version: int, *, now: datetime
) -> cases.Case:
    """Locks one's own sheet for good; the last lock compares them all and moves the case.

    Raises NotFound, Denied, Stale, Refusal.
    """
    sheet, case = await own(conn, actor, sheet_id)
    await cases.lock.one(conn, case.id)  # two who lock at once stand in line
    if sheet.locked_at is not None:
        raise Refusal("评分表已锁定，不能再改")
    mark = await results.marked(conn, case, sheet, day_of(now))
    if lacking := gaps(mark):
        raise Refusal(
            "还有{count}项没有填完：{items}", count=len(lacking), items="、".join(lacking)
        )
    if await sheets.lock.value(conn, sheet.id, version, now) is None:
        raise Stale("评分表已在另一处修改")
    await audit.write(
        conn,
        actor,
        "sheet:lock",
        "sheet",
        sheet.id,
        at=now,
        area=case.county,
        total=mark.result.total,
        grade=mark.result.grade.code,
    )
    async with as_system(conn, actor) as system:
        if await sheets.all_locked.value(conn, case.id):
            await system_steps(conn, system, case.id, now=now)
    return await cases.by_id.one(conn, case.id)


async def moderate(
    conn: Conn,
    actor: Actor,
    case_id: int,
    item_id: str,
    *,
    values: Mapping[str, Any] | None,
    reason: str,
    now: datetime,
) -> None:
    """Settles one item on which the sheets differ, with a reason; None: not applicable.

    Raises NotFound, Denied, BadValue, Refusal.
    """
    case = await cases.lock.one(conn, case_id)
    if "moderator" not in await roles_in(conn, actor, case):
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    if case.state != "moderation":
        raise IllegalMove("现在的状态不需要复核")
    if not reason.strip():
        raise Refusal("每项改动须写明理由")
    item = await _item(conn, case, item_id)
    if values is None and not item.na_allowed:
        raise BadValue("指标{item}不得列为不适用", item=item.id)
    _check(item, values or {})
    measure = None if values is None else results.write_values({"values": values})
    await sheets.set_final.run(
        conn, case.id, item.id, measure, values is None, "moderated", reason.strip()
    )
    await audit.write(
        conn, actor, "case:moderate", "case", case.id, at=now, area=case.county, item=item.id
    )
