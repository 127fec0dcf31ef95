"""Rings the jobs: APScheduler only keeps time; the ledger in the database decides who works.

Every replica may ring. A run takes an advisory lock and a ledger row keyed by the scheduled time,
so that several replicas give one run; slots missed while everything was down run at the start.
"""

import asyncio
import json
import signal
from datetime import UTC, date, datetime

import asyncpg
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from services import heartbeat
from services.db import jobs
from services.db.context import speak_for
from services.jobs import JOBS, SHANGHAI, SYSTEM, Job, Tools
from services.log import log
from services.sealing import Keys
from services.settings import Settings

_RETRY_SECONDS = 5


async def run(settings: Settings) -> None:
    """Keeps the jobs' time until a signal, then lets what runs finish."""
    tools = Tools(settings, Keys.of(settings.master_key))
    scheduler = AsyncIOScheduler(timezone=SHANGHAI)
    running: set[asyncio.Task[object]] = set()

    def ring(job: Job, slot: datetime) -> None:
        task = asyncio.create_task(_guarded(tools, job, slot))
        running.add(task)
        task.add_done_callback(running.discard)

    async def rung(name: str) -> None:
        job = JOBS[name]
        ring(job, job.slot_before(datetime.now(UTC)))

    for job in JOBS.values():
        scheduler.add_job(
            rung,
            IntervalTrigger(
                seconds=int(job.every.total_seconds()),
                start_date=job.slot_before(datetime.now(UTC)) + job.every,
                timezone=SHANGHAI,
            ),
            args=[job.name],
            coalesce=True,
            misfire_grace_time=3600,
        )
        ring(job, job.slot_before(datetime.now(UTC)))  # missed while everything was down
    scheduler.start()
    beating = asyncio.create_task(heartbeat.keep(settings))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    scheduler.pause()
    if running:  # shutdown() would cancel them in the middle of a transaction
        await asyncio.wait(running, timeout=60)
    scheduler.shutdown(wait=False)
    beating.cancel()
    await asyncio.wait([beating])


async def _guarded(tools: Tools, job: Job, slot: datetime) -> object:
    for attempt in range(3):
        try:
            return await run_slot(tools, job, slot)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.error("job-failed", job=job.name, slot=slot.isoformat(), error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS * (attempt + 1))
    return None


async def run_slot(tools: Tools, job: Job, slot: datetime) -> object:
    """Runs `job` for its scheduled time once; None if it was done or another process is at it.

    The ledger row and the lock are held on one connection while the work is done on another: a
    crash between the two commits repeats the job, which is idempotent. The sealer keeps its own
    lock and needs no ledger: it has no slots, only a chain.
    """
    if job.role == "yupei_sealer":
        return await _work(tools, job, slot.astimezone(SHANGHAI).date())
    book = await asyncpg.connect(tools.settings.url("yupei_app"), command_timeout=job.seconds)
    try:
        async with book.transaction():
            await book.execute("set local idle_in_transaction_session_timeout = 0")
            now = datetime.now(UTC)
            if not await jobs.take_turn.value(book, job.name):
                return None
            if await jobs.claim.value(book, job.name, slot, now) is None:
                return None
            result = await _work(tools, job, slot.astimezone(SHANGHAI).date())
            text = json.dumps(result, default=str)
            await jobs.finish.run(book, job.name, slot, datetime.now(UTC), text)
        log.info("job", job=job.name, slot=slot.isoformat())
        return result
    finally:
        await book.close()


async def _work(tools: Tools, job: Job, on: date) -> object:
    """The work of a job in one transaction of its role, in the name of the program itself."""
    conn = await asyncpg.connect(tools.settings.url(job.role), command_timeout=job.seconds)
    try:
        async with conn.transaction():
            # A page is answered in seconds; a night's work takes longer.
            await conn.execute(
                "select set_config('statement_timeout', $1, true),"
                " set_config('idle_in_transaction_session_timeout', '0', true)",
                f"{int(job.seconds)}s",
            )
            await speak_for(conn, SYSTEM)
            return await job.run(tools, conn, on, datetime.now(UTC))
    finally:
        await conn.close()


async def run_once(settings: Settings, name: str, on: date) -> object:
    """Runs a job by hand for the civil date `on`, whatever the ledger says."""
    return await _work(Tools(settings, Keys.of(settings.master_key)), JOBS[name], on)
