"""Every night: proposes seats for the whole market; staff confirm the run before an offer goes out."""

from datetime import date, datetime
from typing import Final

from services.actions import runs
from services.db import Conn
from services.sealing import Seal

NAME: Final = "match"


async def run(
    conn: Conn,
    today: date,
    now: datetime,
    seal: Seal,
    *,
    simulated: bool = False,
    cluster: str = "",
) -> runs.Told:
    """One run as the matcher's role, in the caller's transaction; passes at `cluster` if named."""
    return await runs.propose(conn, today, now, seal, simulated=simulated, cluster=cluster)
