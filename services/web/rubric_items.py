"""An item of a locality's own, as a form: one for each of the five kinds of rule."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from multidict import MultiMapping

from accreditation.errors import Refusal
from services.i18n import N_, Message
from services.web.forms import Choice, Field, Invalid, Number, Text, Typed, Yes, parse
from services.web.forms import typed as typed_in

Entry = dict[str, Any]
KINDS: Final = {
    "binary": N_("是否符合"),
    "tiered": N_("分档"),
    "ratio": N_("比例"),
    "checklist": N_("清单"),
    "deduction": N_("扣分"),
}
STAGES: Final = {
    "both": N_("准入和运行"),
    "operation": N_("只在运行阶段"),
    "admission": N_("只在准入阶段"),
}
METHODS: Final = {
    "document": N_("查阅资料"),
    "site": N_("现场查看"),
    "interview": N_("访谈"),
    "data": N_("核对数据"),
}
CRITICALITIES: Final = {"minor": N_("一般"), "major": N_("重要")}
LINES: Final = 8  # entries of a checklist that the form has room for
TIERS: Final = 4
SOURCE: Final = {"LOCAL": {"zh": "本地标准", "en": "Local standard"}}
_MOST: Final = Decimal(100)
_EVERY: Final[tuple[Field, ...]] = (
    Text(
        "code",
        N_("编号"),
        most=40,
        pattern=r"[A-Za-z0-9._-]+",
        format=N_("{label}只能用字母、数字、点和短横"),
    ),
    Choice("section", N_("二级指标")),
    Text("name-zh", N_("名称（中文）")),
    Text("name-en", N_("名称（英文）")),
    Number("points", N_("分值"), most=_MOST),
    Choice("stage", N_("阶段"), options=tuple(STAGES)),
    Choice("method", N_("查证方式"), options=tuple(METHODS)),
    Choice("criticality", N_("重要程度"), options=tuple(CRITICALITIES)),
    Yes("na", N_("可以不适用"), required=False),
    Text("evidence-zh", N_("佐证（中文）")),
    Text("evidence-en", N_("佐证（英文）")),
)
_ASKED: Final = (Text("question-zh", N_("问题（中文）")), Text("question-en", N_("问题（英文）")))
_OF_KIND: Final[Mapping[str, tuple[Field, ...]]] = {
    "binary": _ASKED,
    "tiered": (
        *_ASKED,
        *(
            field
            for place in range(TIERS)
            for field in (
                Number(f"tier-points-{place}", N_("得分"), most=_MOST, required=place < 2),
                Number(
                    f"tier-at-{place}",
                    N_("不少于"),
                    decimals=4,
                    most=Decimal(10**6),
                    required=False,
                ),
                Text(f"tier-zh-{place}", N_("说明（中文）"), required=place < 2),
                Text(f"tier-en-{place}", N_("说明（英文）"), required=place < 2),
            )
        ),
    ),
    "ratio": (
        Text("part-zh", N_("分子（中文）")),
        Text("part-en", N_("分子（英文）")),
        Text("all-zh", N_("分母（中文）")),
        Text("all-en", N_("分母（英文）")),
        Number("target", N_("得满分的比例"), decimals=4, most=_MOST),
        Number("floor", N_("不得分的比例"), decimals=4, most=_MOST),
    ),
    "checklist": tuple(
        field
        for place in range(LINES)
        for field in (
            Text(f"line-zh-{place}", N_("内容（中文）"), required=place < 2),
            Text(f"line-en-{place}", N_("内容（英文）"), required=place < 2),
        )
    ),
    "deduction": (*_ASKED, Number("each", N_("每次扣分"), decimals=4, most=_MOST)),
}


def fields(kind: str) -> tuple[Field, ...]:
    """The questions about an item of this kind."""
    return (*_EVERY, *_OF_KIND[kind])


def typed(kind: str, form: MultiMapping[Any]) -> Typed:
    """What was typed into them."""
    return typed_in(fields(kind), form)


def read(kind: str, sections: Sequence[str], form: MultiMapping[Any]) -> Entry:
    """The item, as it stands in a document. Raises Invalid with every error at once."""
    asked = [
        Choice(one.name, one.label, options=tuple(sections)) if one.name == "section" else one
        for one in fields(kind)
    ]
    given: Entry = parse(dict, asked, form)
    key = re.sub(r"[^a-z0-9]", "_", f"own_{given['code']}".lower())
    variables, rule = _RULES[kind](given, key, form)
    return {
        "id": given["code"],
        "l2": given["section"],
        "name_zh": given["name_zh"],
        "name_en": given["name_en"],
        "points": given["points"],
        "stage": given["stage"],
        "core": False,
        "na_allowed": given["na"],
        "criticality": given["criticality"],
        "basis": "R",
        "sources": list(SOURCE),
        "method": given["method"],
        "auto_from_data": False,
        "evidence": [{"zh": given["evidence_zh"], "en": given["evidence_en"]}],
        "score_type": kind,
        "variables": variables,
        "rule": rule,
    }


Made = tuple[list[Entry], Entry]


def _variable(given: Entry, name: str, key: str, kind: str) -> Entry:
    return {"key": key, "zh": given[f"{name}_zh"], "en": given[f"{name}_en"], "kind": kind}


def _binary(given: Entry, key: str, _form: MultiMapping[Any]) -> Made:
    return (
        [_variable(given, "question", key, "yes_no")],
        {"variable": key, "full": given["points"]},
    )


def _tiered(given: Entry, key: str, form: MultiMapping[Any]) -> Made:
    """Tiers by a number where every tier has one, else by choice."""
    rows = [
        {name: given[f"tier_{name}_{place}"] for name in ("points", "at", "zh", "en")}
        for place in range(TIERS)
    ]
    used = [row for row in rows if row["points"] is not None or row["zh"] or row["en"]]
    if any(row["points"] is None or not row["zh"] or not row["en"] for row in used):
        raise _told("tier-points-0", N_("每一档都要写明得分和两种文字的说明"), form)
    numbered = [row for row in used if row["at"] is not None]
    if numbered and len(numbered) != len(used):
        raise _told("tier-at-0", N_("要么每一档都写界限，要么都不写"), form)
    tiers: list[Entry] = [
        {
            "points": row["points"],
            "zh": row["zh"],
            "en": row["en"],
            **({"at": row["at"]} if numbered else {"choice": f"tier_{place}"}),
        }
        for place, row in enumerate(used, start=1)
    ]
    kind = "quantity" if numbered else "choice"
    rule: Entry = {"variable": key, "tiers": tiers}
    if numbered:
        rule["direction"] = "higher_is_better"
    return [_variable(given, "question", key, kind)], rule


def _told(field: str, text: str, form: MultiMapping[Any]) -> Invalid:
    return Invalid({field: Message(text)}, typed("tiered", form))


def _ratio(given: Entry, key: str, _form: MultiMapping[Any]) -> Made:
    part, whole = f"{key}_part", f"{key}_all"
    return (
        [_variable(given, "part", part, "count"), _variable(given, "all", whole, "count")],
        {
            "numerator": part,
            "denominator": whole,
            "target": given["target"],
            "floor": given["floor"],
        },
    )


def _checklist(given: Entry, key: str, _form: MultiMapping[Any]) -> Made:
    lines = [
        {"key": f"{key}_{place + 1}", "zh": given[f"line_zh_{place}"], "en": en}
        for place in range(LINES)
        if (en := given[f"line_en_{place}"]) or given[f"line_zh_{place}"]
    ]
    return [], {"each": given["points"] / len(lines), "items": lines}


def _deduction(given: Entry, key: str, _form: MultiMapping[Any]) -> Made:
    rule = {"variable": key, "start": given["points"], "each": -given["each"], "min": 0}
    return [_variable(given, "question", key, "count")], rule


_RULES: Final = {
    "binary": _binary,
    "tiered": _tiered,
    "ratio": _ratio,
    "checklist": _checklist,
    "deduction": _deduction,
}


def with_item(whole: Entry, changes: Entry, item: Entry) -> Entry:
    """The changes with one more item of the locality's own. Raises Refusal for a code that is there."""
    if any(one["id"] == item["id"] for one in whole["items"]):
        raise Refusal("编号 {code} 已经有了", code=item["id"])
    add = changes.get("add", {})
    return {
        **changes,
        "add": {**add, "items": [*add.get("items", []), item]},
        "sources": {**changes.get("sources", {}), **SOURCE},
    }


def without_item(changes: Entry, code: str) -> Entry:
    """The changes without it."""
    add = changes.get("add", {})
    items = [one for one in add.get("items", []) if one["id"] != code]
    kept = {**add, "items": items}
    return {**changes, "add": {key: one for key, one in kept.items() if one}}
