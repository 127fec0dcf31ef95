"""Documents of a case: taken as a stream, known by what they are, kept by their digest."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from accreditation.errors import IllegalMove, Refusal
from services.access import Actor, Denied, Permission
from services.actions.case_facts import DOCUMENTS, OTHER_DOCUMENTS
from services.actions.cases import roles_in
from services.db import Conn, audit, cases
from services.db.query import NotFound

MOST_BYTES: Final = 10 * 1024 * 1024
_MAGIC: Final = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
ENDINGS: Final = {"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png"}
_STATES: Final = frozenset({"draft", "submitted", "returned", "opened", "rectification"})


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that arrived whole and is one of the three kinds."""

    sha256: str
    size_bytes: int
    media_type: str


async def take(folder: Path, chunks: AsyncIterator[bytes]) -> Taken:
    """Writes the stream below `folder` under its digest. Raises Refusal for another kind or size.

    What the name or the browser says of the kind is not looked at; the first bytes are.
    """
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
    part = folder / f".part-{secrets.token_hex(8)}"
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with part.open("wb") as file:  # each write is a page or two of cache
            async for chunk in chunks:
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refusal(
                        "文件不能超过{most} MB，请压缩后再上传", most=MOST_BYTES // 1024**2
                    )
                head = (head + chunk)[:8] if len(head) < 8 else head
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
        if kind is None:
            raise Refusal("只接受PDF、JPG或PNG文件，请换一个文件")
        name = digest.hexdigest()
        home = folder / name[:2]
        await asyncio.to_thread(home.mkdir, mode=0o700, exist_ok=True)
        await asyncio.to_thread(part.replace, home / name)
        return Taken(name, size, kind)
    finally:
        part.unlink(missing_ok=True)


def path_of(folder: Path, document: cases.Document) -> Path:
    return folder / document.sha256[:2] / document.sha256


async def may_add(conn: Conn, actor: Actor, case_id: int) -> cases.Case:
    """The case, if the asker may add documents to it now. Raises NotFound, Denied, Refusal."""
    case = await cases.by_id.one(conn, case_id)
    actor.require(Permission.BASE_APPLY, base=case.base_id)
    if case.state not in _STATES:
        raise IllegalMove("现在的状态不能再补交材料")
    return case


async def add(
    conn: Conn,
    actor: Actor,
    case_id: int,
    taken: Taken | None,
    *,
    kind: str,
    title: str,
    item: str | None,
    now: datetime,
) -> int:
    """Lists a file that was taken with its case. Raises NotFound, Denied, Refusal."""
    case = await may_add(conn, actor, case_id)
    if taken is None:
        raise Refusal("请选择要上传的文件")
    if kind not in {*DOCUMENTS, *OTHER_DOCUMENTS}:
        raise Refusal("没有这种材料")
    made: int = await cases.add_document.value(
        conn,
        case.id,
        kind,
        item,
        title.strip()[:200] or kind,
        taken.media_type,
        taken.size_bytes,
        taken.sha256,
        actor.user,
        now,
    )
    await audit.write(
        conn,
        actor,
        "document:add",
        "case",
        case.id,
        at=now,
        area=case.county,
        document=made,
        sha256=taken.sha256,
    )
    return made


async def to_read(conn: Conn, actor: Actor, document_id: int, *, now: datetime) -> cases.Document:
    """A document for who takes part in its case; reading is logged. Raises NotFound, Denied."""
    document = await cases.document.one(conn, document_id)
    case = await cases.by_id.first(conn, document.case_id)
    if case is None:
        raise NotFound("没有找到，或者您无权查看")
    if not await roles_in(conn, actor, case):
        raise Denied("您没有此项权限，或者不在您的管辖范围内")
    await audit.write(
        conn, actor, "document:read", "document", document.id, at=now, area=case.county
    )
    return document
