"""What somebody looked at, declared or found while a case stood in a state; guards ask for it."""

from datetime import date, datetime
from typing import Final

from accreditation.errors import IllegalMove, Refusal
from services.access import Actor, Denied
from services.actions.cases import roles_in
from services.db import Conn, audit, cases
from services.i18n import N_

CHECKS: Final = {
    "completeness": N_("材料是否齐全"),
    "vetoes": N_("逐项核对一票否决情形，没有发现"),
    "premises": N_("到现场看过场地"),
    "recusal": N_("回避声明"),
    "visit": N_("现场评估日期"),
    "agreed": N_("同意复核后的分数"),
    "rescored": N_("受影响的指标已重新评分"),
}
# Who records what, and in which states.
CHECKERS: Final = {
    "completeness": ({"county_staff"}, {"submitted"}),
    "vetoes": ({"county_staff"}, {"county_review"}),
    "premises": ({"county_staff", "city_staff"}, {"county_review", "verification"}),
    "recusal": ({"assessor"}, {"scheduling", "scoring"}),
    "visit": ({"assessment_office"}, {"scheduling"}),
    "agreed": ({"assessor"}, {"moderation"}),
    "rescored": ({"city_staff"}, {"verification"}),
}


async def record(
    conn: Conn,
    actor: Actor,
    case_id: int,
    what: str,
    *,
    clear: bool,
    note: str,
    now: datetime,
) -> None:
    """Records what somebody looked at or declared. Raises NotFound, Denied, Refusal.

    A visit's note is its day (YYYY-MM-DD); not clear means a desk review.
    """
    case = await cases.lock.one(conn, case_id)
    if what not in CHECKERS:
        raise Refusal("没有这种记录")
    roles, states = CHECKERS[what]
    if not roles & set(await roles_in(conn, actor, case)):
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    if case.state not in states:
        raise IllegalMove("现在的状态不需要这项记录")
    if what == "visit" and clear:
        try:
            date.fromisoformat(note)
        except ValueError:
            raise Refusal("请填写现场评估的日期，例如 2026-11-23") from None
    await cases.add_check.run(conn, case.id, case.state, what, actor.user, now, clear, note)
    await audit.write(
        conn, actor, f"case:check_{what}", "case", case.id, at=now, area=case.county, clear=clear
    )


async def add_finding(
    conn: Conn,
    actor: Actor,
    case_id: int,
    *,
    item: str | None,
    severity: str,
    text: str,
    due_on: date | None,
    now: datetime,
) -> None:
    """Adds a finding, for who decides. Raises NotFound, Denied, Refusal."""
    case = await cases.lock.one(conn, case_id)
    if not {"panel_member", "appeal_member"} & set(await roles_in(conn, actor, case)):
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    if severity not in ("deficiency", "weakness", "concern"):  # ABET
        raise Refusal("问题分为缺陷、不足和关注三级")
    if not text.strip():
        raise Refusal("请写明问题")
    await cases.add_finding.run(conn, case.id, item, severity, text.strip(), due_on)
    await audit.write(conn, actor, "case:finding", "case", case.id, at=now, area=case.county)
