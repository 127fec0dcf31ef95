"""The front page, the staff's day, and what the product can't claim."""

from datetime import date
from typing import Final

from aiohttp import web

from accreditation.lifecycle import Machine, label, state_name, states
from services.access import Permission
from services.db import coverage
from services.i18n import language
from services.web.page import page, speaking
from services.web.routing import Area, Routes

routes = Routes()
PLAN: Final = "henan-14th-five-year"
PLAN_DAYS: Final = (date(2021, 1, 1), date(2025, 12, 31))  # “十四五”期间
_SHOWN: Final = 20


@routes.get("/", permission=None, area=Area.PUBLIC)
async def home(request: web.Request) -> web.Response:
    """What this is, in five numbers, and where to go."""
    async with speaking(request) as conn:
        figures = await coverage.figures.one(conn)
    return page(request, "home.html", figures=figures)


@routes.get("/honesty", permission=None, area=Area.PUBLIC)
async def honesty(request: web.Request) -> web.Response:
    """What is reconstructed, assumed or simulated, in plain words."""
    return page(request, "honesty.html")


@routes.get("/staff", permission=Permission.STAFF_HOME, area=Area.ANYWHERE)
async def staff(request: web.Request) -> web.Response:
    """Today: clocks running, orders to check, counties without a base, targets against results."""
    async with speaking(request) as conn:
        clocks = await coverage.clocks.all(conn, _SHOWN)
        orders = await coverage.orders_to_check.all(conn, _SHOWN)
        counties = await coverage.counties.all(conn)
        targets = await coverage.targets.all(conn, PLAN, *PLAN_DAYS)
    return page(
        request,
        "staff.html",
        clocks=clocks,
        orders=orders,
        uncovered=[c for c in counties if not c.active],
        counties=len(counties),
        targets=targets,
        case_events={clock.event: label("events", clock.event, language()) for clock in clocks},
        case_states={
            state: state_name(Machine.CASE, state, "staff", language())
            for state in states(Machine.CASE)
        },
    )
