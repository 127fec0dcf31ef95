"""Who takes part in a case: assessors by a draw that anyone can repeat, the others by appointment."""

import json
import secrets
from dataclasses import asdict
from datetime import date, datetime
from typing import Final

import asyncpg

from accreditation import draw, panel
from accreditation.errors import IllegalMove, Refusal
from services.access import Actor, Denied
from services.actions.case_facts import Said, day_of, pool_of
from services.actions.cases import as_system, move, roles_in
from services.db import Conn, audit, cases, sheets
from services.i18n import N_
from services.sealing import Keys

# Appointed by name; assessors are drawn, never appointed.
APPOINTED: Final = {
    "moderator": ("moderator", N_("复核人")),
    "panel": ("panel_member", N_("评审组成员")),
    "review_group": ("review_group", N_("异议复核组成员")),
    "appeal": ("appeal_member", N_("申诉复审人员")),
    "adviser": ("assessor", N_("辅导过基地的人员")),
}
_JUDGING: Final = frozenset({"panel", "review_group", "appeal"})


async def _office(conn: Conn, actor: Actor, case_id: int) -> cases.Case:
    """The case, locked, if the asker is its assessment office. Raises NotFound, Denied."""
    case = await cases.lock.one(conn, case_id)
    if "assessment_office" not in await roles_in(conn, actor, case):
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    return case


async def commit_seed(
    conn: Conn, keys: Keys, actor: Actor, case_id: int, *, reason: str, now: datetime
) -> None:
    """Commits to a seed by its hash before the pool is closed. A second draw needs its reason.

    Raises NotFound, Denied, Refusal.
    """
    case = await _office(conn, actor, case_id)
    if case.state not in ("scheduling", "moderation"):
        raise IllegalMove("现在的状态不需要抽取评估员")
    before = await cases.draws.all(conn, case.id)
    if before and before[-1].drawn_at is None:
        raise Refusal("已经提交过种子，请先抽取")
    if before and not reason.strip():
        raise Refusal("重新抽取须写明原因")
    seed, number = secrets.token_bytes(draw.SEED_BYTES), len(before) + 1
    committed = draw.commitment(seed)
    await cases.commit_draw.value(
        conn,
        case.id,
        number,
        committed,
        now,
        keys.seal(seed.hex(), f"draw.seed.{case.id}.{number}"),
        reason.strip(),
    )
    await audit.write(
        conn,
        actor,
        "draw:commit",
        "case",
        case.id,
        at=now,
        area=case.county,
        number=number,
        commitment=committed,
    )


async def draw_assessors(
    conn: Conn, keys: Keys, actor: Actor, case_id: int, *, now: datetime
) -> draw.Draw:
    """Closes the pool, reveals the seed and draws. Where one is lacking, the first drawn is taken:
    a choice among fewer than two would be no draw. Raises NotFound, Denied, Refusal."""
    case = await _office(conn, actor, case_id)
    every = await cases.draws.all(conn, case.id)
    if not every or every[-1].drawn_at is not None:
        raise Refusal("请先提交种子")
    row = every[-1]
    members = await cases.members.all(conn, case.id)
    third = case.state == "moderation"
    pool = await _pool(conn, case, members, today=day_of(now))
    seed = bytes.fromhex(keys.open(row.seed_cipher, f"draw.seed.{case.id}.{row.number}"))
    drawn = draw.draw(seed, pool)
    serving = [m for m in members if m.part == "assessor" and m.until is None]
    lacking = 1 if third else draw.FEWEST_ASSESSORS - len(serving)
    if lacking <= 0:
        raise Refusal("评估员已经够了")
    taken = drawn.picked[:lacking]
    await cases.reveal_draw.value(
        conn,
        row.id,
        seed.hex(),
        json.dumps(asdict(pool), default=_plain, ensure_ascii=False),
        drawn.pool_hash,
        [int(one) for one in taken],
        json.dumps(drawn.excluded),
        now,
    )
    part = "third_assessor" if third else "assessor"
    for one in taken:
        await _add(conn, case, int(one), part, f"draw {row.number}", now)
    if third:
        async with as_system(conn, actor):
            last = max(one.round for one in await sheets.of_case.all(conn, case.id))
            for one in taken:
                await sheets.add.run(conn, case.id, int(one), last)
    await audit.write(
        conn,
        actor,
        "draw:reveal",
        "case",
        case.id,
        at=now,
        area=case.county,
        reason=row.reason,
        number=row.number,
        pool_hash=drawn.pool_hash,
        picked=list(taken),
    )
    return drawn


