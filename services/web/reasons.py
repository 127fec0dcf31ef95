"""Why an opening fits or does not, in plain words: the engine's reasons, said to a person."""

from dataclasses import dataclass
from typing import Final

from matching.engine.bins import Exclusion, Ground, Judgement, Question, Unknown
from matching.engine.scores import Contribution, Score
from matching.engine.vocabulary import EDUCATION
from services.i18n import N_, _
from services.web.market import accommodation_name, anchor, dimension, name_of, occupation_name

PROVIDERS: Final = {
    "employer": N_("由用人单位提供"),
    "person": N_("由本人自备"),
    "site": N_("由工作场所改造"),
    "base": N_("由培训基地提供"),
    "service": N_("由残联或服务机构安排"),
    "both": N_("由用人单位和服务机构共同安排"),
}
FACTS: Final = {
    "accepts_orientation_training": N_("愿意参加定向行走训练"),
    "home_fit_for_work": N_("家里适合居家工作"),
    "one_usable_hand": N_("至少有一只手可以操作"),
    "reads_braille": N_("会读盲文"),
    "reads_text": N_("能读文字"),
    "reads_text_or_pictures": N_("能看懂文字或图示"),
    "sees_or_feels_signal": N_("能看到或感到信号"),
    "signs": N_("会手语"),
    "uses_alt_input": N_("会用替代输入设备"),
    "uses_hearing_aid": N_("使用助听设备"),
    "uses_screen_reader": N_("会用读屏软件"),
}
DEGREES: Final = {
    "none": N_("没有上过学"),
    "primary": N_("小学"),
    "junior": N_("初中"),
    "senior": N_("高中或中专"),
    "college": N_("大专"),
    "bachelor": N_("本科"),
    "master": N_("研究生"),
}
_PLACES: Final = {
    "home": N_("可以在家工作"),
    "own_county": N_("就在您所在的县（市、区）"),
    "near": N_("离您不远"),
    "move_dorm": N_("要到外地，单位提供住宿"),
    "move": N_("要到外地，单位不提供住宿"),
    "far": N_("离您较远"),
}
_CASES: Final = {
    ("occupation", "wanted"): N_("正是您想做的工作"),
    ("occupation", "related"): N_("和您想做的工作相近"),
    ("occupation", "other"): N_("不在您想做的工作里"),
    ("mode", "wanted"): N_("工作方式合您的意"),
    ("mode", "other"): N_("工作方式不是您想要的"),
    ("shift", "wanted"): N_("班次合您的意"),
    ("shift", "other"): N_("班次不是您想要的"),
    ("dorm", "wanted"): N_("提供您需要的住宿"),
    ("dorm", "missing"): N_("不提供住宿，而您需要"),
    ("skill", "held"): N_("您会这一行的技能"),
    ("skill", "taught"): N_("上岗前的培训会教您"),
    ("skill", "none"): N_("您还没有这一行的技能"),
    ("contract", "3"): N_("合同一年以上"),
    ("contract", "1"): N_("合同不满半年"),
    ("contract", "0"): N_("没有写明合同期限"),
    ("insurance", "1"): N_("五项社会保险都交"),
    ("insurance", "0"): N_("社会保险不全"),
}
_MUSTS: Final = {
    "wage": N_("工资低于您的底线"),
    "distance": N_("超出您能去的距离"),
    "mode": N_("工作方式不是您要求的"),
    "shift": N_("班次不是您要求的"),
    "dorm": N_("不提供您必需的住宿"),
    "occupation": N_("不是您要求的工作"),
}


def _one(part: Contribution) -> str | None:
    if part.key == "place":
        return _(_PLACES[part.case])
    if part.key == "wage" and part.points:
        return _("工资达到您的期望") if part.points > 0 else _("工资低于您的期望")
    if part.key == "preferred" and part.points:
        return _("您有单位优先考虑的技能")
    words = _CASES.get((part.key, part.case))
    return _(words) if words else None


def contributions(score: Score) -> tuple[list[str], list[str]]:
    """What speaks for the pair and what against it, the weightiest first."""
    ranked = sorted(score.contributions, key=lambda part: -abs(part.points))
    said = [(part.points, words) for part in ranked if part.points and (words := _one(part))]
    return [w for points, w in said if points > 0], [w for points, w in said if points < 0]


def arranged(judgement: Judgement) -> list[str]:
    """What must be arranged and by whom."""
    return [
        _(
            "{accommodation}：{provider}",
            accommodation=accommodation_name(one.key),
            provider=_(PROVIDERS[one.provider]),
        )
        for one in judgement.arrangements
    ]


def gained(judgement: Judgement) -> list[str]:
    """What the order's class adds."""
    return [
        _("培训会教：{skill}", skill=occupation_name(one.key))
        if one.kind == "skill"
        else _("培训会提高：{skill}", skill=name_of(dimension(one.key)))
        for one in judgement.gains
    ]


def excluded(one: Exclusion) -> str:
    """A definite gap in plain words, with what would close it."""
    if one.ground is Ground.DEMAND:
        said = _(
            "这份工作需要“{demand}”达到“{level}”，比您登记的高",
            demand=name_of(dimension(one.key)),
            level=anchor(one.key, one.needed),
        )
        if one.would_close:
            aids = "、".join(accommodation_name(key) for key in one.would_close)
            said = _("{gap}；如果提供“{aids}”就可以", gap=said, aids=aids)
        return said
    if one.ground is Ground.SKILL:
        return _("要求会“{skill}”，而本订单的培训不教", skill=occupation_name(one.key))
    if one.ground is Ground.EDUCATION:
        return _("要求学历达到“{degree}”", degree=_(DEGREES[one.key]))
    if one.ground is Ground.DATE:
        return _("开始的日期早于您可以工作的日期")
    if one.ground is Ground.MUST:
        return _(_MUSTS[one.key])
    return _("您说过不考虑这个岗位或这类工作")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the person with its answers; nothing to choose where staff must confirm."""

    about: str
    key: str
    words: str
    options: list[tuple[str, str]]


def asked(one: Question) -> Asked:
    """The question behind an unknown."""
    if one.about is Unknown.CAPACITY:
        words = _("“{demand}”，您能做到什么程度？", demand=name_of(dimension(one.key)))
        levels = [(str(level), anchor(one.key, level)) for level in range(5)]
        return Asked("capacity", one.key, words, levels)
    if one.about is Unknown.FACT:
        words = _("您是否：{fact}？", fact=_(FACTS.get(one.key, one.key)))
        return Asked("fact", one.key, words, [("yes", _("是")), ("no", _("不是"))])
    if one.about is Unknown.EDUCATION:
        degrees = [(key, _(DEGREES[key])) for key in EDUCATION]
        return Asked("education", "education", _("您的学历是？"), degrees)
    if one.about is Unknown.SAFETY:
        words = _(
            "“{demand}”关系安全，要由指定的评估员到岗位确认，请联系县残联",
            demand=name_of(dimension(one.key)),
        )
        return Asked("", one.key, words, [])
    return Asked("", one.key, _("请联系县残联确认可以开始工作的日期"), [])
