"""The form of an order: typed words become a draft, or every fault beside its field."""

from typing import Any, Final

from multidict import MultiMapping

from matching.engine.vocabulary import ACCOMMODATIONS, DIMENSIONS, EDUCATION
from matching.orders.terms import INSURANCE
from services.actions.drafts import BASES, DORMS, Draft, occupation
from services.actions.market import MODES, SHIFTS, Demanded, Provided, Skilled
from services.i18n import N_, Message
from services.web.forms import (
    Choice,
    Choices,
    Day,
    Filled,
    Integer,
    Invalid,
    Text,
    Wrong,
    Yes,
    clean,
    filled,
    text_of,
    typed,
)

WORK_TYPES: Final = {
    "on_site": N_("到岗工作"),
    "home": N_("居家工作"),
    "hybrid": N_("到岗和居家结合"),
}
WAGE_BASES: Final = {"month": N_("按月"), "hour": N_("按小时"), "piece": N_("计件（填每月估计数）")}
DORM_WORDS: Final = {"none": N_("不提供"), "yes": N_("提供"), "accessible": N_("提供无障碍住宿")}
SHIFT_WORDS: Final = {
    "day": N_("白班"),
    "rotating": N_("倒班"),
    "night": N_("夜班"),
    "flexible": N_("弹性"),
}
STANCE_WORDS: Final = {
    "offered": N_("单位提供"),
    "secured": N_("由基地或服务机构落实"),
    "refused": N_("不能提供"),
}
INSURANCE_WORDS: Final = {
    "养老": N_("养老保险"),
    "医疗": N_("医疗保险"),
    "失业": N_("失业保险"),
    "工伤": N_("工伤保险"),
    "生育": N_("生育保险"),
}
SKILL_WORDS: Final = {"preferred": N_("优先"), "required": N_("必须会")}
LEVEL_WORDS: Final = {
    "0": N_("会做即可，不要证书"),
    "1": N_("专项职业能力"),
    "2": N_("五级（初级工）"),
    "3": N_("四级（中级工）"),
    "4": N_("三级（高级工）"),
    "5": N_("二级（技师）"),
    "6": N_("一级（高级技师）"),
}
FIELDS: Final = (
    Text("title", N_("岗位名称"), most=60),
    Text("trade", N_("职业"), most=60),
    Text("county", N_("工作所在县（市、区）"), most=6, pattern=r"\d{6}"),
    Integer("seats", N_("名额"), least=1, most=2000),
    Integer("min_headcount", N_("最少几人开班"), least=1, most=2000),
    Choice("work_type", N_("工作方式"), options=tuple(MODES)),
    Text("address", N_("工作地址"), most=120, required=False),
    Integer("wage_min", N_("最低工资"), least=1, most=1_000_000),
    Integer("wage_max", N_("最高工资"), least=1, most=1_000_000),
    Choice("wage_basis", N_("计薪方式"), options=BASES),
    Integer("contract_months", N_("合同月数"), least=1, most=120),
    Choices("insurance", N_("社会保险"), options=INSURANCE, required=False),
    Choice("dorm", N_("住宿"), options=DORMS),
    Choice("shift", N_("班次"), options=tuple(SHIFTS)),
    Day("deadline", N_("报名截止日期")),
    Day("starts_on", N_("上岗日期")),
    Day("class_starts", N_("培训开始日期"), required=False),
    Day("class_ends", N_("培训结束日期"), required=False),
    Choice("education", N_("最低学历"), options=EDUCATION[1:], required=False),
    Text("education_reason", N_("为什么需要这个学历"), most=200, required=False),
    Choice("skill", N_("这个职业的技能"), options=tuple(SKILL_WORDS), required=False),
    Choice("skill_level", N_("技能等级"), options=tuple(LEVEL_WORDS), required=False),
    Yes("taught", N_("培训会教这项技能"), required=False),
)


