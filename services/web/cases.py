"""Cases: the list, the case's page with its steps and why others can't be taken yet, the steps."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping

from accreditation import lifecycle
from accreditation.errors import Refusal
from accreditation.lifecycle import Machine
from services.access import ROLES, Permission
from services.actions import cases as actions
from services.actions import checks, panels, self_scores
from services.actions.case_facts import DOCUMENTS, Said, document_names, missing_documents
from services.db import Conn, cases, notices, sheets
from services.i18n import N_, _, language
from services.problems import problem_of
from services.web import case_files, case_people, case_results
from services.web.bases import refused
from services.web.forms import Filled, clean, text_of
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, page, speaking
from services.web.register import page_number
from services.web.routing import Area, Routes

routes = Routes()
PAGE_ROWS: Final = 50
# What each step asks to be said with it; every other step takes an optional note.
ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "return": ("missing", "reason"),
    "propose_refusal": ("reason", "sanction"),
    "refuse": ("reason", "answer", "sanction"),
    "reply": ("reply",),
    "require_rectification": ("reason", "correctable"),
    "replace_assessor": (),
}
ELSEWHERE: Final = frozenset({"replace_assessor", "dismiss_objection", "reopen"})
PART_NAMES: Final = {
    "assessor": N_("评估员"),
    "third_assessor": N_("第三名评估员"),
    "moderator": N_("复核人"),
    "panel": N_("评审组成员"),
    "review_group": N_("异议复核组成员"),
    "appeal": N_("申诉复审人员"),
    "adviser": N_("辅导过基地的人员"),
}


@routes.get("/cases", permission=Permission.CASE_READ, area=Area.ANYWHERE)
async def listed(request: web.Request) -> web.Response:
    """The cases that the asker may see, the nearest deadline first."""
    states = lifecycle.states(Machine.CASE)
    state = request.query.get("state", "")
    state, shown = state if state in states else "", page_number(request)
    county = request.query.get("county", "").replace("\0", "")[:6]
    only_open = request.query.get("all", "") != "1"
    async with speaking(request) as conn:
        rows = await cases.listed.all(
            conn, state, county, only_open, PAGE_ROWS, (shown - 1) * PAGE_ROWS
        )
    total = rows[0].total if rows else 0
    return page(
        request,
        "cases/list.html",
        rows_in=rows,
        state=state,
        county=county,
        only_open=only_open,
        states=[(one, state_name(one)) for one in states],
        state_name=state_name,
        label=label,
        total=total,
        page=shown,
        pages=max(1, -(-total // PAGE_ROWS)),
    )


def state_name(state: str, reader: lifecycle.Reader = "staff") -> str:
    return lifecycle.state_name(Machine.CASE, state, reader, language())


def label(of: str, key: str) -> str:
    return lifecycle.label(of, key, language())


@routes.get(r"/cases/{case:\d+}", permission=Permission.CASE_READ, area=Area.CASE)
async def show(request: web.Request) -> web.Response:
    """One case: where it stands, what can be done next, by whom and until when."""
    return await show_case(request, Filled())


async def show_case(request: web.Request, form: Filled, *, status: int = 200) -> web.Response:
    """The page of the case in the path, with a form as it was typed."""
    asker, today = actor(request), request.app[CLOCK].today()
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, number(request, "case"))
        steps, facts = await actions.open_steps(conn, asker, case, today=today)
        mine = await actions.roles_in(conn, asker, case)
        known = await _around(conn, request, case, mine)
    own = "base_manager" in mine
    return page(
        request,
        "cases/show.html",
        status=status,
        form=form,
        case=case,
        steps=[step for step in steps if step.option.event not in ELSEWHERE],
        mine=mine,
        own=own,
        since=facts.since,
        state_name=lambda state: state_name(state, "base" if own else "staff"),
        label=label,
        asks=ASKS,
        checks_to_do=[
            (what, _(checks.CHECKS[what]))
            for what, (roles, states) in checks.CHECKERS.items()
            if roles & set(mine) and case.state in states
        ],
        check_names={what: _(text) for what, text in checks.CHECKS.items()},
        kinds=(names := document_names()),
        asked_kinds=[(kind, names[kind]) for kind in DOCUMENTS],
        parts={part: _(text) for part, text in PART_NAMES.items()},
        appointable=[(part, _(text)) for part, (_role, text) in panels.APPOINTED.items()],
        role_name=lambda key: _(ROLES[key].zh) if key in ROLES else label("roles", key),
        **known,
    )


async def _around(
    conn: Conn, request: web.Request, case: cases.Case, mine: tuple[str, ...]
) -> dict[str, Any]:
    """Everything that hangs on a case, as far as row security shows it to the asker."""
    keys = request.app[KEYS]
    today = request.app[CLOCK].today()
    members = await cases.members.all(conn, case.id)
    documents = await cases.documents.all(conn, case.id)
    office = "assessment_office" in mine
    holders: dict[str, list[tuple[int, str]]] = {}
    if office:
        for part, (role, _text) in panels.APPOINTED.items():
            holders[part] = [
                (one.id, keys.open(one.name_cipher, f"app_user.name.{one.id}"))
                for one in await cases.holders.all(conn, role, today)
            ]
    own_sheets = [
        one
        for one in await sheets.of_case.all(conn, case.id)
        if one.assessor_id == actor(request).user
    ]
    scored = None
    if "base_manager" in mine:
        scored = await self_scores.result(conn, case)
    return {
        "clocks": await cases.clocks.all(conn, case.id),
        "history": [
            (step, json.loads(step.detail)) for step in await cases.history.all(conn, case.id)
        ],
        "members": [
            (one, keys.open(one.name_cipher, f"app_user.name.{one.user_id}")) for one in members
        ],
        "documents": documents,
        "missing": missing_documents(documents) if case.kind == "admission" else (),
        "draws": await cases.draws.all(conn, case.id),
        "checks": [
            (one, keys.open(one.name_cipher, f"app_user.name.{one.by_user}"))
            for one in await cases.checks.all(conn, case.id)
        ],
        "findings": await cases.findings.all(conn, case.id),
        "result": await sheets.result.first(conn, case.id),
        "notice_row": await notices.of_case.first(conn, case.id),
        "objections": [
            (
                one,
                keys.open(one.objector_cipher, f"objection.objector.{one.id}")
                if one.objector_cipher
                else "",
            )
            for one in await notices.objections.all(conn, case.id)
        ],
        "holders": holders,
        "office": office,
        "own_sheets": own_sheets,
        "self_score": scored,
    }


def said_in(form: MultiMapping[Any]) -> Said:
    """What was said with a step."""
    sanction = text_of(form, "sanction")
    return Said(
        reason=clean(text_of(form, "reason"))[:4000],
        missing=tuple(k for k in DOCUMENTS if k in form.getall("missing", ())),
        reply=clean(text_of(form, "reply"))[:4000],
        answer=clean(text_of(form, "answer"))[:4000],
        correctable=bool(text_of(form, "correctable")),
        sanction=sanction if sanction in ("suspend", "notice") else None,
    )


@routes.post(r"/cases/{case:\d+}/moves", permission=Permission.CASE_READ, area=Area.CASE)
async def move(request: web.Request) -> web.Response:
    """Takes one step; what stands in its way is said beside the form."""
    form, case_id = await request.post(), number(request, "case")
    event = text_of(form, "event")
    try:
        async with speaking(request) as conn:
            await actions.move(
                conn,
                actor(request),
                case_id,
                event,
                now=request.app[CLOCK].now(),
                said=said_in(form),
            )
    except Refusal as refusal:
        kept = {
            f"{event}-{name}": tuple(str(one) for one in form.getall(name, ()))
            for name in ("reason", "missing", "reply", "answer", "correctable", "sanction")
        }
        field = f"{event}-{(ASKS.get(event) or ('reason',))[0]}"
        return await show_case(
            request, refused(refusal, field, kept), status=problem_of(refusal).status
        )
    raise web.HTTPSeeOther(f"/cases/{case_id}")


@routes.post(r"/cases/{case:\d+}/checks", permission=Permission.CASE_READ, area=Area.CASE)
async def check(request: web.Request) -> web.Response:
    """Records what somebody looked at or declares."""
    form, case_id = await request.post(), number(request, "case")
    what = text_of(form, "what")
    try:
        async with speaking(request) as conn:
            await checks.record(
                conn,
                actor(request),
                case_id,
                what,
                clear=text_of(form, "clear") == "yes",
                note=clean(text_of(form, "note"))[:1000],
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        kept = {
            f"{what}-note": (text_of(form, "note"),),
            f"{what}-clear": (text_of(form, "clear"),),
        }
        return await show_case(request, refused(refusal, f"{what}-note", kept), status=422)
    raise web.HTTPSeeOther(f"/cases/{case_id}")


@routes.post(r"/cases/{case:\d+}/findings", permission=Permission.CASE_DECIDE, area=Area.CASE)
async def finding(request: web.Request) -> web.Response:
    """Adds a finding to the case."""
    form, case_id = await request.post(), number(request, "case")
    try:
        async with speaking(request) as conn:
            await checks.add_finding(
                conn,
                actor(request),
                case_id,
                item=clean(text_of(form, "item"))[:20] or None,
                severity=text_of(form, "severity"),
                text=clean(text_of(form, "text"))[:2000],
                due_on=None,
                now=request.app[CLOCK].now(),
            )
    except Refusal as refusal:
        kept = {name: (text_of(form, name),) for name in ("item", "severity", "text")}
        return await show_case(request, refused(refusal, "text", kept), status=422)
    raise web.HTTPSeeOther(f"/cases/{case_id}")


for _module in (case_files, case_people, case_results):
    routes.all.extend(_module.routes.all)
