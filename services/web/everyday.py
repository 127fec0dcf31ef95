"""Plain everyday questions for what a person can do: twelve first, the rest for who has time."""

from typing import Final

from matching.engine.vocabulary import DIMENSIONS
from services.i18n import N_, _
from services.web.market import anchor, dimension, name_of

SHEET: Final = 4  # questions on one page; more of them tire
# The five answers stand for the levels 0..4 of the dimension. Our own wording.
QUESTIONS: Final[dict[str, tuple[str, ...]]] = {
    "stand": (
        N_("站着干活，一天里您能站多久？"),
        N_("站不了"),
        N_("站一小会儿"),
        N_("站站坐坐"),
        N_("能站大半天"),
        N_("整天站着也行"),
    ),
    "walk": (
        N_("干活时要走来走去，您能走多少？"),
        N_("走不了"),
        N_("走几步"),
        N_("有时走走"),
        N_("经常走"),
        N_("一直走动也行"),
    ),
    "lift": (
        N_("您能搬多重的东西？"),
        N_("搬不了"),
        N_("5公斤以内，像一桶油"),
        N_("10公斤以内，像一袋米"),
        N_("20公斤以内"),
        N_("20公斤以上"),
    ),
    "bimanual": (
        N_("干活时，您的两只手怎么用？"),
        N_("只用一只手"),
        N_("另一只手偶尔扶一下"),
        N_("另一只手常常能帮忙"),
        N_("两只手能配合"),
        N_("两只手配合得又快又稳"),
    ),
    "fine_motor": (
        N_("手指能做多细的活？"),
        N_("做不了细活"),
        N_("拿放大件东西"),
        N_("装中等大小的零件"),
        N_("装小零件，像穿针、拧小螺丝"),
        N_("很精密的活"),
    ),
    "near_vision": (
        N_("近处的东西，您能看清多小的？"),
        N_("不靠眼睛干活"),
        N_("大字、大件东西"),
        N_("日常用的东西"),
        N_("普通小字和手机屏幕"),
        N_("极小的字、细小的毛病"),
    ),
    "hear_speech": (
        N_("别人跟您说话，您怎么才能明白？"),
        N_("说话、文字、手语都不方便"),
        N_("写下来或打手语"),
        N_("安静的地方面对面说"),
        N_("人多吵闹也能听懂"),
        N_("打电话也能听懂"),
    ),
    "speak": (
        N_("您能跟别人说话到什么程度？"),
        N_("不方便说话"),
        N_("简单答应几句"),
        N_("日常聊天"),
        N_("能把一件事讲清楚"),
        N_("整天说话也行"),
    ),
    "read": (
        N_("您能看懂哪些字？"),
        N_("不识字"),
        N_("图标和数字"),
        N_("短句、简单表格"),
        N_("说明书"),
        N_("长文章、专业资料"),
    ),
    "learn": (
        N_("学新的活，您能学到什么程度？"),
        N_("一次学一步"),
        N_("两三步的固定做法"),
        N_("步骤多一些，一个月内学会"),
        N_("学几个月能上手的"),
        N_("学半年以上的专业"),
    ),
    "pace": (
        N_("干活的快慢，您能跟上哪一种？"),
        N_("要自己定快慢"),
        N_("每天的量宽松一些"),
        N_("每天有一般的定量"),
        N_("计件，量比较大"),
        N_("跟着流水线走"),
    ),
    "shift": (
        N_("您能上什么班？"),
        N_("只上白班"),
        N_("偶尔上晚班"),
        N_("白班晚班轮着上"),
        N_("有时上夜班"),
        N_("一直上夜班"),
    ),
}
_CORE: Final = [one.key for one in DIMENSIONS if one.core]
_REST: Final = [one.key for one in DIMENSIONS if not one.core]
FACTS_SHEET: Final = len(_CORE) // SHEET + 1  # after the twelve
SHEETS: Final = FACTS_SHEET + -(-len(_REST) // (2 * SHEET))


def keys_of(sheet: int) -> list[str]:
    """The dimensions asked on a sheet, from 1; none on the sheet of yes-or-no questions."""
    if sheet < FACTS_SHEET:
        return _CORE[(sheet - 1) * SHEET : sheet * SHEET]
    at = (sheet - FACTS_SHEET - 1) * 2 * SHEET
    return _REST[at : at + 2 * SHEET] if sheet > FACTS_SHEET else []


def question(key: str) -> tuple[str, list[tuple[str, str]]]:
    """The question and its answers by level, in the present language."""
    if key in QUESTIONS:
        asked, *answers = QUESTIONS[key]
        return _(asked), [(str(level), _(words)) for level, words in enumerate(answers)]
    words = _("“{demand}”，您能做到什么程度？", demand=name_of(dimension(key)))
    return words, [(str(level), anchor(key, level)) for level in range(5)]
