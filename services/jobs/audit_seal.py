"""Every minute: gives committed audit events their place in a signed hash chain.

The business transaction only inserts; the chain is made here, so that no hot row slows the work
(facts measured in docs/threat-model.md). The order of a serial number is not the order of commit:
only events of transactions older than every running one are taken, so the chain never forks.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.db import Conn, audit
from services.jobs import anchors
from services.jobs.anchors import Anchor
from services.log import log

NAME: Final = "audit-seal"
_BATCH: Final = 5000
_START: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Verdict:
    sealed: int  # events whose place in the chain holds
    broken_at: int | None  # seq of the first event that does not hold; 0: the end was cut off
    anchored: int = 0  # heads outside the database that were compared


def link(before: bytes, fields: tuple[object, ...]) -> bytes:
    """SHA-256 over the hash before and the length-prefixed fields of one event."""
    digest = hashlib.sha256(before)
    for field in fields:
        raw = str(field).encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.digest()


def _checkpoint_bytes(position: int, head: bytes) -> bytes:
    return b"yupei-audit\0" + position.to_bytes(8, "big") + head


async def seal(conn: Conn, signer: Ed25519PrivateKey, *, now: datetime) -> int | None:
    """Seals what is unsealed in the caller's transaction; None if another sealer is at it."""
    if not await audit.take_turn.value(conn):
        return None
    head = await audit.seal_head.first(conn) or audit.Head(0, _START)
    events = await audit.unsealed.all(conn, _BATCH)
    position, digest = head.position, head.hash
    rows: list[tuple[object, ...]] = []
    for event in events:
        position, digest = position + 1, link(digest, astuple(event))
        rows.append((position, event.seq, digest))
    if rows:
        await audit.add_seal.many(conn, rows)
        signature = signer.sign(_checkpoint_bytes(position, digest))
        await audit.add_checkpoint.run(conn, position, digest, signature, now)
    return len(rows)


async def run(
    conn: Conn, today: date, now: datetime, signer: Ed25519PrivateKey, anchor_file: Path
) -> int | None:
    """Writes down the heads that are committed, then seals on. None if another sealer is at it.

    A file that can't be written does not hold up the sealing: it is an error in the log, and the
    next run writes what is missing.
    """
    if not await audit.take_turn.value(conn):
        return None
    try:
        await anchors.keep(conn, anchor_file)
    except (OSError, anchors.AnchorsUnreadable) as error:
        log.error("audit-anchor-failed", error=type(error).__name__)
    return await seal(conn, signer, now=now)


async def verify(conn: Conn, public: Ed25519PublicKey, kept: Sequence[Anchor] = ()) -> Verdict:
    """Recomputes the chain and its signatures from the rows as they stand now.

    `kept` are heads from outside the database: each must be where it was.
    """
    verdict = await _chain(conn, public, {one.position: one.hash for one in kept})
    return replace(verdict, anchored=len(kept))


async def _chain(conn: Conn, public: Ed25519PublicKey, kept: Mapping[int, bytes]) -> Verdict:
    signed = {c.position: c for c in await audit.checkpoints.all(conn)}
    before, position, last = _START, 1, 0
    while chunk := await audit.sealed.all(conn, position, _BATCH):
        for row in chunk:
            before = link(before, astuple(row)[2:])
            if row.position != position or row.hash != before:
                return Verdict(position - 1, row.seq)
            if (point := signed.get(position)) and not _signed(public, point, before):
                return Verdict(position - 1, row.seq)
            if kept.get(position, before) != before:
                return Verdict(position - 1, row.seq)
            position, last = position + 1, row.seq
    if any(p >= position for p in (*signed, *kept)):
        return Verdict(position - 1, 0)  # events were cut off the end
    # Each batch ends in a signature: an end without one was computed by somebody without the key.
    if position > 1 and position - 1 not in signed:
        return Verdict(max((p for p in signed), default=0), last)
    return Verdict(position - 1, None)


def _signed(public: Ed25519PublicKey, point: audit.Checkpoint, head: bytes) -> bool:
    try:
        public.verify(point.signature, _checkpoint_bytes(point.position, head))
    except InvalidSignature:
        return False
    return point.hash == head
