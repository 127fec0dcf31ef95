"""Users, their grants, sessions and one-time codes."""

from dataclasses import dataclass
from datetime import date, datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Credentials:
    id: int
    password_hash: str | None
    totp_cipher: bytes | None
    totp_last_step: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class Persona:
    id: int
    persona: str
    name_cipher: bytes


@dataclass(frozen=True, slots=True)
class GrantRow:
    id: int
    role: str
    area: str | None
    employer_id: int | None
    base_id: int | None
    person_id: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    login: str | None
    name_cipher: bytes
    disabled: bool
    simulated: bool


@dataclass(frozen=True, slots=True)
class SessionRow:
    user_id: int
    name_cipher: bytes
    language: str
    simulated: bool
    csrf: str
    idle_until: datetime
    ends_at: datetime
    grants: str  # JSON: [[role, area, employer, base, person, [divisions in the area]], ...]


@dataclass(frozen=True, slots=True)
class TriedCode:
    id: int
    phone_index: bytes
    code_hash: bytes


by_login = Query("users", "by_login", Credentials)
by_phone = Query("users", "by_phone", Credentials)
by_persona = Query("users", "by_persona", Credentials)
personas = Query("users", "personas", Persona)
lock_user = Query("users", "lock_user", Credentials)
set_totp_step = Command("users", "set_totp_step")
set_password = Command("users", "set_password")
set_totp = Command("users", "set_totp")
set_name = Command("users", "set_name")
set_language = Command("users", "set_language")
next_id = Command("users", "next_id")
add_user = Command("users", "add_user")
disable_user = Command("users", "disable_user")
holds_real_people = Command("users", "holds_real_people")
missing_administrator = Command("users", "missing_administrator")
add_grant = Command("users", "add_grant")
revoke_grant = Command("users", "revoke_grant")
grants_of = Query("users", "grants_of", GrantRow)
list_users = Query("users", "list_users", Listed)
open_session = Command("users", "open_session")
session_actor = Query("users", "session_actor", SessionRow)
touch_session = Command("users", "touch_session")
close_session = Command("users", "close_session")
close_sessions_of = Command("users", "close_sessions_of")
codes_sent_since = Command("users", "codes_sent_since")
add_code = Command("users", "add_code")
try_code = Query("users", "try_code", TriedCode)
use_code = Command("users", "use_code")
queue_sms = Command("users", "queue_sms")
take_token = Command("users", "take_token")
add_bootstrap_link = Command("users", "add_bootstrap_link")
use_bootstrap_link = Command("users", "use_bootstrap_link")
