"""A real `serve` on a database of its own, a simulated province in it, and clients that ask it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services import demo as demonstration
from services.access import Actor
from services.actions import sign_in
from services.cli import place
from services.db.context import transaction
from services.db.pool import open_pool
from services.sealing import Keys
from services.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 120
SERVE = "from services.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Served:
    """A running service: its address, its settings, its process."""

    port: int
    settings: Settings
    process: subprocess.Popen[bytes]

    def memory_mib(self) -> dict[str, float]:
        """Resident memory now and at its peak."""
        rows = Path(f"/proc/{self.process.pid}/status").read_text("utf-8").splitlines()
        kib = {row.split(":")[0]: row.split()[1] for row in rows if row.startswith("Vm")}
        return {
            name: round(int(kib[key]) / 1024, 1)
            for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))
        }

    def cpu_seconds(self) -> float:
        """Processor time of the service so far, its threads included."""
        fields = (
            Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def served(scale: str, home: str | None = None) -> Iterator[Served]:
    """The service over a simulated province of this scale; `home` keeps the database for next time."""
    with tempfile.TemporaryDirectory(prefix="yupei-bench-") as folder:
        where = Path(home or folder).absolute()
        where.mkdir(parents=True, exist_ok=True)
        where.chmod(0o711)
        port = free_port()
        environ = {**os.environ, "YUPEI_HOME": str(where), "YUPEI_DEMO": "1"}
        environ |= {"YUPEI_PORT": str(port), "YUPEI_LOG_LEVEL": "info"}
        with place.database(Settings.from_env(environ)) as ready:
            asyncio.run(_furnish(ready, scale))
            with (where / "serve.log").open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-c", SERVE, "serve"], cwd=ROOT, env=environ, stderr=log
                )
            try:
                _wait(f"http://127.0.0.1:{port}/readyz", process)
                yield Served(port, ready, process)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


async def _furnish(ready: Settings, scale: str) -> None:
    await place.prepare(ready)
    await demonstration.furnish(
        ready, scale, demonstration.Report(scale), demonstration.today_in_henan()
    )


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"serve ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of a persona, as its cookie and the token of its forms."""

    cookie: str
    csrf: str
    user: int


async def persona(settings: Settings, role: str) -> SignedIn:
    """A session of the first persona of this role."""
    pool = await open_pool(settings.url("yupei_app"), size=1)
    try:
        async with transaction(pool, Actor(None)) as conn:
            user = await conn.fetchval(
                "select id from app_user where persona = $1 and simulated order by id limit 1", role
            )
            keys, now = Keys.of(settings.master_key), datetime.now(UTC)
            opened = await sign_in.open_session(
                conn, keys, user, now=now, request_id="bench", how="persona"
            )
    finally:
        await pool.close()
    return SignedIn(f"yupei_session={opened.token}", opened.csrf, int(user))


class Client(asyncio.Protocol):
    """Asks the same thing over one kept connection; reads by Content-Length, nothing more."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.waiting: asyncio.Future[int] | None = None
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self.buffer.lower().find(b"content-length: ", 0, head)
        length = int(self.buffer[at + 16 : self.buffer.index(b"\r\n", at)])
        if len(self.buffer) >= head + 4 + length and self.waiting is not None:
            status, waiting = int(self.buffer[9:12]), self.waiting
            self.body = bytes(self.buffer[head + 4 : head + 4 + length])
            self.buffer.clear()
            self.waiting = None
            waiting.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(exc or ConnectionResetError())

    async def ask(self, request: bytes | None = None) -> float:
        """Seconds until the whole answer is there. Raises RuntimeError unless it is a 200."""
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self.transport.write(request or self.request)
        status = await self.waiting
        if status != 200:
            raise RuntimeError(f"{status}: {self.body[:300].decode(errors='replace')}")
        return time.perf_counter() - begun


def get(path: str, *headers: str) -> bytes:
    """A GET request of HTTP/1.1 as bytes."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """A POST request of HTTP/1.1 as bytes."""
    lines = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body


async def clients(port: int, request: bytes, count: int) -> list[Client]:
    """So many connections, each ready to ask."""
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Client(request), "127.0.0.1", port)
        for _ in range(count)
    ]
    return [client for _, client in made]


async def pressed(port: int, request: bytes, count: int, seconds: float) -> list[float]:
    """Seconds of every answer while `count` clients ask as fast as they are answered."""
    everybody, took = await clients(port, request, count), []
    end = time.perf_counter() + seconds

    async def keep(client: Client) -> None:
        while time.perf_counter() < end:
            took.append(await client.ask())

    try:
        await asyncio.gather(*map(keep, everybody))
    finally:
        for client in everybody:
            if client.transport is not None:
                client.transport.close()
    return took


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    from benchmarks._machine import percentile  # noqa: PLC0415

    return {
        f"p{share}": round(percentile(seconds, share / 100) * 1000, 2) for share in (50, 95, 99)
    }
