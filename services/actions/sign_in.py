"""Signing in and out: password with a time code for staff, a phone code for the others.

Answers are the same for an account that exists, does not exist or is disabled, and take the same
time. No picture puzzle: it shuts out blind people; rates are limited instead (docs/threat-model.md).
"""

import asyncio
import hmac
import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accreditation.errors import Refusal
from services.access import ROLES, Actor, Grant
from services.db import Conn, audit, users
from services.messages import SmsSender
from services.sealing import Keys

# 19 MiB, 2 passes: 44 ms here (docs/threat-model.md); in a thread, or it would block the loop.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY: Final = _HASHER.hash("no such account")
CODE_MINUTES: Final = 5  # our default; ASVS 6.5.5 allows 10
CODE_TRIES: Final = 5
CODES_PER_HOUR: Final = 5
TRIES_PER_MINUTE: Final = 6  # as Primero
STAFF_IDLE: Final = timedelta(minutes=30)  # NIST 800-63B AAL2
STAFF_ABSOLUTE: Final = timedelta(hours=12)
OTHER_IDLE: Final = timedelta(days=30)
BOOTSTRAP_MINUTES: Final = 30
_PHONE: Final = re.compile(r"1\d{10}")


class SignInRefused(Refusal):
    """The given proof does not hold. Which part failed is not told."""


class TooMany(Refusal):
    """Too many tries in a short time."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: the token goes to the browser, only its hash is kept."""

    token: str
    csrf: str
    user: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    actor: Actor
    csrf: str
    language: str
    idle_until: datetime
    token_hash: bytes


