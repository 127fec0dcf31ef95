"""Writing a local rubric: the editor with its faults beside the fields, import, publication."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import BodyPartReader, web

from accreditation.derivation import derived
from accreditation.errors import Refusal
from accreditation.rubric import rubric_of
from services.access import Permission
from services.actions import rubrics as actions
from services.files.rubric import MOST_BYTES
from services.files.rubric import read as read_file
from services.files.table import TableFaults
from services.i18n import Message, _, language
from services.web import rubric_form, rubric_items
from services.web.bases import refused, version_of
from services.web.forms import Filled, Invalid, Typed
from services.web.keys import CLOCK
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes
from services.web.rubrics import as_file, day_of, level_names

routes = Routes()
DRAFT: Final = r"/rubrics/drafts/{draft:\d+}"
WRITE: Final = Permission.RUBRIC_WRITE
_CHUNK: Final = 64 * 1024


@routes.post("/rubrics/drafts", permission=WRITE, area=Area.ANYWHERE)
async def begin(request: web.Request) -> web.Response:
    """A new draft for an area of the asker's."""
    form, clock = await request.post(), request.app[CLOCK]
    async with speaking(request) as conn:
        made = await actions.begin(
            conn,
            actor(request),
            str(form.get("area", ""))[:6],
            now=clock.now(),
            today=clock.today(),
        )
    raise web.HTTPSeeOther(f"/rubrics/drafts/{made}")


async def _look(request: web.Request) -> actions.Looked:
    async with speaking(request) as conn:
        return await actions.look(
            conn, actor(request), number(request, "draft"), today=request.app[CLOCK].today()
        )


@routes.get(DRAFT, permission=WRITE, area=Area.COUNTY)
async def show(request: web.Request) -> web.Response:
    """The editor, with every fault of what is stored."""
    looked = await _look(request)
    return _editor(request, looked, rubric_form.shown(looked.above, looked.changes), {})


def _editor(
    request: web.Request,
    looked: actions.Looked,
    typed: Typed,
    errors: Mapping[str, Message],
    *,
    status: int = 200,
) -> web.Response:
    """The editor with what was typed, and beside each field what is wrong with it."""
    row, asker = looked.row, actor(request)
    added = looked.changes.get("add", {}).get("items", [])
    found = rubric_form.beside(
        looked.above, looked.faults, errors, {str(one.get("id")) for one in added}
    )
    return page(
        request,
        "rubrics/draft.html",
        status=status,
        looked=looked,
        row=row,
        form=Filled(typed, found),
        above=rubric_of(looked.above.document),
        core=looked.above.national_core.keys(),
        raw={item["id"]: item for item in looked.above.document["items"]},
        tiered=rubric_form.tiered,
        sections=looked.made.document["level1"],
        before={one["id"]: one["points"] for one in looked.above.document["level1"]},
        added=added,
        fields=[field.name for field in rubric_form.every_field(looked.above)],
        wrote=asker.user in (row.drafted_by, row.changed_by),
        open=not (row.published or row.discarded),
        levels=level_names(),
        lang=language(),
    )


async def _read(request: web.Request) -> tuple[actions.Looked, Typed, dict[str, Message]]:
    """The form as changes, with the faults that they have; nothing is stored."""
    form, stored = await request.post(), await _look(request)
    changes, errors = rubric_form.read(stored.above, stored.changes, form)
    async with speaking(request) as conn:
        looked = await actions.looked(conn, stored.row, changes, today=request.app[CLOCK].today())
    return looked, rubric_form.typed(stored.above, form), errors


@routes.post(DRAFT + "/check", permission=WRITE, area=Area.COUNTY)
async def check(request: web.Request) -> web.Response:
    """The form again with every fault beside its field; stores nothing."""
    looked, typed, errors = await _read(request)
    return _editor(request, looked, typed, errors)


@routes.post(DRAFT, permission=WRITE, area=Area.COUNTY)
async def save(request: web.Request) -> web.Response:
    """Keeps the form, faults of sense and all; what can't be read is asked again first."""
    looked, typed, errors = await _read(request)
    if errors:
        return _editor(request, looked, typed, errors, status=422)
    form = await request.post()
    await _store(request, looked.changes, version_of(form.get("version")))
    raise web.HTTPSeeOther(f"/rubrics/drafts/{looked.row.id}")


async def _store(request: web.Request, changes: Mapping[str, Any], version: int) -> None:
    clock = request.app[CLOCK]
    async with speaking(request) as conn:
        await actions.save(
            conn,
            actor(request),
            number(request, "draft"),
            version,
            changes,
            now=clock.now(),
            today=clock.today(),
        )


@routes.get(DRAFT + "/{format:xlsx|json}", permission=WRITE, area=Area.COUNTY)
async def download(request: web.Request) -> web.Response:
    """The whole rubric that the draft makes, to be edited elsewhere and imported again."""
    looked = await _look(request)
    return await as_file(looked.made, request.match_info["format"])


