"""Which occupation a typed job title is: the poster chooses, the machine only proposes."""

import asyncio
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from aiohttp import web

from matching.engine.titles.model import Answer, shipped
from matching.engine.vocabulary import Occupation, occupations
from services.actions.drafts import occupation, suggestions
from services.i18n import N_, _
from services.web.market import name_of
from services.web.page import page

LONGEST: Final = 60  # characters of a typed title
MOST: Final = 5  # proposals; the right code is among the first five of most titles (docs/titles.md)
LIKELY: Final = 0.6
POSSIBLE: Final = 0.2
NONE_OF_THESE: Final = "none"  # the answer; no occupation is called so

GROUPS: Final = {
    "service": N_("服务业"),
    "ict": N_("信息技术和新媒体"),
    "office": N_("办公室工作"),
    "art": N_("设计和艺术"),
    "craft": N_("手工艺"),
    "industry": N_("工业和物流"),
    "agri": N_("种植和养殖"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One occupation that the title may mean."""

    zh: str
    code: str
    name: str
    also: str  # what else it is called
    how_likely: str


async def read(title: str, most: int = MOST) -> Answer:
    """What the title probably means. Off the event loop: the first call loads the model."""
    answers = await asyncio.to_thread(lambda: shipped().answer([title], most))
    return answers[0]


def asked(request: web.Request, name: str) -> str:
    """A word of the address, as a title may be."""
    return request.query.get(name, "").replace("\0", "").strip()[:LONGEST]


async def choose(request: web.Request, words: str) -> web.Response:
    """The page that asks which occupation it is: proposals, what holds the word, or all trades."""
    none = words == NONE_OF_THESE
    typed = asked(request, "title") if none else words
    proposals = await _proposals(typed) if typed and not none else []
    known = {one.zh for one in proposals}
    holding = [] if none else [one for one in suggestions(typed) if one.zh not in known]
    return page(
        request,
        "orders/occupation.html",
        words=typed,
        none_fits=none,
        none_value=NONE_OF_THESE,
        proposals=proposals,
        holding=[_link(one) for one in holding],
        groups=_grouped() if none else [],
    )


async def _proposals(typed: str) -> list[Proposal]:
    """At most five, likeliest first; upper levels of the classification are no occupations."""
    answer = await read(typed, MOST * 2)
    out: dict[str, Proposal] = {}
    for one in answer.candidates:
        found = occupation(one.code)
        if found is not None and one.probability > 0:
            out.setdefault(found.zh, _proposal(found, one.probability))
    return list(out.values())[:MOST]


def _proposal(found: Occupation, probability: float) -> Proposal:
    words = ""
    if probability >= LIKELY:
        words = _("很可能")
    elif probability >= POSSIBLE:
        words = _("有可能")
    also = "、".join(found.aliases[:4])
    return Proposal(found.zh, found.code, name_of(found), also, words)


def _link(one: Occupation) -> tuple[str, str, str]:
    return one.zh, name_of(one), "、".join(one.aliases)


def _grouped() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """All trades of this programme, by kind of work."""
    order = list(GROUPS)
    trades = [one for one in occupations() if one.group in GROUPS]
    trades.sort(key=lambda one: order.index(one.group))
    return [
        (_(GROUPS[group]), [_link(one) for one in some])
        for group, some in groupby(trades, key=lambda one: one.group)
    ]
