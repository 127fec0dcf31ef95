"""The clocks: what becomes of a case by itself when its time is over, or when nothing stands in its way."""

from datetime import date, datetime
from typing import Final

from services.actions import terms
from services.actions.case_facts import SHANGHAI, day_of
from services.actions.cases import SYSTEM, system_steps
from services.db import Conn, cases

NAME: Final = "clocks"
# States that a program's own step leaves without any clock: all sheets locked.
_READY: Final = ["scoring"]


async def run(conn: Conn, today: date, now: datetime) -> int:
    """Takes every step that is due; returns how many. A repeated run takes none.

    `conn` speaks as the program. Each case is one savepoint: what one meets does not stop the rest.
    """
    if day_of(now) != today:  # run by hand for another day: the day rules
        now = datetime.combine(today, now.astimezone(SHANGHAI).timetz())
    rung = {clock.case_id for clock in await cases.rung.all(conn, today) if clock.case_id}
    waiting = {row.id for row in await cases.waiting_for_system.all(conn, _READY)}
    taken = 0
    for case_id in sorted(rung | waiting):
        async with conn.transaction():
            taken += await system_steps(conn, SYSTEM, case_id, now=now)
    return taken + await terms.run_out(conn, SYSTEM, now=now)
