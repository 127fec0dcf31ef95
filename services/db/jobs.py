"""The ledger of the jobs: which slot was done."""

from dataclasses import dataclass
from datetime import datetime

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Run:
    job: str
    slot: datetime
    started_at: datetime
    finished_at: datetime | None
    result: str


take_turn = Command("jobs", "take_turn")
underway = Command("jobs", "underway")
claim = Command("jobs", "claim")
finish = Command("jobs", "finish")
last_slot = Command("jobs", "last_slot")
recent = Query("jobs", "recent", Run)


@dataclass(frozen=True, slots=True)
class Settled:
    id: int


settled_cases = Query("jobs", "settled_cases", Settled)
