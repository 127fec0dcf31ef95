"""Our five roles on a server, and whether the server reads Chinese. Needs a superuser once."""

import asyncio
import base64
import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

import asyncpg

import sql
from services.db import Conn
from services.settings import ROLES, Settings

SCRAM_ROUNDS: Final = 4096  # PostgreSQL's own default
ATTEMPTS: Final = 20


class ServerUnfit(RuntimeError):
    """The server was set up in a way that the service cannot work with."""


async def ensure_roles(admin_conn: Conn, settings: Settings) -> None:
    """Makes the roles, their limits, the owner of the database and the extensions; idempotent.

    On a real server each role gets the password that `settings.url` uses. The password itself is
    never sent: a statement may be logged.

    Raises ServerUnfit if the connection may not make roles.
    """
    text = (Path(sql.__file__).parent / "roles.sql").read_text()
    for attempt in range(ATTEMPTS):
        try:
            async with admin_conn.transaction():
                await admin_conn.execute(text)
                if not settings.embedded:
                    await _set_passwords(admin_conn, settings)
            return
        except asyncpg.InsufficientPrivilegeError as error:
            raise ServerUnfit(
                f"making the roles needs a superuser: {error}. Let one run sql/roles.sql, or point "
                "DATABASE_URL of `migrate` at one"
            ) from None
        except (
            asyncpg.UniqueViolationError,
            asyncpg.DuplicateObjectError,
            asyncpg.InternalServerError,  # "tuple concurrently updated"
            asyncpg.DeadlockDetectedError,
        ):
            # Roles belong to the whole server, and a lock would hold one database only: when
            # another process makes them in this moment, try again.
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.05 * (attempt + 1))


async def check_locale(conn: Conn) -> None:
    """Raises ServerUnfit if this database finds no trigrams in Chinese words (locale C)."""
    if not await conn.fetchval("select cardinality(show_trgm('郑州')) > 0"):
        raise ServerUnfit(
            "this database was made with locale C: searching by Chinese names would find nothing. "
            "Make it anew with initdb --locale=C.UTF-8 --encoding=UTF8 (docs/operations.md)"
        )


async def _set_passwords(conn: Conn, settings: Settings) -> None:
    for role in ROLES:
        secret = scram_verifier(settings.password(role), os.urandom(16))
        await conn.execute(
            await conn.fetchval(
                "select format('alter role %I password %L', $1::text, $2::text)", role, secret
            )
        )


def scram_verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores for an ASCII `password` (RFC 5803)."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ROUNDS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(x).decode() for x in (salt, stored, server))
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{salt64}${stored64}:{server64}"
