"""The log of who did what: written in the transaction of the change itself."""

import json
from dataclasses import dataclass
from datetime import datetime

from services.access import Actor
from services.db import Conn
from services.db.query import Command, Query


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    at: datetime
    actor: int | None
    roles: str
    action: str
    object: str
    object_id: str
    area: str | None
    reason: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Unsealed:
    seq: int
    at: str
    actor: str
    roles: str
    action: str
    object: str
    object_id: str
    area: str
    reason: str
    request_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sealed:
    position: int
    hash: bytes
    seq: int
    at: str
    actor: str
    roles: str
    action: str
    object: str
    object_id: str
    area: str
    reason: str
    request_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Head:
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class SealedHead:
    position: int
    hash: bytes
    at: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Checkpoint:
    position: int
    hash: bytes
    signature: bytes


_WRITE = Command("audit", "write")
newest = Query("audit", "newest", Event)
take_turn = Command("audit", "take_turn")
seal_head = Query("audit", "seal_head", Head)
unsealed = Query("audit", "unsealed", Unsealed)
add_seal = Command("audit", "add_seal")
add_checkpoint = Command("audit", "add_checkpoint")
heads_from = Query("audit", "heads_from", SealedHead)
sealed = Query("audit", "sealed", Sealed)
checkpoints = Query("audit", "checkpoints", Checkpoint)


async def write(
    conn: Conn,
    actor: Actor,
    action: str,
    object_: str,
    object_id: object,
    *,
    at: datetime,
    area: str | None = None,
    reason: str = "",
    **detail: object,
) -> None:
    """Logs `action` on an object. `detail` holds ids, states and hashes; never a personal value."""
    await _WRITE.run(
        conn,
        actor.user,
        ",".join(actor.roles),
        action,
        object_,
        str(object_id),
        area,
        reason,
        actor.request_id,
        json.dumps(detail, ensure_ascii=False, sort_keys=True, default=str),
        at,
    )
