"""The jobs: reconcilers that take a date, are idempotent and can be run by hand.

A job looks at everything open, not at a hint of what changed: a missed or repeated run does no harm.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.access import SYSTEM_ROLE, Actor, Grant
from services.db import Conn
from services.jobs import audit_seal
from services.sealing import Keys
from services.settings import Settings

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# The program itself, for timed moves: sees the whole province, is no person, and says so in the log.
SYSTEM: Final = Actor(None, (Grant(SYSTEM_ROLE, "410000"),), request_id="job")


@dataclass(frozen=True, slots=True)
class Tools:
    settings: Settings
    keys: Keys


Run = Callable[[Tools, Conn, date, datetime], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    run: Run
    after_midnight: timedelta = timedelta(0)  # in Asia/Shanghai, which knows no summer time
    role: str = "yupei_app"
    seconds: float = 300  # a command that takes longer is given up

    def slot_before(self, now: datetime) -> datetime:
        """The last scheduled time at or before `now`: the key of a run."""
        local = now.astimezone(SHANGHAI)
        first = local.replace(hour=0, minute=0, second=0, microsecond=0) + self.after_midnight
        return first + (local - first) // self.every * self.every


async def _seal(tools: Tools, conn: Conn, today: date, now: datetime) -> object:
    return await audit_seal.run(conn, today, now, tools.keys.signer)


JOBS: Final[Mapping[str, Job]] = {
    job.name: job
    for job in (Job(audit_seal.NAME, timedelta(minutes=1), _seal, role="yupei_sealer"),)
}
