"""The jobs: reconcilers that take a date, are idempotent and can be run by hand.

A job looks at everything open, not at a hint of what changed: a missed or repeated run does no harm.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.access import SYSTEM_ROLE, Actor, Grant
from services.db import Conn, idempotency
from services.jobs import audit_seal, clocks, match, offers, rescore
from services.sealing import Keys, profile_seal
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
    signer, anchors = tools.keys.signer, tools.settings.anchor_file
    return await audit_seal.run(conn, today, now, signer, anchors)


async def _clocks(tools: Tools, conn: Conn, today: date, now: datetime) -> object:
    return await clocks.run(conn, today, now)


async def _offers(tools: Tools, conn: Conn, today: date, now: datetime) -> object:
    return await offers.run(conn, today, now, SYSTEM)


async def _rescore(tools: Tools, conn: Conn, today: date, now: datetime) -> object:
    await idempotency.forget.run(conn, now - timedelta(days=1))  # answers are kept for a day
    return asdict(await rescore.run(conn, today, now))


async def _match(tools: Tools, conn: Conn, today: date, now: datetime) -> object:
    found = tools.settings
    told = await match.run(
        conn,
        today,
        now,
        profile_seal(found.matcher_key),
        simulated=found.demo,
        cluster=found.cluster,
    )
    return asdict(told)


_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
JOBS: Final[Mapping[str, Job]] = {
    job.name: job
    for job in (
        Job(audit_seal.NAME, _MINUTE, _seal, role="yupei_sealer"),
        Job(clocks.NAME, 10 * _MINUTE, _clocks),
        Job(offers.NAME, 5 * _MINUTE, _offers),
        Job(match.NAME, _DAY, _match, after_midnight=timedelta(hours=2), role="yupei_matcher"),
        Job(rescore.NAME, _DAY, _rescore, after_midnight=timedelta(hours=3)),
    )
}
