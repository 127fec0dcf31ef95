"""Reads and pages as a share of the barest handler that asks the same database, taking turns.

./run bench http --json [--rounds 5] [--seconds 2] [--clients 16] [--home FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from benchmarks import _machine
from benchmarks._serve import ROOT, Served, free_port, get, persona, pressed, served, spread

JSON = "Accept: application/json"
HTML = "Accept: text/html"
JSON_OWED, HTML_OWED = 0.40, 0.20


@contextmanager
def bare(url: str) -> Iterator[tuple[int, int]]:
    """The bare handler in a process of its own: port and process."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks._bare", str(port), url], cwd=ROOT)
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                asyncio.run(pressed(port, get("/"), 1, 0))
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


async def asked(service: Served) -> dict[str, tuple[str, bytes]]:
    """What is asked, by name: its kind and the request."""
    county = await persona(service.settings, "county_staff")
    boss = await persona(service.settings, "employer")
    conn = await asyncpg.connect(service.settings.url("yupei_owner"))
    try:
        order = await conn.fetchval(
            "select j.id from job_order j join role_grant g on g.employer_id = j.employer_id"
            " where g.user_id = $1 order by j.id limit 1",
            boss.user,
        )
    finally:
        await conn.close()
    as_county, as_boss = f"Cookie: {county.cookie}", f"Cookie: {boss.cookie}"
    return {
        "json: an order": ("json", get(f"/api/orders/{order}", JSON, as_boss)),
        "json: orders of a county": ("json", get("/api/orders", JSON, as_county)),
        "json: figures, nobody signed in": ("json", get("/api/figures", JSON)),
        "page: orders of a county": ("html", get("/orders", HTML, as_county)),
        "page: choosing an occupation": ("html", get("/orders/new", HTML, as_boss)),
        "page: home, nobody signed in": ("html", get("/", HTML)),
    }


def ticks(pid: int) -> float:
    """Processor seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(service: Served, rounds: int, seconds: float, clients: int) -> dict[str, object]:
    """Requests a second and processor time of each, round by round beside the bare handler."""
    requests = asyncio.run(asked(service))
    rates: dict[str, list[float]] = {name: [] for name in ("bare", *requests)}
    cpu: dict[str, list[float]] = {name: [] for name in rates}
    waits: dict[str, list[float]] = {name: [] for name in rates}
    with bare(service.settings.url("yupei_app")) as (port, pid):
        targets = {"bare": (port, pid, get("/"))} | {
            name: (service.port, service.process.pid, request)
            for name, (_, request) in requests.items()
        }
        for name in targets:  # plans prepared, templates compiled
            asyncio.run(pressed(targets[name][0], targets[name][2], clients, 0.5))
        for turn in range(rounds):
            for name in list(targets)[:: 1 if turn % 2 == 0 else -1]:
                to, process, request = targets[name]
                before = ticks(process)
                took = asyncio.run(pressed(to, request, clients, seconds))
                rates[name].append(len(took) / seconds)
                cpu[name].append((ticks(process) - before) / len(took))
                waits[name] += took
    base, base_cpu = statistics.median(rates["bare"]), statistics.median(cpu["bare"])
    return {
        name: {
            "kind": requests[name][0] if name in requests else "bare",
            "a_second": round(statistics.median(rates[name])),
            "share": round(statistics.median(rates[name]) / base, 3),
            "cpu_ms": round(statistics.median(cpu[name]) * 1000, 3),
            "cpu_share": round(base_cpu / statistics.median(cpu[name]), 3),
            **spread(waits[name]),
        }
        for name in rates
    }


def main(arguments: Sequence[str]) -> int:
    """Runs the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--scale", default="small")
    parser.add_argument("--home")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    with served(chosen.scale, chosen.home) as service:
        found = measure(service, chosen.rounds, chosen.seconds, chosen.clients)
    shares = {
        kind: statistics.median(one["share"] for one in found.values() if one["kind"] == kind)  # type: ignore[index,call-overload]
        for kind in ("json", "html")
    }
    told = {
        "measurement": "http",
        "machine": _machine.facts(),
        "data": {"scale": chosen.scale, "digest": _machine.digest(chosen.scale, sorted(found))},
        "rounds": chosen.rounds,
        "clients": chosen.clients,
        "shares": shares,
        "owed": {"json": JSON_OWED, "html": HTML_OWED},
        "found": found,
    }
    if chosen.json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(_machine.line())
    for name, one in found.items():
        print(f"{name:34} {one}")
    for kind, owed in told["owed"].items():  # type: ignore[attr-defined]
        print(f"median share, {kind}: {shares[kind]:.0%} (owed {owed:.0%})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
