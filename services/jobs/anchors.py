"""Sealed heads of the audit log, kept in a file outside the database, one line each.

A chain proves what is in it. Whoever can write the tables could still cut them back to an earlier
checkpoint, whose signature holds; a head that was written down elsewhere then has no counterpart.
A line: position in the chain, hash in hexadecimal, time in UTC. The file only grows; ship it to
another machine (docs/operations.md).
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.db import Conn, audit
from services.log import log

_LINE: Final = re.compile(r"([1-9][0-9]{0,17}) ([0-9a-f]{64}) (\S+)")


class AnchorsUnreadable(ValueError):
    """The file of anchors holds what the sealer never wrote; the text names the line."""


@dataclass(frozen=True, slots=True)
class Anchor:
    position: int
    hash: bytes
    at: str  # ISO 8601, UTC

    @property
    def line(self) -> str:
        return f"{self.position} {self.hash.hex()} {self.at}\n"


def read(path: Path) -> tuple[Anchor, ...]:
    """The anchors of a file, oldest first; none if there is no file.

    A line that broke off when the disk was full is passed over: it is the beginning of the one that
    follows, or the last. Raises AnchorsUnreadable for anything else that is no anchor or not in order.
    """
    if not path.exists():
        return ()
    lines = path.read_text("ascii", errors="replace").split("\n")
    last = lines.pop()  # after the last line end: nothing, or what broke off
    found: list[Anchor] = []
    for number, (line, after) in enumerate(zip(lines, [*lines[1:], last], strict=True), 1):
        if after.startswith(line):
            continue
        match = _LINE.fullmatch(line)
        if match is None or (found and int(match[1]) <= found[-1].position):
            raise AnchorsUnreadable(f"{path}: line {number} is no anchor that the sealer wrote")
        found.append(Anchor(int(match[1]), bytes.fromhex(match[2]), match[3]))
    return tuple(found)


async def keep(conn: Conn, path: Path) -> int:
    """Writes down every sealed head that is committed and not in the file yet; how many.

    To be called before the transaction seals on: what it would roll back is then never an anchor.
    A head that was written down and is gone from the database is an error in the log, and the file
    stays as it is. The caller holds the sealer's turn.
    """
    have = read(path)
    last = have[-1] if have else None
    heads = await audit.heads_from.all(conn, last.position if last else 0)
    if last is not None and (not heads or heads[0].hash != last.hash):
        log.error("audit-anchor-lost", count=last.position)
        return 0
    new = [Anchor(one.position, one.hash, one.at) for one in heads[1 if last else 0 :]]
    if new:
        _append(path, "".join(one.line for one in new).encode("ascii"))
    return len(new)


def _append(path: Path, text: bytes) -> None:
    """Adds `text` and waits until it is on the disk. Raises OSError."""
    fresh = not path.exists()
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":
            text = b"\n" + text  # a line broke off before
        while text:
            text = text[os.write(fd, text) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    if fresh:  # the name of the file too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