async def _pool(
    conn: Conn, case: cases.Case, members: list[cases.Member], *, today: date
) -> draw.Pool:
    """Everyone who may be drawn; who ever took part in the case otherwise, or left it, is not."""
    recused = {
        c.by_user
        for c in await cases.checks.all(conn, case.id)
        if c.what == "recusal" and not c.clear
    }
    return draw.Pool(
        base=str(case.base_id),
        county=case.county,
        drawn_on=today,
        assessors=await pool_of(conn, case.base_id),
        recused=frozenset(str(one) for one in recused | {m.user_id for m in members}),
    )


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value, key=str)
    return value.isoformat() if isinstance(value, date) else str(value)


async def replace_assessor(
    conn: Conn, actor: Actor, case_id: int, user: int, *, reason: str, now: datetime
) -> None:
    """Takes an assessor off the case, with a reason; their sheet is closed and never compared.

    In scoring the case goes back to scheduling by its own move. Raises NotFound, Denied, Refusal.
    """
    case = await _office(conn, actor, case_id)
    if not reason.strip():
        raise Refusal("请写明更换评估员的原因")
    if case.state not in ("scheduling", "scoring"):
        raise IllegalMove("现在的状态不能更换评估员")
    if await cases.end_member.value(conn, case.id, user, "assessor", now, reason.strip()) is None:
        raise Refusal("这个人不是本案的评估员")
    async with as_system(conn, actor):
        await sheets.retire.run(conn, case.id, user, now)
    if case.state == "scoring":
        await move(conn, actor, case.id, "replace_assessor", now=now, said=Said(reason=reason))
    await audit.write(
        conn,
        actor,
        "case:replace_assessor",
        "case",
        case.id,
        at=now,
        area=case.county,
        reason=reason.strip(),
        assessor=user,
    )


async def appoint(
    conn: Conn, actor: Actor, case_id: int, user: int, part: str, *, now: datetime
) -> None:
    """Appoints someone to a part by name; who judged may not decide. Raises NotFound, Denied, Refusal."""
    case = await _office(conn, actor, case_id)
    if part not in APPOINTED:
        raise Refusal("评估员由系统抽取，不能指定")
    holders = {one.id for one in await cases.holders.all(conn, APPOINTED[part][0], day_of(now))}
    if user not in holders:
        raise Refusal("这个人没有相应的角色")
    members = await cases.members.all(conn, case.id)
    others = {str(m.user_id) for m in members if m.part != part}
    judging = part in _JUDGING
    judges = {str(m.user_id) for m in members if m.part in _JUDGING}
    if not panel.apart({str(user)}, others if judging else judges):
        raise Refusal("参加过本案评估、辅导或前一环节的人，不能再参加这一环节的评审")
    await _add(conn, case, user, part, "", now)
    await audit.write(
        conn,
        actor,
        "case:appoint",
        "case",
        case.id,
        at=now,
        area=case.county,
        member=user,
        part=part,
    )


async def _add(
    conn: Conn, case: cases.Case, user: int, part: str, reason: str, now: datetime
) -> None:
    try:
        await cases.add_member.run(conn, case.id, user, part, now, reason)
    except asyncpg.CheckViolationError as floor:
        if floor.constraint_name != "case_member_keeps_apart":
            raise
        raise Refusal("参加过本案评估、辅导或前一环节的人，不能再参加这一环节的评审") from None
    except asyncpg.UniqueViolationError:
        raise Refusal("这个人已经在名单上") from None
