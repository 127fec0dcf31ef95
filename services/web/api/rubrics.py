"""Rubrics as JSON: what holds, each whole with its origins, and local drafts with If-Match."""

from datetime import date
from typing import Any

import msgspec
from aiohttp import web

from services.access import Permission
from services.actions import rubrics as actions
from services.db import rubrics
from services.files.rubric import as_json
from services.i18n import _
from services.web.api.answers import answer, body
from services.web.api.orders import version_of
from services.web.keys import CLOCK
from services.web.page import actor, number, speaking
from services.web.routing import Area, Routes

routes = Routes()
WRITE = Permission.RUBRIC_WRITE
ONE = r"/api/rubrics/{rubric:(?!drafts/)[A-Za-z0-9._-]+}/{edition:[A-Za-z0-9._-]+}"
DRAFT = r"/api/rubrics/drafts/{draft:\d+}"


class Origin(msgspec.Struct):
    """Who brought an item in, and who changed it last: national, province or city."""

    item: str
    points: str | None
    thresholds: str | None


class Whole(msgspec.Struct):
    """A published rubric as it holds; `document` is the whole of it."""

    id: str
    version: str
    level: str
    area: str | None
    valid_from: date
    retired_on: date | None
    origins: dict[str, Origin]
    document: msgspec.Raw


class Told(msgspec.Struct):
    """A fault of a draft: its kind, the item, and what to put right."""

    code: str
    item: str
    problem: str


class DraftAnswer(msgspec.Struct):
    """A draft: `changes` is the local document."""

    id: int
    level: str
    area: str
    version: int
    faults: list[Told]
    changes: msgspec.Raw


class NewDraft(msgspec.Struct):
    area: str


class Made(msgspec.Struct):
    id: int
    version: int


class Publication(msgspec.Struct):
    valid_from: date


class Published(msgspec.Struct):
    id: str
    version: str


class Retirement(msgspec.Struct):
    """`last_day`: the rubric above holds from the next one."""

    last_day: date
    reason: str


def _versioned(value: Any, version: int, *, status: int = 200) -> web.Response:
    response = answer(value, status=status)
    response.headers["ETag"] = f'"{version}"'
    return response


def _draft(looked: actions.Looked) -> DraftAnswer:
    row = looked.row
    faults = [
        Told(one.code, one.item, _(one.problem.text, **one.problem.values)) for one in looked.faults
    ]
    changes = msgspec.Raw(as_json(looked.changes).encode())
    return DraftAnswer(row.id, row.level, row.area, row.version, faults, changes)


@routes.get("/api/rubrics", permission=None, area=Area.PUBLIC, reply=list[rubrics.Listed])
async def listing(request: web.Request) -> web.Response:
    """Every published rubric with where and when it holds."""
    async with speaking(request) as conn:
        return answer(await rubrics.listed.all(conn, request.app[CLOCK].today()))


@routes.get("/api/rubrics/drafts", permission=WRITE, area=Area.ANYWHERE, reply=list[rubrics.Open])
async def drafts(request: web.Request) -> web.Response:
    """Open drafts of the asker's areas."""
    async with speaking(request) as conn:
        return answer(await rubrics.drafts.all(conn))


@routes.post(
    "/api/rubrics/drafts",
    permission=WRITE,
    area=Area.ANYWHERE,
    body=NewDraft,
    reply=Made,
    status=201,
)
async def begin(request: web.Request) -> web.Response:
    """A new draft for an area, from what the area published last."""
    given, clock = await body(request, NewDraft), request.app[CLOCK]
    async with speaking(request) as conn:
        made = await actions.begin(
            conn, actor(request), given.area, now=clock.now(), today=clock.today()
        )
    return _versioned(Made(made, 1), 1, status=201)


async def _look(request: web.Request) -> actions.Looked:
    """The draft of the path, if it lies in the asker's area. Raises Denied, NotFound."""
    async with speaking(request) as conn:
        return await actions.look(
            conn, actor(request), number(request, "draft"), today=request.app[CLOCK].today()
        )


@routes.get(DRAFT, permission=WRITE, area=Area.COUNTY, reply=DraftAnswer)
async def show(request: web.Request) -> web.Response:
    """A draft with its changes and every fault; its version is the ETag."""
    looked = await _look(request)
    return _versioned(_draft(looked), looked.row.version)


@routes.put(
    DRAFT, permission=WRITE, area=Area.COUNTY, body=dict[str, Any], reply=Made, versioned=True
)
async def change(request: web.Request) -> web.Response:
    """Replaces a draft's changes; If-Match names the version that they were made from."""
    looked = await _look(request)
    version, clock = version_of(request), request.app[CLOCK]
    changes = actions.document(await request.read())
    async with speaking(request) as conn:
        made = await actions.save(
            conn,
            actor(request),
            looked.row.id,
            version,
            changes,
            now=clock.now(),
            today=clock.today(),
        )
    return _versioned(Made(looked.row.id, made), made)


@routes.post(
    DRAFT + "/publication",
    permission=WRITE,
    area=Area.COUNTY,
    body=Publication,
    reply=Published,
    versioned=True,
)
async def publish(request: web.Request) -> web.Response:
    """A second person puts the draft in force; If-Match names the version that was read."""
    looked = await _look(request)
    given, version = await body(request, Publication), version_of(request)
    clock = request.app[CLOCK]
    async with speaking(request) as conn:
        made = await actions.publish(
            conn,
            actor(request),
            looked.row.id,
            version,
            given.valid_from,
            now=clock.now(),
            today=clock.today(),
        )
    return answer(Published(*made))


@routes.get(ONE, permission=None, area=Area.PUBLIC, reply=Whole)
async def whole(request: web.Request) -> web.Response:
    """A published rubric, whole, with the origin of each item."""
    given = request.match_info
    async with speaking(request) as conn:
        row, found = await actions.effective(conn, given["rubric"], given["edition"])
    origins = {
        code: Origin(
            one.item.level,
            one.points.level if one.points else None,
            one.thresholds.level if one.thresholds else None,
        )
        for code, one in found.origins.items()
    }
    document = msgspec.Raw(as_json(found.document).encode())
    return answer(
        Whole(
            row.id,
            row.version,
            row.level,
            row.area,
            row.valid_from,
            row.retired_on,
            origins,
            document,
        )
    )


@routes.post(
    ONE + "/retirement",
    permission=WRITE,
    area=Area.ANYWHERE,
    body=Retirement,
    reply=Published,
)
async def retire(request: web.Request) -> web.Response:
    """Sets the last day of a local rubric."""
    given, path, clock = await body(request, Retirement), request.match_info, request.app[CLOCK]
    async with speaking(request) as conn:
        await actions.retire(
            conn,
            actor(request),
            path["rubric"],
            path["edition"],
            given.last_day,
            reason=given.reason[:500],
            now=clock.now(),
            today=clock.today(),
        )
    return answer(Published(path["rubric"], path["edition"]))
