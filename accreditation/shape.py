"""What a well-formed rubric document holds, field by field: the form, before the sense.

A shape is a field's `Leaf`, a list of one shape, a mapping of fields (`?name` may be absent,
`*` stands for any name), or a function that chooses the shape by looking at the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from accreditation.clauses import OPERATORS, Effect, Kind
from accreditation.errors import RubricFault

LIMIT: Final = Decimal(10) ** 9  # larger numbers are slips of the pen


@dataclass(frozen=True, slots=True)
class Fault:
    """A contradiction in a rubric: its kind, where it is, and what to put right."""

    code: str
    item: str
    problem: RubricFault

    def __str__(self) -> str:
        return str(self.problem)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One plain value: what it must be, in words of the file format, and whether it is."""

    expected: str
    accepts: Callable[[object], bool]


def is_number(raw: object) -> bool:
    """Whether the value is a number of a reasonable size and precision (no true, no NaN)."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return False
    number = Decimal(str(raw)) if isinstance(raw, float) else Decimal(raw)
    if not number.is_finite() or abs(number) > LIMIT:
        return False
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -12


def one_of(*names: str) -> Leaf:
    """One of these words."""
    return Leaf(" | ".join(names), lambda raw: isinstance(raw, str) and raw in names)


def _is_value(raw: object) -> bool:
    if isinstance(raw, str):
        return bool(re.fullmatch(r"[a-z][a-z0-9_]*|[0-9]{1,6}/[1-9][0-9]{0,5}", raw))
    return isinstance(raw, bool) or is_number(raw)


TEXT: Final = Leaf("text", lambda raw: isinstance(raw, str) and bool(raw.strip()))
CODE: Final = Leaf(
    "code", lambda raw: isinstance(raw, str) and bool(re.fullmatch(r"[A-Za-z0-9._-]{1,40}", raw))
)
KEY: Final = Leaf(
    "key", lambda raw: isinstance(raw, str) and bool(re.fullmatch(r"[a-z][a-z0-9_]{0,59}", raw))
)
NUMBER: Final = Leaf("number", is_number)
FLAG: Final = Leaf("true | false", lambda raw: isinstance(raw, bool))
VALUE: Final = Leaf('number | "1/3" | true | false | key', _is_value)
OP: Final = one_of(*OPERATORS)

Shape = Any  # Leaf | list[Shape] | dict[str, Shape] | Callable[[object], Shape]

WORDS: Final = {"zh": TEXT, "en": TEXT}
NAMES: Final = {"name_zh": TEXT, "name_en": TEXT}
COMPARISON: Final = {"variables": [KEY], "op": OP, "value": VALUE}


def _tests(inner: Shape) -> Callable[[object], Shape]:
    """A comparison, or all or any of `inner`."""

    def shape(raw: object) -> Shape:
        word = next((w for w in ("all_of", "any_of") if isinstance(raw, dict) and w in raw), None)
        return {word: [inner]} if word else COMPARISON

    return shape


def _rule(raw: object) -> Shape:
    kind = raw.get("score_type") if isinstance(raw, dict) else None
    return RULES.get(kind) if isinstance(kind, str) else None


def _instead(raw: object) -> Shape:
    """A clause that stands in for another."""
    rule = _rule(raw)
    shape: dict[str, Shape] = {"when": TEST, "score_type": SCORE_TYPE, "rule": rule or {"*": None}}
    return shape


TEST: Final = _tests(_tests(COMPARISON))  # two levels say all that a clause ever said
CONDITIONS: Final = [{"test": TEST, "else": one_of(*Effect), **WORDS}]
PROVISOS: Final = {"?conditions": CONDITIONS, "?cases": KEY, "?instead": _instead}
TIER: Final = {"points": NUMBER, **WORDS, "?at": NUMBER, "?choice": KEY, "?when": TEST}
RULES: Final[Mapping[str, Shape]] = {
    "tiered": {
        "tiers": [TIER],
        "?variable": KEY,
        "?direction": one_of("higher_is_better", "lower_is_better"),
    },
    "ratio": {
        "numerator": KEY,
        "denominator": KEY,
        "target": NUMBER,
        "floor": NUMBER,
        "?may_exceed": FLAG,
    },
    "checklist": {"each": NUMBER, "items": [{"key": KEY, **WORDS}]},
    "binary": {"variable": KEY, "full": NUMBER},
    "deduction": {"variable": KEY, "start": NUMBER, "each": NUMBER, "min": NUMBER},
}
SCORE_TYPE: Final = one_of(*RULES)
CHOICES: Final = [{"key": KEY, **WORDS, "?value": NUMBER}]
VARIABLE: Final = {
    "key": KEY,
    **WORDS,
    "kind": one_of(*Kind),
    "?unit": KEY,
    "?choices": CHOICES,
    "?most": NUMBER,
}


def item(raw: object) -> Shape:
    """An item, its rule by its score type."""
    rule = _rule(raw)
    return {
        "id": CODE,
        "l2": CODE,
        **NAMES,
        "points": NUMBER,
        "stage": one_of("both", "operation", "admission"),
        "core": FLAG,
        "na_allowed": FLAG,
        "criticality": one_of("minor", "major"),
        "basis": one_of("S", "R"),
        "sources": [CODE],
        "method": one_of("document", "site", "data", "interview"),
        "auto_from_data": FLAG,
        "evidence": [WORDS],
        "score_type": SCORE_TYPE,
        "?note": TEXT,
        "variables": (VARIABLE,),
        "rule": {**rule, **PROVISOS} if rule else {"*": None},
    }


STAGE: Final = {
    "items": [one_of("both", "operation", "admission")],
    "section_minimum_from_points": NUMBER,
    "demonstration": FLAG,
    **WORDS,
}
RUBRIC: Final = {
    "id": CODE,
    "version": CODE,
    "basis_note": WORDS,
    "total": NUMBER,
    "sources": {"*": WORDS},
    "units": {"*": WORDS},
    "level1": [{"id": CODE, **NAMES, "points": NUMBER}],
    "level2": [{"id": CODE, "l1": CODE, **NAMES, "points": NUMBER}],
    "items": [item],
    "vetoes": (
        {
            "id": CODE,
            **NAMES,
            "effect": [one_of("deny", "suspend", "revoke", "clawback")],
            "sources": [CODE],
        },
    ),
    "bonus": {
        "max": NUMBER,
        "only_for": one_of("demonstration_ranking"),
        "items": ({"id": CODE, **NAMES, "points": NUMBER, "sources": [CODE]},),
    },
    "grades": [{"code": KEY, **WORDS, "min": NUMBER}],
    "minima": (
        {
            "id": CODE,
            **WORDS,
            "select": one_of("each_level1", "sections", "items", "core"),
            "?of": [CODE],
            "min_share": NUMBER,
            "for": KEY,
        },
    ),
    "na_policy": {"max_points": NUMBER, **WORDS},
    "stages": {"admission": STAGE, "operation": STAGE},
    "no_cases": WORDS,
}
RAISED: Final = {
    "?tiers": [{"at": NUMBER, **WORDS}],
    "?target": NUMBER,
    "?floor": NUMBER,
    "?each": NUMBER,
    "?conditions": CONDITIONS,
}
LOCAL: Final = {  # a province's or city's changes (inheritance.py)
    "id": CODE,
    "version": CODE,
    "level": one_of("province", "city"),
    "inherits": {"id": CODE, "version": CODE},
    "basis_note": WORDS,
    "?points": {"*": NUMBER},
    "?raise": {"*": RAISED},
    "?drop": (CODE,),
    "?add": {
        "?level1": ({"id": CODE, **NAMES, "points": NUMBER},),
        "?level2": ({"id": CODE, "l1": CODE, **NAMES, "points": NUMBER},),
        "?items": (item,),
    },
    "?grades": {"*": NUMBER},
    "?minima": {"*": NUMBER},
    "?vetoes": RUBRIC["vetoes"],
    "?sources": {"*": WORDS},
    "?units": {"*": WORDS},
}
FIELD_CODES: Final[Mapping[str, str]] = {
    "zh": "no_chinese",
    "name_zh": "no_chinese",
    "en": "no_english",
    "name_en": "no_english",
    "evidence": "no_evidence",
    "method": "no_method",
    "id": "no_code",
    "code": "no_code",
    "max_points": "na_cap",
    "na_policy": "na_cap",
    "op": "unknown_op",
    "select": "unknown_selector",
    "score_type": "unknown_type",
}


def misfits(raw: object, shape: Shape, path: str = "", where: str = "") -> Iterator[Fault]:
    """Everything in `raw` that does not have the shape.

    A list shape needs at least one entry, a tuple shape may be empty. `path` is the place in the
    document, `where` the code of the nearest thing that has one.
    """
    if callable(shape):
        shape = shape(raw)
    if isinstance(shape, Leaf):
        if not shape.accepts(raw):
            yield _fault(path, where, shape.expected)
    elif isinstance(shape, list | tuple):
        if not isinstance(raw, list) or (not raw and isinstance(shape, list)):
            yield _fault(path, where, "[…]")
            return
        for place, entry in enumerate(raw):
            yield from misfits(entry, shape[0], f"{path}[{place}]", _name(entry, where))
    elif isinstance(shape, dict):
        if not isinstance(raw, dict):
            yield _fault(path, where, "{…}")
            return
        yield from _fields(raw, shape, path, where)


def _fields(
    raw: dict[str, object], shape: dict[str, Shape], path: str, where: str
) -> Iterator[Fault]:
    for field, inner in shape.items():
        name = field.removeprefix("?")
        if field == "*":
            for key, entry in raw.items():
                yield from misfits(entry, inner, f"{path}.{key}", where)
        elif name in raw:
            yield from misfits(raw[name], inner, f"{path}.{name}".lstrip("."), where)
        elif name == field:
            yield Fault(
                FIELD_CODES.get(name, "missing_field"),
                where,
                RubricFault("缺少字段 {path}", path=f"{path}.{name}".lstrip(".")),
            )
    known = {field.removeprefix("?") for field in shape}
    for key in raw:
        if "*" not in known and key not in known:
            yield Fault(
                "unknown_field",
                where,
                RubricFault("没有名为 {path} 的字段", path=f"{path}.{key}".lstrip(".")),
            )


def _fault(path: str, where: str, expected: str) -> Fault:
    field = path.rpartition(".")[2].partition("[")[0]
    return Fault(
        FIELD_CODES.get(field, "wrong_value"),
        where,
        RubricFault("{path} 应为 {expected}", path=path or ".", expected=expected),
    )


def _name(entry: object, where: str) -> str:
    if isinstance(entry, dict):
        for field in ("id", "code"):
            name = entry.get(field)
            if isinstance(name, str) and name:
                return name
    return where
