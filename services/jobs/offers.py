"""Every few minutes: reserved offers whose time is over give their seats back."""

from datetime import date, datetime
from typing import Final

from services.access import Actor
from services.actions import offers
from services.db import Conn

NAME: Final = "offers"


async def run(conn: Conn, today: date, now: datetime, actor: Actor) -> int:  # a job takes a date
    """How many seats went back. `actor` is the program itself."""
    return await offers.lapse(conn, actor, now=now)
