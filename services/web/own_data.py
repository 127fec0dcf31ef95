"""A person's own rights as pages: who looked, a copy of everything, leaving."""

from typing import Final

from aiohttp import web

from services.access import ROLES, Permission
from services.actions import own_data
from services.db import Conn
from services.i18n import N_, _
from services.web.forms import Filled
from services.web.keys import CLOCK, KEYS
from services.web.market import SNAPSHOT
from services.web.page import actor, number, page, speaking
from services.web.people import attempt, whose
from services.web.routing import Area, Routes

routes = Routes()
ACTIONS: Final = {
    "person:register": N_("登记"),
    "person:claim": N_("本人认领登记"),
    "person:identify": N_("填写证件号码"),
    "person:reveal": N_("查看了姓名或号码"),
    "person:export": N_("导出资料"),
    "category:read": N_("查看了类别和等级"),
    "ability:write": N_("填写能力"),
    "profile:answer": N_("回答问题"),
    "wish:write": N_("填写意愿"),
    "skill:add": N_("添加技能"),
    "skill:remove": N_("删除技能"),
    "consent:give": N_("同意"),
    "consent:withdraw": N_("撤回同意"),
    "person:recommendations": N_("开关推荐"),
}


@routes.get(r"/people/{person:\d+}/looks", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def looks(request: web.Request) -> web.Response:
    """Who did what with the record, newest first."""
    one = await whose(request)
    async with speaking(request) as conn:
        rows = await own_data.looks(conn, actor(request), one.row.id)
    return page(
        request,
        "people/looks.html",
        one=one,
        rows_in=[
            (
                row,
                _(ACTIONS[row.action]) if row.action in ACTIONS else row.action,
                "、".join(_(ROLES[r].zh) for r in row.roles.split(",") if r in ROLES) or _("本人"),
            )
            for row in rows
        ],
    )


@routes.get(
    r"/people/{person:\d+}/export.json", permission=Permission.PERSON_ERASE, area=Area.PERSON
)
async def export(request: web.Request) -> web.Response:
    """Everything that is kept of the person, as a file."""
    person = number(request, "person")
    async with speaking(request) as conn:
        found = await own_data.export(
            conn,
            actor(request),
            request.app[KEYS],
            request.app[SNAPSHOT].seal,
            person,
            now=request.app[CLOCK].now(),
        )
    return web.Response(
        body=own_data.as_json(found),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="yupei-{person}.json"'},
    )


async def _erasure(request: web.Request, form: Filled, status: int = 200) -> web.Response:
    one = await whose(request, Permission.PERSON_ERASE)
    return page(
        request,
        "people/erase.html",
        status=status,
        form=form,
        one=one,
        reasons=[(key, _(text)) for key, text in own_data.REASONS.items()],
    )


@routes.get(r"/people/{person:\d+}/erasure", permission=Permission.PERSON_ERASE, area=Area.PERSON)
async def erasure_form(request: web.Request) -> web.Response:
    """What erasing means, before it is done."""
    return await _erasure(request, Filled())


@routes.post(r"/people/{person:\d+}/erasure", permission=Permission.PERSON_ERASE, area=Area.PERSON)
async def erase(request: web.Request) -> web.Response:
    """Takes the person out of every table."""
    form, person = await request.post(), number(request, "person")
    reason, sure = str(form.get("reason", "")), form.get("sure") == "yes"

    async def act(conn: Conn) -> None:
        await own_data.erase(
            conn, actor(request), person, reason, sure=sure, now=request.app[CLOCK].now()
        )

    async def again(shown: Filled, status: int) -> web.Response:
        return await _erasure(request, shown, status)

    failed = await attempt(request, act, again, {"reason": (reason,)}, "reason")
    if failed is not None:
        return failed
    raise web.HTTPSeeOther("/people" if actor(request).areas else "/")
