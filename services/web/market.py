"""What pages of orders and openings share: the market in memory, previews, words of both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from matching.engine.bins import Bin
from matching.engine.preview import Change as Counted
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
from matching.orders import disclosure
from matching.orders.terms import Warned
from services.access import Permission
from services.actions.drafts import Draft, order_of
from services.actions.sign_in import TooMany
from services.db import users
from services.i18n import N_, _, language
from services.previews import QUESTIONS_A_DAY, Previews
from services.snapshot import Held, Snapshot
from services.web.keys import CLOCK
from services.web.page import actor, speaking

SNAPSHOT: Final = web.AppKey("snapshot", Snapshot)
PREVIEWER: Final = web.AppKey("previews", Previews)
PREVIEWS: Final = 30  # at once; then one in five seconds
PREVIEWS_A_SECOND: Final = 0.2
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
    exact: bool  # true counts for staff, rounded ones for employers


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
    order, clock = order_of(draft), request.app[CLOCK]
    previews, now = request.app[PREVIEWER], clock.now()
    await _take(request, f"preview:{asker.user}", PREVIEWS, PREVIEWS_A_SECOND)
    if not asker.employers:
        told = await previews.exact(order, clock.today())
        changes = [one for one in told.changes if one.more][: disclosure.CHANGES_TOLD]
        return _words([(one, told.counts[one]) for one in BIN_WORDS], changes, exact=True)
    if previews.standing(order, now) is None:
        key = f"questions:{min(asker.employers)}"
        await _take(request, key, QUESTIONS_A_DAY, QUESTIONS_A_DAY / 86_400)
    seen = await previews.rounded(order, clock.today(), now)
    return _words(list(seen.counts.items()), seen.changes, exact=False)


async def _take(request: web.Request, key: str, burst: float, per_second: float) -> None:
    async with speaking(request) as conn:
        now = request.app[CLOCK].now()
        if not await users.take_token.value(conn, key, burst, per_second, now):
            raise TooMany("试算次数太多，请稍后再试")


def _words(
    counts: Sequence[tuple[Bin, int]], changes: Sequence[Counted], *, exact: bool
) -> Preview:
    def shown(count: int) -> str:
        if exact:
            return str(count)
        return _("约{count}", count=count) if count else _("少于5")

    return Preview(
        [(_(BIN_WORDS[one]), shown(count)) for one, count in counts],
        [Change(_what(one.kind, one.key), shown(one.more)) for one in changes],
        exact,
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
