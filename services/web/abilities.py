"""What a person can do, asked in everyday words; wishes, skills, and the three sources side by side."""

from typing import Any, Final

from aiohttp import web
from multidict import MultiMapping

from matching.engine.vocabulary import EDUCATION, MODES, MUSTS, SHIFTS
from services.access import Permission
from services.actions import abilities as actions
from services.db import Conn, people
from services.i18n import N_, _
from services.profiles import capacity_of
from services.web import everyday
from services.web.forms import (
    Choice,
    Choices,
    Day,
    Filled,
    Integer,
    Invalid,
    Text,
    Yes,
    filled,
    parse,
    text_of,
    typed,
)
from services.web.keys import CLOCK, KEYS
from services.web.market import SNAPSHOT, anchor, dimension, name_of, occupation_name
from services.web.order_form import LEVEL_WORDS
from services.web.page import actor, page, speaking, whole_number
from services.web.people import REASON, attempt, whose
from services.web.reasons import DEGREES, FACTS
from services.web.routing import Area, Routes

routes = Routes()
MODE_WORDS: Final = {
    "onsite": N_("到岗工作"),
    "home": N_("居家工作"),
    "hybrid": N_("到岗和居家结合"),
}
SHIFT_WORDS: Final = {
    "day": N_("白班"),
    "evening": N_("晚班"),
    "night": N_("夜班"),
    "rotating": N_("倒班"),
}
MUST_WORDS: Final = {
    "wage": N_("工资不低于上面的数"),
    "distance": N_("距离不超过上面的数"),
    "mode": N_("必须是上面的工作方式"),
    "shift": N_("必须是上面的班次"),
    "dorm": N_("必须有住宿"),
    "occupation": N_("必须是想做的工作"),
}


def _sheet(request: web.Request) -> int:
    asked = whole_number(request.query.get("sheet", "1"))
    return asked if 1 <= asked <= everyday.SHEETS else 1


def _told(form: MultiMapping[Any], sheet: int) -> actions.Told:
    """What was answered on a sheet; an open question is no answer."""
    levels = {
        key: int(given)
        for key in everyday.keys_of(sheet)
        if (given := text_of(form, key)) in ("0", "1", "2", "3", "4")
    }
    facts = {
        fact: given == "yes" for fact in FACTS if (given := text_of(form, fact)) in ("yes", "no")
    }
    return actions.Told(levels, facts, text_of(form, "education"))


async def _asked(request: web.Request, form: Filled | None, status: int = 200) -> web.Response:
    one, sheet = await whose(request), _sheet(request)
    async with speaking(request) as conn:
        profile = await actions.profile_of(conn, request.app[SNAPSHOT].seal, one.row)
    known = capacity_of(profile.cap)
    stored = {key: (str(level),) for key, level in known.items()}
    stored |= {fact: ("yes" if holds else "no",) for fact, holds in profile.facts.items()}
    if profile.education is not None:
        stored["education"] = (EDUCATION[profile.education],)
    last = sheet == everyday.FACTS_SHEET
    return page(
        request,
        "people/abilities.html",
        status=status,
        form=form or Filled(stored),
        one=one,
        sheet=sheet,
        sheets=everyday.SHEETS,
        enough=everyday.FACTS_SHEET,
        questions=[(key, *everyday.question(key)) for key in everyday.keys_of(sheet)],
        facts=[(key, _("您是否：{fact}？", fact=_(words))) for key, words in FACTS.items()]
        if last
        else [],
        degrees=[(key, _(DEGREES[key])) for key in EDUCATION] if last else [],
        sources=[(key, _(words)) for key, words in actions.SOURCES.items()],
        bases=[(key, _(words)) for key, words in actions.BASES.items()],
    )


