"""Rubrics for everybody: what holds where and when, each whole, as a file, and two side by side."""

import asyncio
from datetime import date
from typing import Final, NamedTuple

from aiohttp import web

from accreditation.comparison import What, changes
from accreditation.errors import Refusal
from accreditation.inheritance import Effective, Level
from accreditation.rubric import Rubric, rubric_of
from services.access import Permission
from services.actions import rubric_effects
from services.actions import rubrics as actions
from services.db import Conn, rubrics
from services.files.rubric import as_pretty_json, as_workbook
from services.i18n import N_, _, language
from services.web.forms import DAY, Filled
from services.web.keys import CLOCK
from services.web.page import actor, page, speaking, whole_number
from services.web.routing import Area, Routes

routes = Routes()
ONE: Final = r"/rubrics/{rubric:(?!drafts/)[A-Za-z0-9._-]+}/{edition:[A-Za-z0-9._-]+}"
LEVELS: Final = {
    Level.NATIONAL: N_("国家"),
    Level.PROVINCE: N_("省"),
    Level.CITY: N_("市"),
}
_WHAT: Final = {
    What.ADDED: N_("新增"),
    What.REMOVED: N_("删除"),
    What.POINTS: N_("分值"),
    What.RULE: N_("评分规则"),
    What.WORDS: N_("名称"),
    What.TERMS: N_("查证、阶段或重要程度"),
}
TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def level_names() -> dict[str, str]:
    """Who writes a rubric, in the present language."""
    return {level.value: _(text) for level, text in LEVELS.items()}


@routes.get("/rubrics", permission=None, area=Area.PUBLIC)
async def listed(request: web.Request) -> web.Response:
    """What holds where and since when; the drafts for who may write."""
    asker, today = actor(request), request.app[CLOCK].today()
    writes = asker.may(Permission.RUBRIC_WRITE)
    async with speaking(request) as conn:
        rows = await rubrics.listed.all(conn, today)
        drafts = await rubrics.drafts.all(conn) if writes else []
        places = await rubrics.areas.all(conn, list(asker.areas)) if writes else []
    return page(
        request,
        "rubrics/list.html",
        rubrics=rows,
        drafts=drafts,
        places=[(one.code, one.name) for one in places],
        writes=writes,
        levels=level_names(),
        form=Filled(),
    )


@routes.get(ONE, permission=None, area=Area.PUBLIC)
async def show(request: web.Request) -> web.Response:
    """A whole rubric: sections, items with points and anchors, where each comes from."""
    return await shown(request, Filled())


async def shown(request: web.Request, form: Filled, *, status: int = 200) -> web.Response:
    """The page of a rubric, with the form to retire it for who may."""
    async with speaking(request) as conn:
        row, found = await _of(conn, request)
        others = [
            one
            for one in await rubrics.listed.all(conn, request.app[CLOCK].today())
            if (one.id, one.version) != (row.id, row.version)
        ]
    return page(
        request,
        "rubrics/show.html",
        status=status,
        row=row,
        found=found,
        rubric=rubric_of(found.document),
        others=others,
        levels=level_names(),
        retires=row.area is not None
        and row.retired_on is None
        and actor(request).holds(Permission.RUBRIC_WRITE, county=row.area),
        form=form,
        lang=language(),
    )


async def _of(conn: Conn, request: web.Request) -> tuple[rubrics.Published, Effective]:
    given = request.match_info
    return await actions.effective(conn, given["rubric"], given["edition"])


@routes.get(ONE + "/{format:xlsx|json}", permission=None, area=Area.PUBLIC)
async def download(request: web.Request) -> web.Response:
    """The whole rubric as a workbook or as JSON, to read or to import again."""
    async with speaking(request) as conn:
        _row, found = await _of(conn, request)
    return await as_file(found, request.match_info["format"])


async def as_file(found: Effective, ending: str) -> web.Response:
    """An effective rubric as a download."""
    write = as_workbook if ending == "xlsx" else as_pretty_json
    body = await asyncio.to_thread(write, found.document)
    name = f"{found.document['id']}-{found.document['version']}.{ending}"
    return web.Response(
        body=body,
        content_type=TYPES[ending],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@routes.post(ONE + "/retirement", permission=Permission.RUBRIC_WRITE, area=Area.ANYWHERE)
async def retire(request: web.Request) -> web.Response:
    """Sets the last day of a local rubric."""
    form, given = await request.post(), request.match_info
    clock = request.app[CLOCK]
    async with speaking(request) as conn:
        await actions.retire(
            conn,
            actor(request),
            given["rubric"],
            given["edition"],
            day_of(str(form.get("last-day", ""))),
            reason=str(form.get("reason", ""))[:500],
            now=clock.now(),
            today=clock.today(),
        )
    raise web.HTTPSeeOther(f"/rubrics/{given['rubric']}/{given['edition']}")


def day_of(text: str) -> date:
    """A day as typed into one field. Raises Refusal."""
    found = DAY.fullmatch(text.strip())
    try:
        if found:
            return date(*(int(part) for part in found.groups()))
    except ValueError:
        pass
    raise Refusal("请填写真实的日期，例如2027-01-01")


class Side(NamedTuple):
    """One of two rubrics that are compared."""

    key: str  # "id@version", or "draft:7"
    name: str
    area: str | None
    found: Effective
    sound: bool  # whether the linter finds no fault: only then can anybody be scored by it

    @property
    def rubric(self) -> Rubric:
        return rubric_of(self.found.document)


async def _side(conn: Conn, request: web.Request, key: str) -> Side:
    """The rubric or draft of that key. Raises NotFound, Denied."""
    if key.startswith("draft:"):
        draft = whole_number(key.removeprefix("draft:"))
        looked = await actions.look(conn, actor(request), draft, today=request.app[CLOCK].today())
        name = _(
            "{area}草稿 {version}", area=looked.row.area_name, version=looked.changes["version"]
        )
        return Side(key, name, looked.row.area, looked.made, not looked.faults)
    id_, _at, version = key.partition("@")
    row, found = await actions.effective(conn, id_, version)
    return Side(key, f"{row.id} {row.version}", row.area, found, sound=True)


@routes.get("/rubrics/compare", permission=None, area=Area.PUBLIC)
async def compare(request: web.Request) -> web.Response:
    """Two rubrics side by side; for who writes them, whose grade the new one would change."""
    keys = [request.query.get(name, "").replace("\0", "")[:100] for name in ("old", "new")]
    asker = actor(request)
    async with speaking(request) as conn:
        first = (await rubrics.listed.all(conn, request.app[CLOCK].today()))[0]
        plain = f"{first.id}@{first.version}"  # the national one, where none is named
        old, new = [await _side(conn, request, key or plain) for key in keys]
        if not (old.sound and new.sound):
            raise Refusal("草稿还有问题，改好后才能比较")
        told = None
        if asker.may(Permission.RUBRIC_WRITE):
            told = await rubric_effects.effect(conn, asker, old.rubric, new.rubric, new.area)
    return page(
        request,
        "rubrics/compare.html",
        old=old,
        new=new,
        changes=changes(old.rubric, new.rubric),
        what={key: _(text) for key, text in _WHAT.items()},
        told=told,
        lang=language(),
    )
