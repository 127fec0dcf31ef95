"""Sheets and notices as JSON."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web

from services.access import Permission
from services.actions import notices as notice_actions
from services.actions import results
from services.actions import sheets as sheet_actions
from services.db import notices, sheets
from services.web.api.answers import answer, body
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, speaking
from services.web.register import page_number
from services.web.routing import Area, Routes

Given = TypeVar("Given")
routes = Routes()
ROWS = 50
Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Made(msgspec.Struct):
    id: int


class Moved(msgspec.Struct):
    id: int
    state: str
    outcome: str | None
    version: int


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    version: Number
    measures: dict[str, int | float | str | bool] | None  # null: not applicable
    reason: str = ""


class Version(msgspec.Struct, forbid_unknown_fields=True):
    version: Number


class SheetItem(msgspec.Struct):
    item: str
    state: str
    points: Decimal | None
    full: Decimal
    from_records: bool
    lacking: str | None


class SheetView(msgspec.Struct):
    id: int
    case: int
    version: int
    locked_at: datetime | None
    items: list[SheetItem]


class Objection(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    name: str = ""
    evidence: str = ""


async def _sheet_body(request: web.Request, kind: type[Given]) -> Given:
    """The body, once it is known that the sheet is the asker's. Raises NotFound, Denied, Refusal."""
    async with speaking(request) as conn:
        await sheet_actions.own(conn, actor(request), number(request, "sheet"))
    return await body(request, kind)


def exact(values: dict[str, Any]) -> dict[str, Any]:
    """JSON's numbers as they were written."""
    return {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in values.items()}


@routes.get(
    "/api/sheets", permission=Permission.CASE_ASSESS, area=Area.ANYWHERE, reply=list[sheets.Own]
)
async def own_sheets(request: web.Request) -> web.Response:
    """The asker's own sheets."""
    async with speaking(request) as conn:
        return answer(await sheets.of_user.all(conn, actor(request).user))


@routes.get(
    r"/api/sheets/{sheet:\d+}", permission=Permission.CASE_ASSESS, area=Area.CASE, reply=SheetView
)
async def show_sheet(request: web.Request) -> web.Response:
    """One's own sheet; another's is not there."""
    async with speaking(request) as conn:
        sheet, case = await sheet_actions.own(conn, actor(request), number(request, "sheet"))
        mark = await results.marked(conn, case, sheet, request.app[CLOCK].today())
    gaps = sheet_actions.gaps(mark)
    return answer(
        SheetView(
            sheet.id,
            case.id,
            sheet.version,
            sheet.locked_at,
            [
                SheetItem(
                    one.item.id,
                    one.state.value,
                    one.points,
                    one.full,
                    one.from_records,
                    gaps.get(one.item.id),
                )
                for one in mark.result.items
                if one.state.value != "not_at_stage"
            ],
        )
    )


@routes.put(
    r"/api/sheets/{sheet:\d+}/items/{item:[A-Z0-9.]+}",
    permission=Permission.CASE_ASSESS,
    area=Area.CASE,
    body=Entry,
    reply=Version,
)
async def save(request: web.Request) -> web.Response:
    """Saves one indicator, from the version that was read."""
    given = await _sheet_body(request, Entry)
    async with speaking(request) as conn:
        fresh = await sheet_actions.save(
            conn,
            actor(request),
            number(request, "sheet"),
            given.version,
            request.match_info["item"],
            values=None if given.measures is None else exact(given.measures),
            reason=given.reason,
            now=request.app[CLOCK].now(),
        )
    return answer(Version(fresh))


@routes.post(
    r"/api/sheets/{sheet:\d+}/lock",
    permission=Permission.CASE_ASSESS,
    area=Area.CASE,
    body=Version,
    reply=Moved,
)
async def lock(request: web.Request) -> web.Response:
    """Locks one's own sheet for good."""
    given = await _sheet_body(request, Version)
    async with speaking(request) as conn:
        case = await sheet_actions.lock(
            conn,
            actor(request),
            number(request, "sheet"),
            given.version,
            now=request.app[CLOCK].now(),
        )
    return answer(Moved(case.id, case.state, case.outcome, case.version))


@routes.get(
    "/api/notices", permission=None, area=Area.PUBLIC, reply=list[notices.Notice], query=("page",)
)
async def notices_listed(request: web.Request) -> web.Response:
    """Public notices, the latest first."""
    skip = (page_number(request) - 1) * ROWS
    async with speaking(request) as conn:
        return answer(await notices.listed.all(conn, request.app[CLOCK].today(), ROWS, skip))


@routes.post(
    r"/api/notices/{notice:\d+}/objections",
    permission=None,
    area=Area.PUBLIC,
    body=Objection,
    reply=Made,
    status=201,
)
async def object_(request: web.Request) -> web.Response:
    """Files an objection; named, or with evidence."""
    given = await body(request, Objection)
    async with speaking(request) as conn:
        made = await notice_actions.file_objection(
            conn,
            request.app[KEYS],
            actor(request),
            number(request, "notice"),
            name=given.name[:4000],
            text=given.text[:4000],
            evidence=given.evidence[:4000],
            now=request.app[CLOCK].now(),
        )
    return answer(Made(made), status=201)
