"""Keys of requests that must have one effect, with the answers that were given."""

from dataclasses import dataclass

from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Kept:
    """An earlier request; `status` is None while its answer is not known."""

    route: str
    request_hash: bytes
    status: int | None
    location: str | None
    body: bytes | None  # sealed
    content_type: str | None


take_turn = Command("idempotency", "take_turn")
kept = Query("idempotency", "kept", Kept)
claim = Command("idempotency", "claim")
keep_answer = Command("idempotency", "keep_answer")
release = Command("idempotency", "release")
forget = Command("idempotency", "forget")
take_time = Command("idempotency", "take_time")
