"""What a base gives itself before anybody comes: the ground of the application, hidden from assessors."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from accreditation import scoring
from accreditation.errors import BadValue, IllegalMove
from services.access import Actor, Permission
from services.actions import results
from services.db import Conn, audit, cases

_STATES: Final = frozenset({"draft", "returned", "opened"})


async def save(
    conn: Conn,
    actor: Actor,
    case_id: int,
    measures: Mapping[str, Mapping[str, Any]],
    notes: Mapping[str, str],
    *,
    now: datetime,
) -> int:
    """Saves the items that are whole; returns how many. Raises NotFound, Denied, BadValue, Refusal."""
    case = await cases.lock.one(conn, case_id)
    actor.require(Permission.BASE_APPLY, base=case.base_id)
    if case.state not in _STATES:
        raise IllegalMove("现在的状态不能修改自评")
    rubric, stage = await results.rubric_of(conn, case), results.stage_of(case.kind)
    asked = {i.id: i for i in rubric.at(stage) if not results.by_records(i, stage)}
    saved = 0
    for item_id, values in measures.items():
        item = asked.get(item_id)
        if item is None:
            raise BadValue("指标体系中没有编号 {code}", code=item_id)
        for key, value in values.items():
            variable = item.variable(key)
            if variable is None:
                raise BadValue("指标{item}没有变量 {key}", item=item_id, key=key)
            variable.read(value)
        whole = scoring.score(rubric, scoring.Sheet(stage, {item_id: values}))
        if item_id in whole.missing:
            continue
        await cases.set_self_score.run(
            conn,
            case.id,
            item_id,
            results.write_values(values),
            notes.get(item_id, "").strip(),
            now,
        )
        saved += 1
    await audit.write(
        conn, actor, "case:self_score", "case", case.id, at=now, area=case.county, items=saved
    )
    return saved


async def result(conn: Conn, case: cases.Case) -> scoring.Result:
    """What the self-score comes to so far."""
    rubric = await results.rubric_of(conn, case)
    found = {
        one.item_id: (results.read_values(one.measure), one.note)
        for one in await cases.self_scores.all(conn, case.id)
    }
    return scoring.score(
        rubric, results.sheet_of(results.stage_of(case.kind), found, {}, by="base")
    )
