"""User commands: the one-time link for the first administrator."""

import asyncio
from datetime import UTC, datetime

import typer

from accreditation.errors import Refusal
from services.access import Actor
from services.actions import users
from services.cli import place
from services.db.context import transaction
from services.db.pool import open_pool
from services.sealing import Keys
from services.settings import Settings

app = typer.Typer(help="管理员账号。", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Accounts from the command line."""


@app.command()
def bootstrap() -> None:
    """Prints a link, good once and for 30 minutes, by which the first administrator signs up."""

    async def link(found: Settings) -> str:
        pool = await open_pool(found.url("yupei_app"), size=1)
        try:
            async with transaction(pool, Actor(None, request_id="bootstrap")) as conn:
                return await users.make_bootstrap_link(
                    conn, Keys.of(found.master_key), now=datetime.now(UTC)
                )
        finally:
            await pool.close()

    found = place.settings()
    with place.database(found) as ready:
        if found.embedded:
            asyncio.run(place.prepare(ready))
        try:
            token = asyncio.run(link(ready))
        except Refusal as refusal:
            raise place.fail(str(refusal)) from None
    typer.echo(f"/bootstrap/{token}")
