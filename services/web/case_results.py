"""The result of a case, and the moderation of what two assessors saw differently."""

import asyncio

from aiohttp import web

from accreditation import raising
from accreditation.errors import BadValue, IllegalMove, Refusal
from accreditation.rubric import Item
from services.access import Permission
from services.actions import cases as actions
from services.actions import results
from services.actions import sheets as sheet_actions
from services.db import cases, sheets
from services.i18n import Message, _, language
from services.web import measures
from services.web.bases import refused
from services.web.forms import Filled, clean, text_of
from services.web.keys import CLOCK
from services.web.page import actor, number, page, speaking
from services.web.routing import Area, Routes

routes = Routes()


@routes.get(r"/cases/{case:\d+}/result", permission=Permission.CASE_READ, area=Area.CASE)
async def show(request: web.Request) -> web.Response:
    """Total, sections, grade, the points of each item, what is missing and what the records gave."""
    async with speaking(request) as conn:
        told = await actions.settled(conn, actor(request), number(request, "case"))
    rubric, result = told.rubric, told.scored
    better = raising.next_grade(rubric, result)
    way = await asyncio.to_thread(raising.path_to, rubric, result, better) if better else None
    return page(
        request,
        "cases/result.html",
        better=better,
        way=way,
        case=told.case,
        stored=told.stored,
        result=result,
        finals=told.finals,
        rubric=rubric,
        lang=language(),
        origins={
            "agreed": _("两份评分一致"),
            "moderated": _("复核确定"),
            "median": _("三份评分的中位数"),
            "records": _("由系统记录计算"),
        },
    )


@routes.get(r"/cases/{case:\d+}/moderation", permission=Permission.CASE_READ, area=Area.CASE)
async def moderation(request: web.Request) -> web.Response:
    """The items on which the sheets differ, side by side."""
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, number(request, "case"))
        roles = await actions.roles_in(conn, actor(request), case)
        if case.state != "moderation":  # and before it row security shows nobody anything
            raise IllegalMove("现在的状态不需要复核")
        rubric = await results.rubric_of(conn, case)
        members = [m for m in await cases.members.all(conn, case.id) if m.until is None]
        marks = await results.locked_marks(conn, case, members, request.app[CLOCK].today())
        finals = {one.item_id: one for one in await sheets.finals.all(conn, case.id)}
    found = results.differing(marks)
    return page(
        request,
        "cases/moderation.html",
        case=case,
        items=[item for item in rubric.items if item.id in found],
        marks=marks,
        finals=finals,
        points={
            (mark.sheet.id, one.item.id): one.points for mark in marks for one in mark.result.items
        },
        moderator="moderator" in roles,
        lang=language(),
    )


@routes.get(
    r"/cases/{case:\d+}/moderation/{item:[A-Z0-9.]+}",
    permission=Permission.CASE_MODERATE,
    area=Area.CASE,
)
async def item_form(request: web.Request) -> web.Response:
    """The form for one item that differs."""
    return await _item(request, Filled())


async def _item(request: web.Request, form: Filled, *, status: int = 200) -> web.Response:
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, number(request, "case"))
        rubric = await results.rubric_of(conn, case)
    return page(
        request,
        "cases/moderate_item.html",
        status=status,
        case=case,
        item=_known(rubric.item(request.match_info["item"])),
        rubric=rubric,
        form=form,
        lang=language(),
    )


def _known(item: Item | None) -> Item:
    if item is None:
        raise BadValue("没有这项指标")
    return item


@routes.post(
    r"/cases/{case:\d+}/moderation/{item:[A-Z0-9.]+}",
    permission=Permission.CASE_MODERATE,
    area=Area.CASE,
)
async def moderate(request: web.Request) -> web.Response:
    """Settles one item, with its reason."""
    form, case_id = await request.post(), number(request, "case")
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, case_id)
        item = _known((await results.rubric_of(conn, case)).item(request.match_info["item"]))
    found, errors = measures.parse([item], form)
    kept = measures.typed([item], form, ("reason",))
    left_out = bool(text_of(form, "not_applicable"))
    values = found.get(item.id, {})
    if not values and not left_out and not errors:
        errors = {measures.name_of(item, item.variables[0]): Message("请填写这项指标")}
    if errors:
        return await _item(request, measures.form_of(kept, errors), status=422)
    try:
        async with speaking(request) as conn:
            await sheet_actions.moderate(
                conn,
                actor(request),
                case_id,
                item.id,
                values=None if left_out else values,
                reason=clean(text_of(form, "reason"))[:2000],
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        return await _item(request, refused(refusal, "reason", kept), status=422)
    raise web.HTTPSeeOther(f"/cases/{case_id}/moderation")
