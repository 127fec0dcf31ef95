"""The life of an offer: which answers are lawful, and which states hold a seat."""

from datetime import datetime
from typing import Final

from matching.errors import IllegalMove, Refusal

HOLD_DAYS: Final = 7  # our default; policy_setting offer_hold_days says otherwise
HOLDS_SEAT: Final = frozenset({"reserved", "accepted", "hired"})
MOVES: Final = frozenset(
    {
        ("reserved", "accept", "accepted"),
        ("reserved", "decline", "declined"),
        ("reserved", "lapse", "lapsed"),
        ("reserved", "withdraw", "withdrawn"),
        ("accepted", "decline", "declined"),
        ("accepted", "withdraw", "withdrawn"),
        ("accepted", "hire", "hired"),
        ("accepted", "not_hire", "not_hired"),
    }
)
_TARGETS: Final = {(source, event): target for source, event, target in MOVES}


def move(state: str, event: str, *, now: datetime, until: datetime, reason: str = "") -> str:
    """The state after `event`. Raises IllegalMove, or Refusal for a missing reason.

    A person declines without a reason and without penalty; who is not hired is told why, and the
    reason is about the work.
    """
    target = _TARGETS.get((state, event))
    if target is None:
        raise IllegalMove("这份录用意向已经有了结果，请刷新页面查看")
    if event == "accept" and now >= until:
        raise IllegalMove("保留时间已过，名额已退回；您可以报名其他岗位，不受影响")
    if event == "not_hire" and not reason.strip():
        raise Refusal("请写明是哪一部分工作做不到，残联会看到这个理由")
    return target


def frees_seat(state: str, target: str) -> bool:
    """Whether the move gives the seat back."""
    return state in HOLDS_SEAT and target not in HOLDS_SEAT
