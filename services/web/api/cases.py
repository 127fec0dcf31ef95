"""Cases as JSON: the same actions as the pages."""

from datetime import date
from decimal import Decimal

import msgspec
from aiohttp import web

from accreditation import lifecycle
from accreditation.lifecycle import Machine
from services.access import Permission
from services.actions import bases as base_actions
from services.actions import cases as actions
from services.actions import checks, panels, self_scores
from services.actions.case_facts import DOCUMENTS, Said
from services.db import cases
from services.i18n import language
from services.web.api import sheets as sheet_routes
from services.web.api.answers import answer, body
from services.web.api.sheets import ROWS, Given, Made, Moved, Number, exact
from services.web.forms import clean
from services.web.keys import CLOCK, KEYS
from services.web.page import actor, number, speaking
from services.web.register import page_number
from services.web.routing import Area, Routes

routes = Routes()


class NewBase(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    credit_code: str
    county: str
    kind: str
    address: str
    trades: list[str]
    capacity_per_year: Number
    contact_name: str
    contact_phone: str
    operating_since: date | None = None


class Move(msgspec.Struct, forbid_unknown_fields=True):
    event: str
    reason: str = ""
    missing: list[str] = []
    reply: str = ""
    answer: str = ""
    correctable: bool = False
    sanction: str | None = None


class Step(msgspec.Struct):
    event: str
    target: str
    role: str
    mine: bool
    due_on: date | None
    unmet: list[str]


class CaseView(msgspec.Struct):
    id: int
    base: int
    base_name: str
    county: str
    kind: str
    state: str
    state_text: str
    outcome: str | None
    version: int
    steps: list[Step]


class Check(msgspec.Struct, forbid_unknown_fields=True):
    what: str
    clear: bool
    note: str = ""


class SelfScores(msgspec.Struct, forbid_unknown_fields=True):
    measures: dict[str, dict[str, int | float | str | bool]]
    notes: dict[str, str] = {}


class Saved(msgspec.Struct):
    saved: int


class Appointment(msgspec.Struct, forbid_unknown_fields=True):
    user: Number
    part: str


class Why(msgspec.Struct, forbid_unknown_fields=True):
    reason: str = ""


class Drawn(msgspec.Struct):
    picked: list[str]
    pool_hash: str
    excluded: dict[str, str]


class ResultItem(msgspec.Struct):
    item: str
    state: str
    points: Decimal | None
    full: Decimal
    from_records: bool
    origin: str | None


class ResultView(msgspec.Struct):
    total: Decimal
    grade: str
    minima_unmet: list[str]
    vetoes: list[str]
    items: list[ResultItem]


async def _case_body(request: web.Request, kind: type[Given]) -> Given:
    """The body, once it is known that the asker may know of the case. Raises NotFound, Refusal."""
    async with speaking(request) as conn:
        await cases.by_id.one(conn, number(request, "case"))
    return await body(request, kind)


@routes.post(
    "/api/bases", permission=None, area=Area.SIGNED_IN, body=NewBase, reply=Made, status=201
)
async def add_base(request: web.Request) -> web.Response:
    """Registers a base; the asker becomes its manager."""
    given, clock = await body(request, NewBase), request.app[CLOCK]
    facts = base_actions.Facts(
        given.name,
        given.kind,
        given.address,
        tuple(given.trades),
        given.capacity_per_year,
        given.operating_since,
        given.contact_name,
        given.contact_phone,
    )
    async with speaking(request) as conn:
        made = await base_actions.register(
            conn,
            request.app[KEYS],
            actor(request),
            facts,
            written_code=given.credit_code,
            county=given.county,
            now=clock.now(),
            today=clock.today(),
        )
    return answer(Made(made), status=201)


@routes.post(
    r"/api/bases/{base:\d+}/applications",
    permission=Permission.BASE_APPLY,
    area=Area.BASE,
    reply=Made,
    status=201,
)
async def apply(request: web.Request) -> web.Response:
    """Opens an application for admission."""
    async with speaking(request) as conn:
        made = await actions.open_application(
            conn, actor(request), number(request, "base"), now=request.app[CLOCK].now()
        )
    return answer(Made(made), status=201)


@routes.get(
    "/api/cases",
    permission=Permission.CASE_READ,
    area=Area.ANYWHERE,
    reply=list[cases.Listed],
    query=("state", "page"),
)
async def listed(request: web.Request) -> web.Response:
    """Open cases that the asker may see, 50 a page, the nearest deadline first."""
    state = request.query.get("state", "")
    state = state if state in lifecycle.states(Machine.CASE) else ""
    skip = (page_number(request) - 1) * ROWS
    async with speaking(request) as conn:
        rows = await cases.listed.all(conn, state, "", True, ROWS, skip)
    return answer(rows)


@routes.get(
    r"/api/cases/{case:\d+}", permission=Permission.CASE_READ, area=Area.CASE, reply=CaseView
)
async def show(request: web.Request) -> web.Response:
    """A case with every step of its state and what is in the way of each."""
    async with speaking(request) as conn:
        case = await cases.by_id.one(conn, number(request, "case"))
        steps, _facts = await actions.open_steps(
            conn, actor(request), case, today=request.app[CLOCK].today()
        )
    return answer(
        CaseView(
            case.id,
            case.base_id,
            case.base_name,
            case.county,
            case.kind,
            case.state,
            lifecycle.state_name(Machine.CASE, case.state, "staff", language()),
            case.outcome,
            case.version,
            [
                Step(
                    one.option.event,
                    one.option.target,
                    one.role,
                    one.mine,
                    one.option.due.on if one.option.due else None,
                    [why.said(language()) for why in one.option.unmet],
                )
                for one in steps
            ],
        )
    )


@routes.post(
    r"/api/cases/{case:\d+}/moves",
    permission=Permission.CASE_READ,
    area=Area.CASE,
    body=Move,
    reply=Moved,
)
async def move(request: web.Request) -> web.Response:
    """Takes one step of a case."""
    given = await _case_body(request, Move)
    said = Said(
        clean(given.reason),
        tuple(one for one in given.missing if one in DOCUMENTS),
        clean(given.reply),
        clean(given.answer),
        given.correctable,
        given.sanction if given.sanction in ("suspend", "notice") else None,
    )
    async with speaking(request) as conn:
        case = await actions.move(
            conn,
            actor(request),
            number(request, "case"),
            given.event,
            now=request.app[CLOCK].now(),
            said=said,
        )
    return answer(Moved(case.id, case.state, case.outcome, case.version))


@routes.post(
    r"/api/cases/{case:\d+}/checks",
    permission=Permission.CASE_READ,
    area=Area.CASE,
    body=Check,
    status=201,
)
async def check(request: web.Request) -> web.Response:
    """Records what somebody looked at or declares."""
    given = await _case_body(request, Check)
    async with speaking(request) as conn:
        await checks.record(
            conn,
            actor(request),
            number(request, "case"),
            given.what,
            clear=given.clear,
            note=given.note,
            now=request.app[CLOCK].now(),
        )
    return answer({}, status=201)


@routes.put(
    r"/api/cases/{case:\d+}/self-scores",
    permission=Permission.BASE_APPLY,
    area=Area.CASE,
    body=SelfScores,
    reply=Saved,
)
async def self_score(request: web.Request) -> web.Response:
    """Saves what a base gives itself."""
    given = await _case_body(request, SelfScores)
    measures = {item: exact(values) for item, values in given.measures.items()}
    async with speaking(request) as conn:
        saved = await self_scores.save(
            conn,
            actor(request),
            number(request, "case"),
            measures,
            given.notes,
            now=request.app[CLOCK].now(),
        )
    return answer(Saved(saved))


@routes.post(
    r"/api/cases/{case:\d+}/draws",
    permission=Permission.CASE_SCHEDULE,
    area=Area.COUNTY,
    body=Why,
    status=201,
)
async def commit(request: web.Request) -> web.Response:
    """Commits to a seed for the draw of assessors."""
    given = await _case_body(request, Why)
    async with speaking(request) as conn:
        await panels.commit_seed(
            conn,
            request.app[KEYS],
            actor(request),
            number(request, "case"),
            reason=given.reason,
            now=request.app[CLOCK].now(),
        )
    return answer({}, status=201)


@routes.post(
    r"/api/cases/{case:\d+}/draws/reveal",
    permission=Permission.CASE_SCHEDULE,
    area=Area.COUNTY,
    reply=Drawn,
)
async def reveal(request: web.Request) -> web.Response:
    """Closes the pool, reveals the seed and draws."""
    async with speaking(request) as conn:
        drawn = await panels.draw_assessors(
            conn,
            request.app[KEYS],
            actor(request),
            number(request, "case"),
            now=request.app[CLOCK].now(),
        )
    return answer(
        Drawn(list(drawn.picked), drawn.pool_hash, {k: v.value for k, v in drawn.excluded.items()})
    )


@routes.post(
    r"/api/cases/{case:\d+}/members",
    permission=Permission.CASE_SCHEDULE,
    area=Area.COUNTY,
    body=Appointment,
    status=201,
)
async def appoint(request: web.Request) -> web.Response:
    """Appoints a moderator, a panel member, or a member of a review or appeal group."""
    given = await _case_body(request, Appointment)
    async with speaking(request) as conn:
        await panels.appoint(
            conn,
            actor(request),
            number(request, "case"),
            given.user,
            given.part,
            now=request.app[CLOCK].now(),
        )
    return answer({}, status=201)


@routes.get(
    r"/api/cases/{case:\d+}/result",
    permission=Permission.CASE_READ,
    area=Area.CASE,
    reply=ResultView,
)
async def result(request: web.Request) -> web.Response:
    """The result of a case, item by item."""
    async with speaking(request) as conn:
        told = await actions.settled(conn, actor(request), number(request, "case"))
    return answer(
        ResultView(
            told.stored.total,
            told.stored.grade,
            [
                one.minimum.zh if language() == "zh" else one.minimum.en
                for one in told.scored.failed_minima
            ],
            told.stored.vetoes,
            [
                ResultItem(
                    one.item.id,
                    one.state.value,
                    one.points,
                    one.full,
                    one.from_records,
                    told.finals[one.item.id].origin if one.item.id in told.finals else None,
                )
                for one in told.scored.items
                if one.state.value != "not_at_stage"
            ],
        )
    )


routes.all.extend(sheet_routes.routes.all)