def plain_digits(text: str) -> str:
    """`text` with full-width digits made plain and spaces taken out, before any single-use check."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def token_hash(token: str, keys: Keys) -> bytes:
    return keys.token("session", token)


async def _limit(conn: Conn, key: str, *, burst: int, per_second: float, now: datetime) -> None:
    if not await users.take_token.value(conn, key, float(burst), per_second, now):
        raise TooMany("尝试次数过多，请一分钟后再试")


async def limit_tries(conn: Conn, keys: Keys, account: str, address: str, now: datetime) -> None:
    """Slows guessing, per account and per address. Raises TooMany.

    Runs in a transaction of its own that is kept, whatever becomes of the try.
    """
    rate = TRIES_PER_MINUTE / 60
    # Written in another way it is still the same account: no more tries for "Admin" and " admin".
    name = keys.index("rate", plain_digits(account).lower()).hex()
    await _limit(conn, f"try:{name}", burst=TRIES_PER_MINUTE, per_second=rate, now=now)
    await _limit(conn, f"from:{address}", burst=60, per_second=1.0, now=now)


def hash_password(password: str) -> str:
    """Argon2id of the password in its normal form."""
    return _HASHER.hash(unicodedata.normalize("NFC", password))


def _password_holds(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False


async def with_password(
    conn: Conn, keys: Keys, login: str, password: str, code: str, *, now: datetime, request_id: str
) -> Opened:
    """Opens a session for staff: password and time code. Raises SignInRefused."""
    found = await users.by_login.first(conn, login.strip().lower())
    stored = (found and found.password_hash) or _NOBODY
    holds = await asyncio.to_thread(_password_holds, stored, password[:128])
    if found is None or found.disabled or not holds or found.totp_cipher is None:
        raise SignInRefused("账号、密码或动态码不正确")
    secret = keys.open(found.totp_cipher, f"app_user.totp.{found.id}")
    step = _totp_step(secret, plain_digits(code), now)
    if step is None or not await users.set_totp_step.value(conn, found.id, step):
        raise SignInRefused("账号、密码或动态码不正确")
    return await open_session(conn, keys, found.id, now=now, request_id=request_id, how="password")


def _totp_step(secret: str, code: str, now: datetime) -> int | None:
    """The 30-second step that `code` belongs to, one step of drift allowed; None if none."""
    totp = pyotp.TOTP(secret)
    step = int(now.timestamp()) // 30
    for candidate in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.generate_otp(candidate).encode(), code.encode()):
            return candidate
    return None


async def send_code(
    conn: Conn, keys: Keys, sms: SmsSender, phone: str, *, now: datetime, simulated: bool
) -> str:
    """Sends a one-time code to `phone` and returns the request token that it is bound to.

    Nothing tells whether the number is known. Raises Refusal for what is not a number, TooMany.
    """
    number = plain_digits(phone)
    if not _PHONE.fullmatch(number):
        raise Refusal("请输入11位手机号码")
    index = keys.index("phone", number)
    if await users.codes_sent_since.value(conn, index, now - timedelta(hours=1)) >= CODES_PER_HOUR:
        raise TooMany("验证码发送过多，请一小时后再试")
    request = secrets.token_urlsafe(24)
    code = f"{secrets.randbelow(10**6):06d}"
    await users.add_code.run(
        conn,
        index,
        keys.token("code-request", request),
        keys.token("code", request + code),
        now,
        now + timedelta(minutes=CODE_MINUTES),
    )
    await sms.send(conn, number, "sign_in_code", code=code, now=now, simulated=simulated)
    return request


async def try_code(
    conn: Conn, keys: Keys, request: str, code: str, *, now: datetime
) -> bytes | None:
    """The phone index that `code` proves, or None.

    The try is counted whatever the answer: the caller keeps this transaction.
    """
    row = await users.try_code.first(conn, keys.token("code-request", request), now, CODE_TRIES)
    if row is None or not hmac.compare_digest(
        row.code_hash, keys.token("code", request + plain_digits(code))
    ):
        return None
    return row.phone_index if await users.use_code.value(conn, row.id, now) else None


async def with_phone(
    conn: Conn, keys: Keys, phone_index: bytes | None, *, now: datetime, request_id: str
) -> Opened:
    """Opens a session for the one who holds the phone. Raises SignInRefused.

    Staff never come in this way: their roles ask for two factors.
    """
    found = None if phone_index is None else await users.by_phone.first(conn, phone_index)
    if found is None or found.disabled:
        raise SignInRefused("验证码不正确或已过期")
    grants = await users.grants_of.all(conn, found.id)
    if any(ROLES[grant.role].needs_totp for grant in grants):
        raise SignInRefused("验证码不正确或已过期")
    return await open_session(conn, keys, found.id, now=now, request_id=request_id, how="phone")


async def as_persona(
    conn: Conn, keys: Keys, persona: int, *, now: datetime, request_id: str
) -> Opened:
    """Opens a session for a simulated persona; only a demonstration calls this. Raises Refusal."""
    found = await users.by_persona.first(conn, persona)
    if found is None or found.disabled:
        raise SignInRefused("没有这个演示角色")
    return await open_session(conn, keys, found.id, now=now, request_id=request_id, how="persona")


async def open_session(
    conn: Conn, keys: Keys, user: int, *, now: datetime, request_id: str, how: str
) -> Opened:
    """A new session for `user`, logged."""
    grants = await users.grants_of.all(conn, user)
    staff = any(ROLES[grant.role].needs_totp for grant in grants)
    idle, absolute = (STAFF_IDLE, STAFF_ABSOLUTE) if staff else (OTHER_IDLE, OTHER_IDLE)
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    await users.open_session.run(
        conn, token_hash(token, keys), user, csrf, now, now + idle, now + absolute
    )
    actor = Actor(user, tuple(Grant(g.role, g.area) for g in grants), request_id=request_id)
    await audit.write(conn, actor, "session:open", "user", user, at=now, how=how)
    return Opened(token, csrf, user, now + absolute)


async def resume(
    conn: Conn, keys: Keys, token: str, *, now: datetime, today: date, request_id: str
) -> Session | None:
    """The session of `token` with the actor's roles and areas as they stand now; None if over."""
    digest = token_hash(token, keys)
    row = await users.session_actor.first(conn, digest, now, today)
    if row is None:
        return None
    grants = tuple(
        Grant(role, area, employer, base, person, frozenset(below))
        for role, area, employer, base, person, below in json.loads(row.grants)
    )
    actor = Actor(
        row.user_id,
        grants,
        request_id=request_id,
        name=keys.open(row.name_cipher, f"app_user.name.{row.user_id}"),
        simulated=row.simulated,
    )
    staff = any(ROLES[grant.role].needs_totp for grant in grants)
    idle = STAFF_IDLE if staff else OTHER_IDLE
    # One write a minute at most: a page with ten parts is not ten updates.
    if row.idle_until < now + idle - timedelta(minutes=1):
        await users.touch_session.run(conn, digest, now, now + idle)
    return Session(actor, row.csrf, row.language, row.idle_until, digest)


async def close(conn: Conn, actor: Actor, digest: bytes, *, now: datetime) -> None:
    await users.close_session.run(conn, digest, now)
    await audit.write(conn, actor, "session:close", "user", actor.user, at=now)
