"""The pieces of production: serve, worker, migrate, job, verify-audit."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from services import app as application
from services import heartbeat, scheduler
from services.cli import place
from services.db.pool import open_pool
from services.jobs import JOBS, anchors, audit_seal
from services.sealing import Keys
from services.web.keys import SHANGHAI


def serve() -> None:
    """Serves the pages and the API until a signal."""
    found = place.settings()
    with place.database(found) as ready:
        if found.embedded:
            asyncio.run(place.prepare(ready))
        application.run(ready)


def worker(
    check: Annotated[
        bool, typer.Option(help="Ask whether the worker here lives: exit 0 or 1")
    ] = False,
) -> None:
    """Runs the timed jobs; several may run, each slot of a job is done once."""
    found = place.settings()
    if check:
        raise typer.Exit(_lives(heartbeat.age_seconds(found)))
    with place.database(found) as ready:
        if found.embedded:
            asyncio.run(place.prepare(ready))
        asyncio.run(scheduler.run(ready))


def _lives(age: float | None) -> int:
    """The exit code for a last heartbeat `age` seconds ago, said in a line."""
    typer.echo("no heartbeat" if age is None else f"last heartbeat {age:.0f} s ago", err=True)
    return int(age is None or age > heartbeat.STALE_SECONDS)


def migrate() -> None:
    """Brings the database to the newest schema and reference data."""
    found = place.settings()
    with place.database(found) as ready:
        done = asyncio.run(place.prepare(ready))
        typer.echo("\n".join(done) or "nothing to do")


def job(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(sorted(JOBS))}")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Runs one job by hand for a civil date in Henan. Doing it twice does no harm."""
    if name not in JOBS:
        raise place.fail(f"no such job: {name}; there are {', '.join(sorted(JOBS))}")
    found = place.settings()
    with place.database(found) as ready:
        result = asyncio.run(scheduler.run_once(ready, name, on.date() if on else _today()))
    if as_json:
        typer.echo(json.dumps({"job": name, "result": result}, ensure_ascii=False, default=str))
    else:
        typer.echo(f"{name}: {result}")


def _today() -> date:
    return datetime.now(UTC).astimezone(SHANGHAI).date()


def verify_audit(
    anchor_file: Annotated[
        Path | None, typer.Option("--anchors", help="A copy of anchors.log from elsewhere.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Recomputes the sealed chain of the audit log and compares it with the heads kept outside the
    database; exits 1 at the first row that does not hold."""

    async def verify(url: str, keys: Keys, kept: Sequence[anchors.Anchor]) -> audit_seal.Verdict:
        pool = await open_pool(url, size=1)
        try:
            async with pool.acquire() as conn:
                return await audit_seal.verify(conn, keys.signer.public_key(), kept)
        finally:
            await pool.close()

    found = place.settings()
    file = anchor_file or found.anchor_file
    if anchor_file is not None and not anchor_file.exists():
        raise place.fail(f"{anchor_file} is not there")
    try:
        kept = anchors.read(file)
    except (OSError, anchors.AnchorsUnreadable) as error:
        raise place.fail(str(error)) from None
    with place.database(found) as ready:
        verdict = asyncio.run(verify(ready.url("yupei_sealer"), Keys.of(ready.master_key), kept))
    if as_json:
        typer.echo(json.dumps(asdict(verdict)))
    elif verdict.broken_at is None:
        typer.echo(f"{verdict.sealed} sealed events hold, and {len(kept)} heads of {file}")
        if not kept:
            typer.echo("without a head from outside, an end that was cut off is not seen", err=True)
    elif verdict.broken_at == 0:
        typer.echo(f"events were cut off the end: {verdict.sealed} are left", err=True)
    else:
        typer.echo(f"the chain breaks at event {verdict.broken_at}", err=True)
    if verdict.broken_at is not None:
        raise typer.Exit(1)
