"""What a base hands in: documents as a stream, and what it gives itself."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import BodyPartReader, web

from accreditation.errors import Refusal
from services.access import Permission
from services.actions import documents, results, self_scores
from services.actions.case_facts import document_names
from services.db import cases
from services.i18n import _, language
from services.problems import problem_of
from services.web import measures
from services.web.forms import Filled, clean, text_of
from services.web.keys import CLOCK, SETTINGS
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()
_CHUNK: Final = 64 * 1024
_FIELD_BYTES: Final = 2000


@routes.get(r"/cases/{case:\d+}/documents/new", permission=Permission.BASE_APPLY, area=Area.CASE)
async def new(request: web.Request) -> web.Response:
    """The form for a document."""
    return await _form(request, {}, "")


async def _form(
    request: web.Request, typed: dict[str, str], fault: str, *, status: int = 200
) -> web.Response:
    async with speaking(request) as conn:
        case = await documents.may_add(conn, actor(request), number(request, "case"))
        findings = await cases.findings.all(conn, case.id)
    return page(
        request,
        "cases/document.html",
        status=status,
        case=case,
        fault=fault,
        form=Filled({name: (value,) for name, value in typed.items()}),
        kinds=list(document_names().items()),
        findings=[(str(one.id), one.text) for one in findings if one.closed_at is None],
    )


@routes.post(
    r"/cases/{case:\d+}/documents",
    permission=Permission.BASE_APPLY,
    area=Area.CASE,
    upload=True,
)
async def add(request: web.Request) -> web.Response:
    """Takes a document: PDF, JPG or PNG, at most 10 MiB, known by its first bytes."""
    case_id = number(request, "case")
    async with speaking(request) as conn:  # before a byte is written
        await documents.may_add(conn, actor(request), case_id)
    if not request.content_type.startswith("multipart/"):
        raise Refusal("请用表单上传文件")
    typed: dict[str, str] = {}
    taken: documents.Taken | None = None
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            if part.name == "file" and part.filename:
                taken = await documents.take(request.app[SETTINGS].home / "files", _chunks(part))
            elif part.name in ("kind", "title", "item"):
                typed[part.name] = clean(
                    (await part.read_chunk(_FIELD_BYTES)).decode(errors="replace")
                )
        async with speaking(request) as conn:
            await documents.add(
                conn,
                actor(request),
                case_id,
                taken,
                kind=typed.get("kind", ""),
                title=typed.get("title", ""),
                item=typed.get("item") or None,
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        said = _(refusal.text, **refusal.values)
        return await _form(request, typed, said, status=problem_of(refusal).status)
    raise web.HTTPSeeOther(f"/cases/{case_id}")


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield part.decode(chunk)


@routes.get(r"/documents/{document:\d+}", permission=Permission.CASE_READ, area=Area.CASE)
async def read(request: web.Request) -> web.StreamResponse:
    """Hands a document out as a download, never shown in the page."""
    async with speaking(request) as conn:
        document = await documents.to_read(
            conn, actor(request), number(request, "document"), now=request.app[CLOCK].now()
        )
    path = documents.path_of(request.app[SETTINGS].home / "files", document)
    if not await asyncio.to_thread(path.is_file):
        raise Refusal("文件暂时取不到，请告诉管理员")
    ending = documents.ENDINGS[document.media_type]
    return web.FileResponse(
        path,
        headers={
            "Content-Type": document.media_type,
            "Content-Disposition": f'attachment; filename="document-{document.id}{ending}"',
            "Cache-Control": "no-store",
        },
    )


@routes.get(
    r"/cases/{case:\d+}/self-scores/{section:[A-Z]}",
    permission=Permission.BASE_APPLY,
    area=Area.CASE,
)
async def self_score(request: web.Request) -> web.Response:
    """The items of one section for the base's own score."""
    return await _self_score(request, None)


async def _self_score(
    request: web.Request, kept: Filled | None, *, status: int = 200
) -> web.Response:
    section = request.match_info["section"]
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, number(request, "case"))
        actor(request).require(Permission.BASE_APPLY, base=case.base_id)
        rubric, stage = await results.rubric_of(conn, case), results.stage_of(case.kind)
        stored = await cases.self_scores.all(conn, case.id)
        scored = await self_scores.result(conn, case)
    asked = [i for i in rubric.at(stage) if not results.by_records(i, stage)]
    sections = [s for s in rubric.level1 if any(i.chapter == s.id for i in asked)]
    items = [item for item in asked if item.chapter == section]
    if not items:
        raise web.HTTPNotFound
    known = {one.item_id: results.read_values(one.measure) for one in stored}
    shown = measures.filled(items, known) | {f"{one.item_id}.note": (one.note,) for one in stored}
    return page(
        request,
        "cases/self_score.html",
        status=status,
        case=case,
        rubric=rubric,
        sections=sections,
        section=section,
        items=items,
        scored=scored,
        form=kept or Filled(shown),
        lang=language(),
    )


@routes.post(
    r"/cases/{case:\d+}/self-scores/{section:[A-Z]}",
    permission=Permission.BASE_APPLY,
    area=Area.CASE,
)
async def save_self_score(request: web.Request) -> web.Response:
    """Saves what is filled in; the rest can wait."""
    form, section = await request.post(), request.match_info["section"]
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, number(request, "case"))
        rubric, stage = await results.rubric_of(conn, case), results.stage_of(case.kind)
    items = [i for i in rubric.at(stage) if i.chapter == section]
    found, errors = measures.parse(items, form)
    notes = {item.id: clean(text_of(form, f"{item.id}.note"))[:2000] for item in items}
    if errors:
        more = [f"{item.id}.note" for item in items]
        kept = measures.form_of(measures.typed(items, form, more), errors)
        return await _self_score(request, kept, status=422)
    async with speaking(request) as conn:
        await self_scores.save(
            conn, actor(request), case.id, found, notes, now=request.app[CLOCK].now()
        )
    chapters = list(dict.fromkeys(item.chapter for item in rubric.at(stage)))
    after = chapters[chapters.index(section) + 1 :] if section in chapters else []
    away = f"/cases/{case.id}/self-scores/{after[0]}" if after else f"/cases/{case.id}"
    raise web.HTTPSeeOther(away)
