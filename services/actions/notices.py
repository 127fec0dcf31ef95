"""Public notice: anybody may object; a group that took no part answers; the answers are public."""

from datetime import datetime

from accreditation.errors import Refusal
from services.access import Actor, Denied
from services.actions.case_facts import Said, day_of
from services.actions.cases import as_system, move, roles_in
from services.db import Conn, audit, cases, notices
from services.sealing import Keys


async def file_objection(
    conn: Conn,
    keys: Keys,
    actor: Actor,
    notice_id: int,
    *,
    name: str,
    text: str,
    evidence: str,
    now: datetime,
) -> int:
    """Files an objection, named or with evidence; signing in is not needed. Who objects is sealed.

    Raises NotFound, GuardNotMet, IllegalMove, Refusal.
    """
    notice = await notices.by_id.one(conn, notice_id, day_of(now))
    if not text.strip():
        raise Refusal("请写明异议的内容")
    async with as_system(conn, actor) as system:
        await move(
            conn,
            system,
            notice.case_id,
            "object",
            now=now,
            said=Said(objector=name, evidence=evidence),
        )
        filed: int = await notices.add_objection.value(
            conn, notice.id, b"" if name.strip() else None, text.strip(), evidence.strip(), now
        )
        if name.strip():
            sealed = keys.seal(name.strip(), f"objection.objector.{filed}")
            await notices.seal_objector.run(conn, filed, sealed)
    await audit.write(conn, actor, "notice:object", "notice", notice.id, at=now, area=notice.county)
    return filed


async def answer(
    conn: Conn,
    actor: Actor,
    case_id: int,
    objection_id: int,
    *,
    upheld: bool,
    text: str,
    now: datetime,
) -> None:
    """Answers an objection; one that is upheld sends the case back to the panel.

    Raises NotFound, Denied, GuardNotMet, Refusal.
    """
    case = await cases.lock.one(conn, case_id)
    if "review_group" not in await roles_in(conn, actor, case):
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    if not text.strip():
        raise Refusal("请写明答复")
    mine = {one.id for one in await notices.objections.all(conn, case.id)}
    if (
        objection_id not in mine
        or await notices.answer.value(conn, objection_id, now, upheld, text.strip(), actor.user)
        is None
    ):
        raise Refusal("这条异议已经答复")
    await move(
        conn,
        actor,
        case.id,
        "reopen" if upheld else "dismiss_objection",
        now=now,
        said=Said(reason=text.strip(), answer=text.strip(), objection=objection_id),
    )
