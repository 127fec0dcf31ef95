"""What the application and a request carry, under typed keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from services.access import Actor
from services.actions.sign_in import Session
from services.i18n import Language
from services.messages import SmsSender
from services.sealing import Keys
from services.settings import Settings

if TYPE_CHECKING:
    import asyncpg

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Clock:
    """The one place where the service reads the time; tests give their own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def today(self) -> date:
        """The civil date in Henan."""
        return self.now().astimezone(SHANGHAI).date()


POOL: "Final[web.AppKey[asyncpg.Pool[asyncpg.Record]]]" = web.AppKey("pool")
KEYS: Final = web.AppKey("keys", Keys)
SETTINGS: Final = web.AppKey("settings", Settings)
PAGES: Final = web.AppKey("pages", jinja2.Environment)
SMS: "Final[web.AppKey[SmsSender]]" = web.AppKey("sms")
CLOCK: Final = web.AppKey("clock", Clock)

REQUEST_ID: Final = web.RequestKey("request_id", str)
ACTOR: Final = web.RequestKey("actor", Actor)
SESSION: "Final[web.RequestKey[Session | None]]" = web.RequestKey("session")
LANGUAGE: "Final[web.RequestKey[Language]]" = web.RequestKey("language")
