"""The worker's sign of life: a file touched after each round trip to the database.

It serves no port to be asked, and a process that only exists may hang. What the file proves: the
loop that rings the jobs turns, and the database answers it.
"""

import asyncio
import socket
import time
from pathlib import Path
from typing import Final

import asyncpg

from services.log import log
from services.settings import Settings

EVERY_SECONDS: Final = 15
STALE_SECONDS: Final = 60  # four beats missed; a job that runs does not stop the beat


def place(settings: Settings) -> Path:
    """The file of the worker on this machine or in this container: homes may be shared."""
    return settings.home / f"worker-{socket.gethostname()}.beat"


def age_seconds(settings: Settings) -> float | None:
    """Seconds since the last beat; None if there is none."""
    try:
        return max(0.0, time.time() - place(settings).stat().st_mtime)
    except FileNotFoundError:
        return None


async def keep(settings: Settings) -> None:
    """Beats until cancelled, then takes the file away: a worker that has ended is not alive."""
    file = place(settings)
    try:
        while True:
            try:
                await _beat(settings, file)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.error("no-heartbeat", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        file.unlink(missing_ok=True)


async def _beat(settings: Settings, file: Path) -> None:
    conn = await asyncpg.connect(settings.url("yupei_app"), timeout=5, command_timeout=5)
    try:
        await conn.execute("select 1")
    finally:
        await conn.close()
    await asyncio.to_thread(file.touch)
