"""Users and what they are granted. No default account: the first administrator comes by a one-time link."""

import asyncio
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import asyncpg
import pyotp

from accreditation.errors import Refusal
from services.access import ROLES, Actor, Permission, Scope
from services.actions.sign_in import BOOTSTRAP_MINUTES, hash_password
from services.db import Conn, audit, users
from services.sealing import Keys

PASSWORD_MIN: Final = 8  # with a second factor (ASVS 6.2.1)
PASSWORD_MAX: Final = 128
_OBVIOUS: Final = ("canlian", "henan", "zhengzhou", "yupei", "password", "12345678", "残联", "豫培")


@dataclass(frozen=True, slots=True)
class NewUser:
    id: int
    totp_secret: str  # shown once, for the authenticator; "" for who signs in by phone


def check_password(password: str) -> str:
    """The password in its normal form. Raises Refusal if it is too short, long or obvious."""
    given = unicodedata.normalize("NFC", password)
    if len(given) < PASSWORD_MIN:
        raise Refusal("密码至少{count}个字符", count=PASSWORD_MIN)
    if len(given) > PASSWORD_MAX:
        raise Refusal("密码至多{count}个字符", count=PASSWORD_MAX)
    if any(word in given.lower() for word in _OBVIOUS):
        raise Refusal("密码太容易猜到，请换一个")
    return given


async def make_bootstrap_link(conn: Conn, keys: Keys, *, now: datetime) -> str:
    """A token for a first administrator, good once and for 30 minutes.

    There are two of them, the one for the system and the one for security: nobody may be both.
    Raises Refusal once both are there.
    """
    if await users.missing_administrator.value(conn) is None:
        raise Refusal("系统管理员和安全管理员都已建立，不能再生成初始链接")
    token = secrets.token_urlsafe(32)
    until = now + timedelta(minutes=BOOTSTRAP_MINUTES)
    await users.add_bootstrap_link.run(conn, keys.token("bootstrap", token), now, until)
    return token


async def bootstrap(
    conn: Conn, keys: Keys, token: str, login: str, name: str, password: str, *, now: datetime
) -> NewUser:
    """The system administrator by the first link, the security administrator by the second.

    Of two links used at once one wins; the other stays good, for the one that is still missing.
    Raises Refusal for a link that was used, is too old, or is not needed any more.
    """
    used = await users.use_bootstrap_link.value(conn, keys.token("bootstrap", token), now)
    role = await users.missing_administrator.value(conn)
    if used is None or role is None:
        raise Refusal("链接已用过或已过期，请重新生成")
    made = await _insert(conn, keys, login, name, password, now=now)
    try:
        await _grant_row(conn, made.id, role, None, None, by=None, now=now)
    except (
        asyncpg.UniqueViolationError
    ):  # one_administrator_starts: another link was used meanwhile
        raise Refusal("刚刚有人用另一个链接建立了管理员，请再提交一次") from None
    await audit.write(conn, Actor(made.id), "user:bootstrap", "user", made.id, at=now, role=role)
    return made


async def add_staff(
    conn: Conn, actor: Actor, keys: Keys, login: str, name: str, password: str, *, now: datetime
) -> NewUser:
    """A new member of staff without any role yet. Raises Denied, Refusal."""
    actor.require(Permission.USER_WRITE)
    made = await _insert(conn, keys, login, name, password, now=now)
    await audit.write(conn, actor, "user:add", "user", made.id, at=now)
    return made


async def _insert(
    conn: Conn, keys: Keys, login: str, name: str, password: str, *, now: datetime
) -> NewUser:
    if not (account := login.strip().lower()) or not name.strip():
        raise Refusal("请填写账号和姓名")
    digest = await asyncio.to_thread(hash_password, check_password(password))
    user = int(await users.next_id.value(conn))
    secret = pyotp.random_base32()
    try:
        await users.add_user.run(
            conn,
            user,
            account,
            keys.seal(name.strip(), f"app_user.name.{user}"),
            None,
            None,
            False,
            "zh",
            now,
        )
    except asyncpg.UniqueViolationError:
        raise Refusal("这个账号已经有人使用") from None
    await users.set_password.run(conn, user, digest)
    await users.set_totp.run(conn, user, keys.seal(secret, f"app_user.totp.{user}"))
    return NewUser(user, secret)


async def grant(
    conn: Conn,
    actor: Actor,
    user: int,
    role: str,
    *,
    area: str | None,
    until: date | None,
    now: datetime,
) -> int:
    """Grants `role` in `area`. Raises Denied, Refusal; the database refuses two of the three administrators."""
    actor.require(Permission.GRANT_WRITE)
    if role not in ROLES:
        raise Refusal("没有这个角色")
    if user == actor.user:
        raise Refusal("不能给自己授权")
    if ROLES[role].scope is Scope.AREA and area is None:
        raise Refusal("请选择管辖区域")
    made = await _grant_row(conn, user, role, area, until, by=actor.user, now=now)
    await audit.write(
        conn, actor, "grant:add", "grant", made, at=now, area=area, role=role, user=user
    )
    return made


async def _grant_row(
    conn: Conn,
    user: int,
    role: str,
    area: str | None,
    until: date | None,
    *,
    by: int | None,
    now: datetime,
) -> int:
    try:
        async with conn.transaction():
            made = await users.add_grant.value(
                conn, user, role, area, None, None, None, now.date(), until, by, now
            )
    except asyncpg.ExclusionViolationError:
        raise Refusal("系统管理员、安全管理员、审计管理员不能由同一人担任") from None
    except asyncpg.ForeignKeyViolationError:
        raise Refusal("没有这个用户或区域") from None
    return int(made)


async def revoke(conn: Conn, actor: Actor, grant_id: int, *, now: datetime, reason: str) -> None:
    """Ends a grant and every session of its user at once. Raises Denied, Refusal."""
    actor.require(Permission.GRANT_WRITE)
    user = await users.revoke_grant.value(conn, grant_id, now, actor.user)
    if user is None:
        raise Refusal("这项授权已经结束")
    await users.close_sessions_of.run(conn, user, now)
    await audit.write(
        conn, actor, "grant:revoke", "grant", grant_id, at=now, reason=reason, user=user
    )


async def disable(conn: Conn, actor: Actor, user: int, *, now: datetime, reason: str) -> None:
    """Shuts an account; its sessions end at once. Raises Denied, Refusal."""
    actor.require(Permission.USER_WRITE)
    if user == actor.user:
        raise Refusal("不能停用自己的账号")
    if await users.disable_user.value(conn, user, now) is None:
        raise Refusal("这个账号已经停用")
    await users.close_sessions_of.run(conn, user, now)
    await audit.write(conn, actor, "user:disable", "user", user, at=now, reason=reason)
