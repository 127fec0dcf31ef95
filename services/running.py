"""A run of the allotment beside the service: a process of its own, one at a time in the province.

`serve` starts it and goes on answering; its memory and its processor time are not those of the
pages. What says that a run is under way is the advisory lock that the run holds on its own
connection, the same that the nightly job takes: a process that dies gives it back with its
connection, and nothing has to be tidied up.
"""

import asyncio
import json
import pickle
import sys
from datetime import date, datetime
from typing import Final

import asyncpg

from matching.errors import IllegalMove, Refusal
from services.actions import runs
from services.db import idempotency, jobs
from services.log import log
from services.sealing import profile_seal
from services.settings import Settings

JOB: Final = "match"
_CHILD: Final = "from services.running import child; child()"
_COMMAND_SECONDS: Final = 600


class Underway(IllegalMove):
    """Another run holds the lock."""


class Unfinished(Refusal):
    """The process of the run ended without a result."""


class Runner:
    """Starts runs. `patience_seconds` is how long a page waits before it shows that one goes on."""

    def __init__(self, settings: Settings, *, patience_seconds: float = 3.0) -> None:
        self.settings = settings
        self.patience_seconds = patience_seconds
        self._going: asyncio.Task[int] | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, today: date, now: datetime, *, patient: bool = False) -> int | None:
        """The id of the run, or None while it still goes on. Raises Underway, Unfinished.

        Who asks while this process runs one gets that one. `patient` waits to the end.
        """
        if self._going is None or self._going.done():
            self._going = asyncio.create_task(self._run(today, now))
            self._going.add_done_callback(_said)
        waited = None if patient else self.patience_seconds
        done, _ = await asyncio.wait({self._going}, timeout=waited)
        return self._going.result() if done else None

    async def _run(self, today: date, now: datetime) -> int:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _CHILD,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await self._process.communicate(pickle.dumps((self.settings, today, now)))
        answer = json.loads(told or b"{}")
        if "run" in answer:
            return int(answer["run"])
        if answer.get("underway"):
            raise Underway("已有一次匹配正在运行，请等它结束")
        raise Unfinished("这次匹配没有完成，什么也没有改变，请再试一次")

    async def close(self) -> None:
        """Ends a run that goes on: it leaves nothing behind."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


def _said(task: "asyncio.Task[int]") -> None:
    """A failure that nobody waits for any more is at least a line in the log."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("job-failed", job=JOB, error=type(error).__name__)


def child() -> None:
    """The process of one run: the settings come on standard input, the answer goes out as JSON."""
    settings, today, now = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  # from our parent
    sys.stdout.write(json.dumps(asyncio.run(propose(settings, today, now))))


async def propose(settings: Settings, today: date, now: datetime) -> dict[str, object]:
    """One run with its row in the ledger of the jobs; `underway` if another holds the lock."""
    book = await asyncpg.connect(settings.url("yupei_app"), command_timeout=_COMMAND_SECONDS)
    conn = await asyncpg.connect(settings.url("yupei_matcher"), command_timeout=_COMMAND_SECONDS)
    try:
        async with book.transaction():
            await idempotency.take_time.run(book)
            if not await jobs.take_turn.value(book, JOB):
                return {"underway": True}
            await jobs.claim.value(book, JOB, now, now)
            async with conn.transaction():
                await idempotency.take_time.run(conn)
                told = await runs.propose(
                    conn, today, now, profile_seal(settings.matcher_key), simulated=settings.demo
                )
            await jobs.finish.run(book, JOB, now, now, json.dumps({"run": told.run}))
        return {"run": told.run}
    finally:
        await conn.close()
        await book.close()
