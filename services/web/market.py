"""What pages of orders and openings share: the market in memory, previews, words of both languages."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from matching.engine.bins import Bin
from matching.engine.explain import preview
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    ACCOMMODATIONS,
    DIMENSION_AT,
    DIMENSIONS,
    Accommodation,
    Dimension,
    Occupation,
    occupations,
)
from matching.orders.terms import Warned
from services.access import Permission
from services.actions.drafts import Draft, order_of
from services.actions.sign_in import TooMany
from services.db import users
from services.i18n import N_, _, language
from services.snapshot import Held, Snapshot
from services.web.keys import CLOCK
from services.web.page import actor, speaking

SNAPSHOT: Final = web.AppKey("snapshot", Snapshot)
FEWEST_SHOWN: Final = 5  # employers see smaller counts as "fewer than 5"
PREVIEWS: Final = 30  # at once; then one in five seconds
PREVIEWS_A_SECOND: Final = 0.2
CHANGES_SHOWN: Final = 6
BIN_WORDS: Final = {
    Bin.NOW: N_("直接胜任"),
    Bin.ACCOMMODATION: N_("加便利可胜任"),
    Bin.TRAINING: N_("培训后可胜任"),
    Bin.CONFIRM: N_("需确认"),
    Bin.NOT_NOW: N_("暂不匹配"),
}
WARNED: Final = {
    "short_contract": N_("合同不满{months}个月，不计入按比例安排残疾人就业人数"),
    "missing_insurance": N_("还有{count}项社会保险没有勾选，不全额参保不计入按比例安排人数"),
    "no_minimum": N_("系统没有录入当地最低工资标准，请县残联人工核对"),
}
BIN_OF: Final = {
    "now": Bin.NOW,
    "accommodation": Bin.ACCOMMODATION,
    "training": Bin.TRAINING,
    "confirm": Bin.CONFIRM,
    "not_now": Bin.NOT_NOW,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One what-if in words, and how many more would fit."""

    what: str
    more: str


@dataclass(frozen=True, slots=True)
class Preview:
    """How many people fit, as the asker may know it."""

    counts: list[tuple[str, str]]
    changes: list[Change]


def name_of(thing: Dimension | Accommodation | Occupation) -> str:
    """Its name in the present language."""
    return thing.en if language() == "en" else thing.zh


def dimension(key: str) -> Dimension:
    return DIMENSIONS[DIMENSION_AT[key]]


def anchor(key: str, level: int) -> str:
    """What a level of a dimension means."""
    zh, en = dimension(key).levels[min(max(level, 0), 4)]
    return en if language() == "en" else zh


def accommodation_name(key: str) -> str:
    return name_of(ACCOMMODATIONS[ACCOMMODATION_AT[key]]) if key in ACCOMMODATION_AT else key


def occupation_name(code: str) -> str:
    """The name of an occupation code; of a code of several, the first."""
    found = next((one for one in occupations() if code in (one.code, one.zh)), None)
    return name_of(found) if found else code


def warned(one: Warned) -> str:
    """What the poster should know of the terms, in words."""
    return _(WARNED[one.key], **one.values)


async def held(request: web.Request) -> Held:
    """The market as it stands."""
    return await request.app[SNAPSHOT].current(request.app[CLOCK].today())


async def preview_of(request: web.Request, draft: Draft) -> Preview:
    """Counts and what-ifs of an order, at a limited rate. Raises Denied, TooMany, Refusal."""
    asker = actor(request)
    asker.require(Permission.ORDER_PREVIEW)
    order = order_of(draft)
    async with speaking(request) as conn:
        key = f"preview:{asker.user}"
        now = request.app[CLOCK].now()
        if not await users.take_token.value(conn, key, PREVIEWS, PREVIEWS_A_SECOND, now):
            raise TooMany("试算次数太多，请稍后再试")
    now_held = await held(request)
    told = await asyncio.to_thread(preview, now_held.market, order, now_held.distances)
    exact = not asker.employers

    def shown(count: int) -> str:
        return _("少于5") if not exact and count < FEWEST_SHOWN else str(count)

    bins = [Bin.NOW, Bin.ACCOMMODATION, Bin.TRAINING, Bin.CONFIRM]
    if exact:  # with the total known, the rest would tell what is hidden
        bins.append(Bin.NOT_NOW)
    return Preview(
        [(_(BIN_WORDS[one]), shown(told.counts[one])) for one in bins],
        [
            Change(_what(change.kind, change.key), shown(change.more))
            for change in told.changes[:CHANGES_SHOWN]
            if change.more
        ],
    )


def _what(kind: str, key: str) -> str:
    words = {
        "wage": N_("月工资加200元"),
        "dorm": N_("提供住宿"),
        "home": N_("改为居家工作"),
        "education": N_("不要求学历"),
    }
    if kind == "accommodation":
        return _("提供“{accommodation}”", accommodation=accommodation_name(key))
    return _(words[kind])