@routes.get(r"/people/{person:\d+}/abilities", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def questions(request: web.Request) -> web.Response:
    """One sheet of a few questions; each can be skipped, all is kept."""
    return await _asked(request, None)


@routes.post(
    r"/people/{person:\d+}/abilities", permission=Permission.PERSON_WRITE, area=Area.PERSON
)
async def answers(request: web.Request) -> web.Response:
    """Keeps the answers of a sheet and goes on to the next."""
    one, sheet, form = await whose(request), _sheet(request), await request.post()
    source = text_of(form, "source") or "self"

    async def act(conn: Conn) -> None:
        await actions.rate(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            one.row.id,
            source,
            text_of(form, "basis") or "told",
            _told(form, sheet),
            reason=text_of(form, "reason")[:200],
            now=request.app[CLOCK].now(),
        )

    async def again(shown: Filled, status: int) -> web.Response:
        return await _asked(request, shown, status)

    given = {name: (text_of(form, name),) for name in form}
    failed = await attempt(request, act, again, given, "reason")
    if failed is not None:
        return failed
    to = f"/abilities?sheet={sheet + 1}" if sheet < everyday.SHEETS else ""
    raise web.HTTPSeeOther(f"/people/{one.row.id}{to}")


@routes.get(
    r"/people/{person:\d+}/comparison", permission=Permission.PERSON_WRITE, area=Area.PERSON
)
async def comparison(request: web.Request) -> web.Response:
    """The person's own word, the observer's and the class's, side by side and never averaged."""
    one = await whose(request)
    async with speaking(request) as conn:
        rows = await actions.side_by_side(conn, request.app[SNAPSHOT].seal, one.row)
    return page(
        request,
        "people/comparison.html",
        one=one,
        sources=[_(words) for words in actions.SOURCES.values()],
        rows_in=[
            (
                name_of(dimension(row.dimension)),
                row.differ,
                [
                    (anchor(row.dimension, word.level), word.level, word.on)
                    if (word := row.words.get(source))
                    else None
                    for source in actions.SOURCES
                ],
            )
            for row in rows
        ],
    )


_WISHES: Final = (
    Text("occupations", N_("想做的工作"), most=200, required=False),
    Text("avoids", N_("不想做的工作"), most=200, required=False),
    Integer("least-wage", N_("每月工资至少"), most=100_000, required=False),
    Integer("most-km", N_("离家最远"), most=2_000, required=False),
    Yes("relocates", N_("愿意到外地"), required=False),
    Choices("modes", N_("工作方式"), options=MODES, required=False),
    Choices("shifts", N_("班次"), options=SHIFTS, required=False),
    Yes("dorm", N_("需要住宿"), required=False),
    Choices("must-haves", N_("一定要满足的"), options=MUSTS, required=False),
    REASON,
)


def _several(given: str) -> tuple[str, ...]:
    parts = given.replace("，", "、").replace(",", "、").replace("；", "、").split("、")
    return tuple(one.strip() for one in parts if one.strip())


async def _wishing(request: web.Request, form: Filled | None, status: int = 200) -> web.Response:
    one = await whose(request)
    async with speaking(request) as conn:
        profile = await actions.profile_of(conn, request.app[SNAPSHOT].seal, one.row)
    wants = profile.wants
    stored = {
        "occupations": "、".join(occupation_name(code) for code in wants.occupations),
        "avoids": "、".join(occupation_name(code) for code in profile.avoids),
        "least_wage": wants.least_wage_yuan or None,
        "most_km": wants.most_km,
        "relocates": wants.relocates,
        "modes": wants.modes,
        "shifts": wants.shifts,
        "dorm": wants.dorm,
        "must_haves": profile.must_haves,
    }
    return page(
        request,
        "people/wishes.html",
        status=status,
        form=form or filled(_WISHES, stored),
        one=one,
        modes=[(key, _(words)) for key, words in MODE_WORDS.items()],
        shifts=[(key, _(words)) for key, words in SHIFT_WORDS.items()],
        musts=[(key, _(words)) for key, words in MUST_WORDS.items()],
    )


@routes.get(r"/people/{person:\d+}/wishes", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def wishes_form(request: web.Request) -> web.Response:
    """What the person wants, must have and avoids."""
    return await _wishing(request, None)


@routes.post(r"/people/{person:\d+}/wishes", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def wishes(request: web.Request) -> web.Response:
    """Keeps the wishes; the next look at the openings knows them."""
    one, form = await whose(request), await request.post()
    try:
        v = parse(lambda **values: values, _WISHES, form)
    except Invalid as invalid:
        return await _wishing(request, invalid.filled, 422)
    given = actions.Wishes(
        _several(v["occupations"]),
        _several(v["avoids"]),
        v["least_wage"] or 0,
        v["most_km"],
        v["relocates"],
        v["modes"],
        v["shifts"],
        v["dorm"],
        v["must_haves"],
    )

    async def act(conn: Conn) -> None:
        await actions.wish(
            conn,
            actor(request),
            request.app[SNAPSHOT].seal,
            one.row.id,
            given,
            reason=v["reason"],
            now=request.app[CLOCK].now(),
        )

    async def again(shown: Filled, status: int) -> web.Response:
        return await _wishing(request, shown, status)

    failed = await attempt(request, act, again, typed(_WISHES, form), "occupations")
    if failed is not None:
        return failed
    raise web.HTTPSeeOther(f"/people/{one.row.id}")


_SKILL: Final = (
    Text("occupation", N_("工种"), most=60),
    Choice("kind", N_("怎么学会的"), options=tuple(actions.KINDS)),
    Choice("level", N_("等级"), options=tuple(LEVEL_WORDS), convert=int),
    Text("issuer", N_("发证单位"), most=100, required=False),
    Text("number", N_("证书编号"), most=60, required=False),
    Day("issued-on", N_("发证日期"), required=False),
    REASON,
)


async def _skilled(request: web.Request, form: Filled, status: int = 200) -> web.Response:
    one = await whose(request)
    async with speaking(request) as conn:
        rows = await people.skills.all(conn, one.row.id)
    return page(
        request,
        "people/skills.html",
        status=status,
        form=form,
        one=one,
        rows_in=[
            (
                row,
                occupation_name(row.occupation),
                _(actions.KINDS[row.kind]),
                _(LEVEL_WORDS[str(row.level)]),
            )
            for row in rows
        ],
        kinds=[(key, _(words)) for key, words in actions.KINDS.items()],
        levels=[(key, _(words)) for key, words in LEVEL_WORDS.items()],
    )


@routes.get(r"/people/{person:\d+}/skills", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def skills(request: web.Request) -> web.Response:
    """Skills and certificates."""
    return await _skilled(request, Filled({"level": ("0",), "kind": ("learnt",)}))


@routes.post(r"/people/{person:\d+}/skills", permission=Permission.PERSON_WRITE, area=Area.PERSON)
async def change_skills(request: web.Request) -> web.Response:
    """Adds a skill or certificate, or takes one out."""
    one, form = await whose(request), await request.post()
    gone = whole_number(text_of(form, "remove"))
    try:
        v = {} if gone else parse(lambda **values: values, _SKILL, form)
    except Invalid as invalid:
        return await _skilled(request, invalid.filled, 422)
    seal, now = request.app[SNAPSHOT].seal, request.app[CLOCK].now()

    async def act(conn: Conn) -> None:
        if gone:
            await actions.remove_skill(conn, actor(request), seal, one.row.id, gone, now=now)
            return
        reason = v.pop("reason")
        await actions.add_skill(
            conn,
            actor(request),
            request.app[KEYS],
            seal,
            one.row.id,
            actions.Skill(**v),
            reason=reason,
            now=now,
        )

    async def again(shown: Filled, status: int) -> web.Response:
        return await _skilled(request, shown, status)

    failed = await attempt(request, act, again, typed(_SKILL, form), "occupation")
    if failed is not None:
        return failed
    raise web.HTTPSeeOther(f"/people/{one.row.id}/skills")
