"""An assessor's sheet: the sections on one page, one indicator a screen, saved as one goes."""

from typing import Any

from aiohttp import web

from accreditation import scoring
from accreditation.errors import BadValue, Refusal
from accreditation.rubric import Item
from services.access import Permission
from services.actions import results
from services.actions import sheets as actions
from services.db import Conn, cases, sheets
from services.i18n import language
from services.web import measures
from services.web.bases import refused, version_of
from services.web.forms import Filled, clean, text_of
from services.web.keys import CLOCK
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()


@routes.get("/sheets", permission=Permission.CASE_ASSESS, area=Area.ANYWHERE)
async def mine(request: web.Request) -> web.Response:
    """The asker's own sheets, open ones first, and the cases that wait for a declaration."""
    asker = actor(request)
    async with speaking(request) as conn:
        rows = await sheets.of_user.all(conn, asker.user)
        waiting = await cases.listed.all(conn, "scheduling", "", True, 50, 0)
    return page(request, "sheets/mine.html", rows_in=rows, waiting=waiting)


async def _read(conn: Conn, request: web.Request) -> tuple[cases.Case, results.Marked, Any]:
    sheet, case = await actions.own(conn, actor(request), number(request, "sheet"))
    mark = await results.marked(conn, case, sheet, request.app[CLOCK].today())
    return case, mark, await results.rubric_of(conn, case)


@routes.get(r"/sheets/{sheet:\d+}", permission=Permission.CASE_ASSESS, area=Area.CASE)
async def show(request: web.Request) -> web.Response:
    """The whole sheet: each section with its indicators, what is done and what is missing."""
    return await _show(request, Filled())


async def _show(request: web.Request, form: Filled, *, status: int = 200) -> web.Response:
    async with speaking(request) as conn:
        case, mark, rubric = await _read(conn, request)
    asked = [one for one in mark.result.items if one.state is not scoring.State.NOT_AT_STAGE]
    return page(
        request,
        "sheets/show.html",
        status=status,
        case=case,
        mark=mark,
        rubric=rubric,
        sections=[
            (section, [one for one in asked if one.item.chapter == section.id])
            for section in rubric.level1
            if any(one.item.chapter == section.id for one in asked)
        ],
        gaps=actions.gaps(mark),
        form=form,
        lang=language(),
    )


@routes.get(
    r"/sheets/{sheet:\d+}/items/{item:[A-Z0-9.]+}",
    permission=Permission.CASE_ASSESS,
    area=Area.CASE,
)
async def item(request: web.Request) -> web.Response:
    """One indicator: anchor text, evidence, the question, the note and what is missing."""
    return await _item(request, None)


async def _item(request: web.Request, kept: Filled | None, *, status: int = 200) -> web.Response:
    async with speaking(request) as conn:
        case, mark, rubric = await _read(conn, request)
        documents = await cases.documents.all(conn, case.id)
    stage = results.stage_of(case.kind)
    asked = [one for one in rubric.at(stage) if not results.by_records(one, stage)]
    place = _place(asked, request.match_info["item"])
    found = asked[place]
    entry = mark.entries.get(found.id)
    stored = results.read_values(entry.measure) if entry else {}
    shown = measures.filled([found], {found.id: stored}) | {
        "reason": (entry.reason if entry else "",),
        "not_applicable": ("yes" if entry and entry.not_applicable else "",),
    }
    return page(
        request,
        "sheets/item.html",
        status=status,
        case=case,
        mark=mark,
        item=found,
        rubric=rubric,
        place=place + 1,
        of=len(asked),
        before=asked[place - 1].id if place else None,
        after=asked[place + 1].id if place + 1 < len(asked) else None,
        scored=next(one for one in mark.result.items if one.item.id == found.id),
        lacking=actions.gaps(mark).get(found.id),
        section=next(s for s in rubric.level1 if s.id == found.chapter),
        documents=[one for one in documents if one.item_id == found.id],
        form=kept or Filled(shown),
        lang=language(),
    )


def _place(asked: list[Item], code: str) -> int:
    found = next((i for i, one in enumerate(asked) if one.id == code), None)
    if found is None:
        raise BadValue("指标体系中没有编号 {code}", code=code)
    return found


@routes.post(
    r"/sheets/{sheet:\d+}/items/{item:[A-Z0-9.]+}",
    permission=Permission.CASE_ASSESS,
    area=Area.CASE,
)
async def save(request: web.Request) -> web.Response:
    """Saves one indicator and goes on to the next; half an answer is kept too."""
    form, sheet_id = await request.post(), number(request, "sheet")
    async with speaking(request) as conn:
        case, _mark, rubric = await _read(conn, request)
    stage = results.stage_of(case.kind)
    asked = [one for one in rubric.at(stage) if not results.by_records(one, stage)]
    place = _place(asked, request.match_info["item"])
    found, errors = measures.parse([asked[place]], form)
    kept = measures.typed([asked[place]], form, ("reason", "not_applicable"))
    if errors:
        return await _item(request, measures.form_of(kept, errors), status=422)
    left_out = bool(text_of(form, "not_applicable"))
    try:
        async with speaking(request) as conn:
            await actions.save(
                conn,
                actor(request),
                sheet_id,
                version_of(form.get("version")),
                asked[place].id,
                values=None if left_out else found.get(asked[place].id, {}),
                reason=clean(text_of(form, "reason"))[:2000],
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        return await _item(request, refused(refusal, "reason", kept), status=422)
    after = asked[place + 1].id if place + 1 < len(asked) else None
    to = f"/sheets/{sheet_id}/items/{after}" if after and text_of(form, "do") != "stay" else None
    raise web.HTTPSeeOther(to or f"/sheets/{sheet_id}")


@routes.post(r"/sheets/{sheet:\d+}/vetoes", permission=Permission.CASE_ASSESS, area=Area.CASE)
async def veto(request: web.Request) -> web.Response:
    """Raises or drops a veto."""
    form, sheet_id = await request.post(), number(request, "sheet")
    try:
        async with speaking(request) as conn:
            await actions.flag(
                conn,
                actor(request),
                sheet_id,
                version_of(form.get("version")),
                text_of(form, "veto"),
                reason=clean(text_of(form, "reason"))[:2000],
                raised=text_of(form, "do") != "drop",
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        kept = {"veto": (text_of(form, "veto"),), "reason": (text_of(form, "reason"),)}
        return await _show(request, refused(refusal, "reason", kept), status=422)
    raise web.HTTPSeeOther(f"/sheets/{sheet_id}")


@routes.post(r"/sheets/{sheet:\d+}/lock", permission=Permission.CASE_ASSESS, area=Area.CASE)
async def lock(request: web.Request) -> web.Response:
    """Locks the sheet for good."""
    form, sheet_id = await request.post(), number(request, "sheet")
    try:
        async with speaking(request) as conn:
            await actions.lock(
                conn,
                actor(request),
                sheet_id,
                version_of(form.get("version")),
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        return await _show(request, refused(refusal, "lock", {}), status=422)
    raise web.HTTPSeeOther(f"/sheets/{sheet_id}")
