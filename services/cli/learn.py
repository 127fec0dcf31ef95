"""`learn`: what the outcomes teach, into a folder. Nothing that it learns is switched on."""

import asyncio
import json as json_format
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from matching.engine.learning.page import page
from matching.engine.learning.stages import Learned
from services.actions import learning
from services.cli import place
from services.db.context import transaction
from services.db.pool import open_pool
from services.jobs import SHANGHAI, SYSTEM
from services.settings import Settings


def learn(
    out: Annotated[Path, typer.Option(help="folder for card.json and model-card.md")],
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    json: Annotated[bool, typer.Option("--json", help="print the proofs as JSON")] = False,
) -> None:
    """Learn a scorecard from outcomes, if they prove one; writes it and switches nothing on."""
    today = on.date() if on else datetime.now(UTC).astimezone(SHANGHAI).date()
    found = place.settings()
    with place.database(found) as ready:
        if found.embedded:
            asyncio.run(place.prepare(ready))
        told = asyncio.run(_learned(ready, today))
    out.mkdir(parents=True, exist_ok=True)
    (out / "card.json").write_text(told.card.to_json() + "\n", "utf-8")
    (out / "model-card.md").write_text(page(told, simulated=found.demo), "utf-8")
    if json:
        proofs = [asdict(proof) for proof in told.proofs]
        typer.echo(json_format.dumps({"card": told.card.version, "proofs": proofs}))
        return
    for proof in told.proofs:
        counts = ", ".join(f"{stage} {count}" for stage, count in proof.outcomes)
        typer.echo(f"{proof.score}: {proof.reason} ({counts})")
    typer.echo(f"{told.card.version} -> {out}")


async def _learned(ready: Settings, today: date) -> Learned:
    pool = await open_pool(ready.url("yupei_app"), size=1)
    try:
        async with transaction(pool, SYSTEM) as conn:
            return await learning.learned(conn, today, simulated=ready.demo)
    finally:
        await pool.close()
