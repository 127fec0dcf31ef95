"""The words for the engine's reasons, the same in files and on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from matching.engine.bins import Arrangement, Bin, Exclusion, Gain, Ground, Question, Unknown
from matching.engine.vocabulary import (
    ACCOMMODATION_AT,
    ACCOMMODATIONS,
    DIMENSION_AT,
    DIMENSIONS,
    FACTS,
    occupations,
)
from services.i18n import N_, _, language

BIN_NAMES: Final[Mapping[Bin, str]] = {
    Bin.NOT_NOW: N_("暂不匹配"),
    Bin.CONFIRM: N_("需确认"),
    Bin.TRAINING: N_("培训后可胜任"),
    Bin.ACCOMMODATION: N_("加便利可胜任"),
    Bin.NOW: N_("直接胜任"),
}
PROVIDERS: Final = {
    "employer": N_("用人单位提供"),
    "person": N_("本人自带"),
    "site": N_("场地改造"),
    "base": N_("基地提供"),
    "service": N_("服务机构提供"),
    "both": N_("单位与本人共同准备"),
}
COSTS: Final = {"none": N_("不花钱"), "low": N_("费用低"), "medium": N_("费用中等")}
FACT_NAMES: Final[Mapping[str, str]] = dict(
    zip(
        FACTS,
        (
            N_("愿意接受定向行走训练"),
            N_("家里适合办公"),
            N_("有一只手能用"),
            N_("会读盲文"),
            N_("能读文字"),
            N_("能读文字或图"),
            N_("能看到或感到信号"),
            N_("会手语"),
            N_("使用替代输入设备"),
            N_("使用助听器"),
            N_("使用读屏软件"),
        ),
        strict=True,
    )
)
MUST_NAMES: Final = {
    "wage": N_("工资低于本人底线"),
    "distance": N_("超出本人能接受的距离"),
    "mode": N_("工作方式不是本人要的"),
    "shift": N_("班次不是本人要的"),
    "dorm": N_("不提供本人需要的宿舍"),
    "occupation": N_("不是本人要的职业"),
}


def dimension_name(key: str) -> str:
    """A demand, in the present language."""
    one = DIMENSIONS[DIMENSION_AT[key]]
    return one.en if language() == "en" else one.zh


def accommodation_name(key: str) -> str:
    """An accommodation, in the present language."""
    one = ACCOMMODATIONS[ACCOMMODATION_AT[key]]
    return one.en if language() == "en" else one.zh


def occupation_name(code: str) -> str:
    """The trade behind a code, or the code itself when it isn't one of our trades."""
    for one in occupations():
        if one.code == code:
            return one.en if language() == "en" else one.zh
    return code


def exclusion_words(gap: Exclusion) -> str:
    """What excludes, how much is missing and what would change it."""
    if gap.ground is Ground.DEMAND:
        said = _(
            "岗位要求“{demand}”{needed}级，目前{has}级",
            demand=dimension_name(gap.key),
            needed=gap.needed,
            has=gap.has,
        )
        if not gap.would_close:
            return said
        names = "、".join(accommodation_name(key) for key in gap.would_close)
        return said + _("；如提供以下任一便利即可：{names}", names=names)
    if gap.ground is Ground.SKILL:
        return _("需要“{skill}”技能，班里不教", skill=occupation_name(gap.key))
    if gap.ground is Ground.EDUCATION:
        return _("未达到有依据的学历要求")
    if gap.ground is Ground.DATE:
        return _("到岗时还不能工作")
    return _(MUST_NAMES[gap.key]) if gap.ground is Ground.MUST else _("本人不愿意去")


def question_words(question: Question) -> str:
    """What should be asked, and of whom."""
    if question.about is Unknown.CAPACITY:
        return _("“{demand}”能做到几级？", demand=dimension_name(question.key))
    if question.about is Unknown.FACT:
        return _("本人是否{fact}？", fact=_(FACT_NAMES[question.key]))
    if question.about is Unknown.SAFETY:
        return _("请评估员确认此岗位“{demand}”的安全措施", demand=dimension_name(question.key))
    return _("学历是什么？") if question.about is Unknown.EDUCATION else _("何时达到工作年龄？")


def arrangement_words(needed: Arrangement) -> str:
    """What must be arranged, who provides it, in which cost band."""
    return _(
        "{name}（{provider}，{cost}）",
        name=accommodation_name(needed.key),
        provider=_(PROVIDERS[needed.provider]),
        cost=_(COSTS[needed.cost_band]),
    )


def gain_words(gain: Gain) -> str:
    """What the class adds."""
    name = occupation_name(gain.key) if gain.kind == "skill" else dimension_name(gain.key)
    return _("班里学会：{name}", name=name)
