"""Public notices: the list, one notice with its answers, the objection form."""

from typing import Final

from aiohttp import web

from accreditation import lifecycle
from accreditation.errors import Refusal
from services.access import Permission
from services.actions import notices as actions
from services.db import notices
from services.i18n import language
from services.web.bases import refused
from services.web.forms import Filled, clean, text_of
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, page, speaking
from services.web.register import page_number
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50


@routes.get("/notices", permission=None, area=Area.PUBLIC)
async def listed(request: web.Request) -> web.Response:
    """What is being published, the latest first."""
    shown = page_number(request)
    async with speaking(request) as conn:
        rows = await notices.listed.all(
            conn, request.app[CLOCK].today(), PAGE_ROWS, (shown - 1) * PAGE_ROWS
        )
    return page(request, "notices/list.html", rows_in=rows, page=shown, full=len(rows) == PAGE_ROWS)


@routes.get(r"/notices/{notice:\d+}", permission=None, area=Area.PUBLIC)
async def show(request: web.Request) -> web.Response:
    """One notice, and how to object to it."""
    return await _show(request, Filled())


async def _show(
    request: web.Request, form: Filled, *, status: int = 200, filed: bool = False
) -> web.Response:
    async with speaking(request) as conn:
        notice = await notices.by_id.one(
            conn, number(request, "notice"), request.app[CLOCK].today()
        )
        answers = await notices.answers.all(conn, notice.id)
    return page(
        request,
        "notices/show.html",
        status=status,
        row=notice,
        answers=answers,
        form=form,
        filed=filed or "filed" in request.query,
        kind=lifecycle.label("kinds", notice.kind, language()),
    )


@routes.post(r"/notices/{notice:\d+}/objections", permission=None, area=Area.PUBLIC)
async def object_(request: web.Request) -> web.Response:
    """Files an objection; named, or with evidence."""
    form, notice_id = await request.post(), number(request, "notice")
    given = {name: clean(text_of(form, name))[:4000] for name in ("name", "text", "evidence")}
    try:
        async with speaking(request) as conn:
            await actions.file_objection(
                conn,
                request.app[KEYS],
                actor(request),
                notice_id,
                name=given["name"],
                text=given["text"],
                evidence=given["evidence"],
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        kept = {name: (value,) for name, value in given.items()}
        field = "name" if given["text"] else "text"
        return await _show(request, refused(refusal, field, kept), status=422)
    raise web.HTTPSeeOther(f"/notices/{notice_id}?filed=1")


@routes.post(
    r"/cases/{case:\d+}/objections/{objection:\d+}/answer",
    permission=Permission.OBJECTION_REVIEW,
    area=Area.CASE,
)
async def answer(request: web.Request) -> web.Response:
    """Answers an objection; the answer is published, who objected is not."""
    form, case_id = await request.post(), number(request, "case")
    async with speaking(request) as conn:
        await actions.answer(
            conn,
            actor(request),
            case_id,
            number(request, "objection"),
            upheld=text_of(form, "upheld") == "yes",
            text=clean(text_of(form, "answer"))[:4000],
            now=request.app[CLOCK].now(),
        )
    raise web.HTTPSeeOther(f"/cases/{case_id}")
