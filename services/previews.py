"""Previews of orders: exact for staff, for employers as matching.orders.disclosure lets them be.

An employer's answer to the same order stands for a quarter of an hour: who came or left meanwhile
cannot be told from asking twice. Only an order that has no standing answer counts against the day's
number of questions.
"""

import hashlib
import hmac
from datetime import date, datetime
from typing import Final

from matching.engine.orders import Order
from matching.engine.preview import Preview, preview
from matching.orders.disclosure import Rounded, for_employer, question
from services.snapshot import Snapshot

QUESTIONS_A_DAY: Final = 60  # different orders an employer may try
STANDS_SECONDS: Final = 900
_PURPOSE: Final = b"preview-rounding"


class Previews:
    """Answers in the engine's thread; remembers what employers were told."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._standing: dict[str, Rounded] = {}
        self._since = 0  # the quarter of an hour in which they were given
        self._secret = b""

    async def exact(self, order: Order, today: date) -> Preview:
        """The true counts, for staff. Raises Refusal for an unknown county."""
        held = await self.snapshot.current(today)
        return await self.snapshot.work(preview, held.crowd, order)

    def standing(self, order: Order, now: datetime) -> Rounded | None:
        """What was told of this very order within this quarter of an hour."""
        quarter = int(now.timestamp()) // STANDS_SECONDS
        if quarter != self._since:
            self._standing.clear()
            self._since = quarter
        return self._standing.get(question(order))

    async def rounded(self, order: Order, today: date, now: datetime) -> Rounded:
        """The standing answer, or a new one that stands from now. Raises Refusal."""
        told = self.standing(order, now)
        if told is None:
            if not self._secret:
                key = self.snapshot.settings.matcher_key
                self._secret = hmac.digest(key, _PURPOSE, hashlib.sha256)
            exact = await self.exact(order, today)
            told = for_employer(exact, order, self._secret, today)
            told = self._standing.setdefault(question(order), told)
        return told