@routes.post(DRAFT + "/import", permission=WRITE, area=Area.COUNTY, upload=True)
async def take(request: web.Request) -> web.Response:
    """Takes a whole rubric from a file: what differs from the one above become the changes."""
    looked = await _look(request)  # before a byte is read
    faults: list[str] = []
    changes: dict[str, Any] = {}
    try:
        whole = await _uploaded(request)
        changes, found = await asyncio.to_thread(derived, looked.above, whole, looked.changes)
        fatal = [one for one in found if not changes or one.code == "not_local"]
        faults = [f"{one.item}：{_said(one.problem)}" for one in fatal]
    except TableFaults as table:
        faults = [str(one) for one in table.faults]
    except Refusal as refusal:
        faults = [_said(refusal)]
    if faults:
        return page(
            request, "rubrics/import.html", status=422, row=looked.row, faults=faults, form=Filled()
        )
    await _store(request, changes, version_of(request.query.get("version")))
    raise web.HTTPSeeOther(f"/rubrics/drafts/{looked.row.id}")


async def _uploaded(request: web.Request) -> object:
    """The document in the file of a form. Raises Refusal, TableFaults."""
    if request.content_type.startswith("multipart/"):
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                raw = b""
                while chunk := await part.read_chunk(_CHUNK):
                    raw += chunk
                    if len(raw) > MOST_BYTES:
                        break
                return await asyncio.to_thread(read_file, part.filename, raw)
    raise Refusal("请选择要上传的文件")


def _said(refusal: Refusal) -> str:
    return _(refusal.text, **refusal.values)


@routes.get(DRAFT + "/items", permission=WRITE, area=Area.COUNTY)
async def new_item(request: web.Request) -> web.Response:
    """The form for an item of one of the five kinds."""
    return _item(request, await _look(request), Filled())


def _item(
    request: web.Request, looked: actions.Looked, form: Filled, *, status: int = 200
) -> web.Response:
    kind = request.query.get("kind", "")
    lang = language()
    return page(
        request,
        "rubrics/item.html",
        status=status,
        row=looked.row,
        kind=kind if kind in rubric_items.KINDS else "binary",
        kinds=[(key, _(text)) for key, text in rubric_items.KINDS.items()],
        sections=[
            (one["id"], f"{one['id']} {one[f'name_{lang}']}")
            for one in looked.made.document["level2"]
        ],
        stages=[(key, _(text)) for key, text in rubric_items.STAGES.items()],
        methods=[(key, _(text)) for key, text in rubric_items.METHODS.items()],
        criticalities=[(key, _(text)) for key, text in rubric_items.CRITICALITIES.items()],
        form=form,
    )


@routes.post(DRAFT + "/items", permission=WRITE, area=Area.COUNTY)
async def add_item(request: web.Request) -> web.Response:
    """Adds an item of the locality's own."""
    looked, form = await _look(request), await request.post()
    kind = request.query.get("kind", "")
    kind = kind if kind in rubric_items.KINDS else "binary"
    sections = [one["id"] for one in looked.made.document["level2"]]
    try:
        item = rubric_items.read(kind, sections, form)
        changes = rubric_items.with_item(looked.made.document, looked.changes, item)
        await _store(request, changes, version_of(form.get("version")))
    except Invalid as invalid:
        return _item(request, looked, invalid.filled, status=422)
    except Refusal as refusal:
        kept = rubric_items.typed(kind, form)
        return _item(request, looked, refused(refusal, "code", kept), status=422)
    raise web.HTTPSeeOther(f"/rubrics/drafts/{looked.row.id}")


@routes.post(DRAFT + r"/items/{item:[A-Za-z0-9._-]+}/removal", permission=WRITE, area=Area.COUNTY)
async def remove_item(request: web.Request) -> web.Response:
    """Takes an added item out again."""
    looked, form = await _look(request), await request.post()
    changes = rubric_items.without_item(looked.changes, request.match_info["item"])
    await _store(request, changes, version_of(form.get("version")))
    raise web.HTTPSeeOther(f"/rubrics/drafts/{looked.row.id}")


@routes.post(DRAFT + "/discard", permission=WRITE, area=Area.COUNTY)
async def discard(request: web.Request) -> web.Response:
    """Gives the draft up."""
    form = await request.post()
    async with speaking(request) as conn:
        await actions.discard(
            conn,
            actor(request),
            number(request, "draft"),
            version_of(form.get("version")),
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther("/rubrics")


@routes.post(DRAFT + "/publication", permission=WRITE, area=Area.COUNTY)
async def publish(request: web.Request) -> web.Response:
    """Puts the draft in force from a day; a second person does it."""
    looked, form = await _look(request), await request.post()
    clock = request.app[CLOCK]
    try:
        async with speaking(request) as conn:
            made = await actions.publish(
                conn,
                actor(request),
                looked.row.id,
                version_of(form.get("version")),
                day_of(str(form.get("valid-from", ""))),
                now=clock.now(),
                today=clock.today(),
            )
    except Refusal as refusal:
        kept = {
            **rubric_form.shown(looked.above, looked.changes),
            "valid-from": (str(form.get("valid-from", "")),),
        }
        errors = refused(refusal, "valid-from", kept).errors
        return _editor(request, looked, kept, errors, status=422)
    raise web.HTTPSeeOther(f"/rubrics/{made[0]}/{made[1]}")