def parse_draft(form: MultiMapping[Any]) -> Draft:
    """The draft that was typed. Raises Invalid with every field that cannot be read."""
    values: dict[str, Any] = {}
    errors: dict[str, Message] = {}
    for one in FIELDS:
        try:
            values[one.name] = one.parse(form)
        except Wrong as wrong:
            errors[one.name] = wrong.message
    demands, raises = _demands(form, errors)
    accommodations = _accommodations(form)
    if errors:
        raise Invalid(errors, typed_of(form))
    education = values.pop("education")
    skill, level, taught = values.pop("skill"), values.pop("skill_level"), values.pop("taught")
    found = occupation(values["trade"])
    code = (found.code or found.zh) if found else values["trade"]
    skills = (
        [Skilled(code, int(level or 0), skill == "required", taught)] if skill or taught else []
    )
    values["insurance"] = list(values["insurance"])
    return Draft(
        **values,
        education_min=EDUCATION.index(education) if education else None,
        raises=raises,
        demands=demands,
        accommodations=accommodations,
        skills=skills,
    )


def _demands(
    form: MultiMapping[Any], errors: dict[str, Message]
) -> tuple[list[Demanded], dict[str, int]]:
    demands, raises = [], {}
    for one in DIMENSIONS:
        level = clean(text_of(form, f"level-{one.key}")) or "0"
        raised = clean(text_of(form, f"raises-{one.key}")) or "0"
        if level not in ("0", "1", "2", "3", "4") or raised not in ("0", "1", "2", "3", "4"):
            errors[f"level-{one.key}"] = Message(N_("请从列出的程度中选择"))
            continue
        if level != "0":
            essential = bool(text_of(form, f"essential-{one.key}"))
            reason = clean(text_of(form, f"reason-{one.key}"))[:200]
            demands.append(Demanded(one.key, int(level), essential, reason))
        if one.trainable and raised != "0":
            raises[one.key] = int(raised)
    return demands, raises


def _accommodations(form: MultiMapping[Any]) -> list[Provided]:
    found = []
    for one in ACCOMMODATIONS:
        stance = clean(text_of(form, f"stance-{one.key}"))
        if stance:
            found.append(Provided(one.key, stance, clean(text_of(form, f"why-{one.key}"))[:200]))
    return found


def _part_names() -> tuple[str, ...]:
    dimensions = [
        f"{part}-{one.key}"
        for one in DIMENSIONS
        for part in ("level", "essential", "reason", "raises")
    ]
    return (*dimensions, *(f"{part}-{a.key}" for a in ACCOMMODATIONS for part in ("stance", "why")))


def typed_of(form: MultiMapping[Any]) -> dict[str, tuple[str, ...]]:
    """Everything that was typed, to be shown again."""
    shown = dict(typed(FIELDS, form))
    return shown | {name: (text_of(form, name),) for name in _part_names() if text_of(form, name)}


def form_of(draft: Draft) -> Filled:
    """A form that shows a stored draft."""
    values: dict[str, Any] = {one.name: getattr(draft, one.name, None) for one in FIELDS}
    if draft.education_min:
        values["education"] = EDUCATION[draft.education_min]
    if draft.skills:
        first = draft.skills[0]
        values |= {"skill": "required" if first.required else "preferred", "taught": first.taught}
        values["skill_level"] = str(first.level)
    shown = dict(filled(FIELDS, values).typed)
    return Filled(shown | parts_of(draft.demands, draft.accommodations, draft.raises))


def parts_of(
    demands: list[Demanded], accommodations: list[Provided], raises: dict[str, int]
) -> dict[str, tuple[str, ...]]:
    """Demands and accommodations as they stand in their inputs."""
    shown: dict[str, tuple[str, ...]] = {}
    for one in demands:
        shown[f"level-{one.dimension}"] = (str(one.level),)
        shown[f"reason-{one.dimension}"] = (one.reason,)
        if one.essential:
            shown[f"essential-{one.dimension}"] = ("yes",)
    for key, levels in raises.items():
        shown[f"raises-{key}"] = (str(levels),)
    for given in accommodations:
        shown[f"stance-{given.accommodation}"] = (given.stance,)
        shown[f"why-{given.accommodation}"] = (given.reason,)
    return shown
