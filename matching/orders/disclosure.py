"""What an employer may see of a count of people: rounded so that no subtraction gives one person away.

An employer may ask for an order, change one word and ask again. If exact counts, or counts rounded
at fixed steps, came back, the difference would tell whether one known person is among them. So a
count is lowered by 0..4 that only the question and a secret decide, then cut to a multiple of five:
two questions about the same people differ as readily as two about sets one person apart. Asking the
same again on the same day gives the same answer, so that repeating adds nothing; how many different
questions an employer may ask a day is limited where they are asked (services/previews.py).
Our default; the figure of five is the common least cell of official statistics.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from matching.engine.bins import Bin, essential
from matching.engine.orders import Order
from matching.engine.preview import Change, Preview

STEP: Final = 5  # people; fewer are never told
TOLD: Final = (Bin.NOW, Bin.ACCOMMODATION, Bin.TRAINING, Bin.CONFIRM)
CHANGES_TOLD: Final = 6


@dataclass(frozen=True, slots=True)
class Rounded:
    """A preview as an employer may see it; 0 stands for "fewer than 5" and for none alike.

    NOT_NOW is left out: with the total known it would give the rest away. What-ifs that bring fewer
    than five are left out, and the others stand by what is told of them, not by the true counts.
    """

    counts: Mapping[Bin, int]
    changes: Sequence[Change]


def rounded(count: int, secret: bytes, question: str) -> int:
    """A multiple of five, at most `count` and above `count` − 9; 0 for every count under five."""
    digest = hmac.digest(secret, question.encode(), hashlib.sha256)
    lowered_by = int.from_bytes(digest[:8]) % STEP
    return max(0, count - lowered_by) // STEP * STEP


def for_employer(told: Preview, order: Order, secret: bytes, day: date) -> Rounded:
    """What an employer may see of a preview of this order on this day."""
    asked = f"{day.isoformat()} {question(order)}"
    counts = {one: rounded(told.counts[one], secret, f"{asked} {one.name}") for one in TOLD}
    changes = [
        Change(one.kind, one.key, rounded(one.more, secret, f"{asked} {one.kind} {one.key}"), 0)
        for one in told.changes
    ]
    changes.sort(key=lambda one: (-one.more, one.kind, one.key))
    return Rounded(counts, [one for one in changes[:CHANGES_TOLD] if one.more])


def question(order: Order) -> str:
    """The order as far as it decides whom it fits: other words are not another question."""
    return json.dumps(
        [
            order.county,
            order.occupation,
            essential(order),
            sorted(order.provided),
            sorted(order.refused),
            order.wage_yuan,
            order.dorm,
            order.mode,
            order.shift,
            sorted((one.occupation, int(one.level)) for one in order.required),
            sorted((one.occupation, int(one.level)) for one in order.teaches),
            dict(order.raises),
            order.education_needed,
            str(order.starts_on),
            str(order.work_from),
        ],
        sort_keys=True,
        ensure_ascii=False,
    )
