"""A local rubric as a form: what was typed becomes changes, and every fault goes beside its field."""

from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from typing import Any, Final

from multidict import MultiMapping

from accreditation.inheritance import Effective
from accreditation.rubric import decimal_of
from accreditation.shape import Fault
from services.i18n import N_, Message
from services.web.forms import Field, Number, Text, Typed, Wrong, clean, text_of

Changes = dict[str, Any]
EDITION: Final = Text(
    "edition",
    N_("版本号"),
    most=40,
    pattern=r"[A-Za-z0-9._-]+",
    format=N_("{label}只能用字母、数字、点和短横"),
)
NOTES: Final = (
    Text("note-zh", N_("依据说明（中文）"), most=1000),
    Text("note-en", N_("依据说明（英文）"), most=1000),
)
_BEST: Final = Decimal(10) ** 6  # larger numbers are slips of the pen
_SHARES: Final = ("target", "floor")


def _number(name: str, label: str, *, least: Decimal | None = Decimal(0)) -> Number:
    return Number(name, label, decimals=4, least=least, most=_BEST)


def tiered(item: Mapping[str, Any]) -> bool:
    """Whether the item's tiers have numbers as limits, which can be raised."""
    return item["score_type"] == "tiered" and all("at" in tier for tier in item["rule"]["tiers"])


def fields_of(item: Mapping[str, Any]) -> list[Field]:
    """The questions about one item of the rubric above."""
    code, rule = item["id"], item["rule"]
    found: list[Field] = [_number(f"points-{code}", N_("分值"))]
    if tiered(item):
        for place, _tier in enumerate(rule["tiers"]):
            found += [
                _number(f"at-{code}-{place}", N_("界限"), least=-_BEST),
                Text(f"zh-{code}-{place}", N_("说明（中文）"), most=500),
                Text(f"en-{code}-{place}", N_("说明（英文）"), most=500),
            ]
    elif item["score_type"] == "ratio":
        found += [
            _number(f"target-{code}", N_("得满分的比例")),
            _number(f"floor-{code}", N_("不得分的比例")),
        ]
    elif item["score_type"] == "deduction":
        found.append(_number(f"each-{code}", N_("每次扣分")))
    return found


def grade_fields(above: Effective) -> list[Field]:
    """The cuts of grades (but the lowest) and the minima."""
    grades, minima = above.document["grades"][:-1], above.document["minima"]
    return [
        *(_number(f"grade-{one['code']}", N_("最低分")) for one in grades),
        *(_number(f"minimum-{one['id']}", N_("最低比例")) for one in minima),
    ]


def every_field(above: Effective) -> list[Field]:
    """All questions, in the order of the page."""
    items = [field for item in above.document["items"] for field in fields_of(item)]
    return [EDITION, *NOTES, *items, *grade_fields(above)]


def shown(above: Effective, changes: Changes) -> Typed:
    """The stored changes as they stand in the inputs."""
    note = changes["basis_note"]
    values: dict[str, object] = {
        "edition": changes["version"],
        "note-zh": note["zh"],
        "note-en": note["en"],
    }
    points, raised = changes.get("points", {}), changes.get("raise", {})
    for item in above.document["items"]:
        code, rule = item["id"], item["rule"]
        change = raised.get(code, {})
        values[f"points-{code}"] = points.get(code, item["points"])
        if tiered(item):
            for place, tier in enumerate(change.get("tiers", rule["tiers"])):
                for name in ("at", "zh", "en"):
                    values[f"{name}-{code}-{place}"] = tier[name]
        elif item["score_type"] == "ratio":
            for name in _SHARES:
                values[f"{name}-{code}"] = change.get(name, rule[name])
        elif item["score_type"] == "deduction":
            values[f"each-{code}"] = -decimal_of(change.get("each", rule["each"]))
    for one in above.document["grades"][:-1]:
        values[f"grade-{one['code']}"] = changes.get("grades", {}).get(one["code"], one["min"])
    for one in above.document["minima"]:
        values[f"minimum-{one['id']}"] = changes.get("minima", {}).get(one["id"], one["min_share"])
    typed = {name: (_plain(value),) for name, value in values.items()}
    return {**typed, "drop": tuple(changes.get("drop", ()))}


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{decimal_of(value).normalize():f}"  # type: ignore[arg-type]


def typed(above: Effective, form: MultiMapping[Any]) -> Typed:
    """Everything that was typed, exactly as it was."""
    names = [name for field in every_field(above) for name in field.names()]
    drop = tuple(str(one) for one in form.getall("drop", ()) if isinstance(one, str))
    return {**{name: (text_of(form, name),) for name in names}, "drop": drop}


def read(
    above: Effective, before: Changes, form: MultiMapping[Any]
) -> tuple[Changes, dict[str, Message]]:
    """The changes that the form says, and the error of each field that can't be read.

    A field that can't be read, or was not sent, stays as the rubric above has it. What the form
    does not ask (added items, provisos, vetoes) stays as it was before.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Message] = {}
    for field in every_field(above):
        if field.name not in form:
            continue
        try:
            values[field.name] = field.parse(form)
        except Wrong as wrong:
            errors[field.name] = wrong.message
    known = {item["id"] for item in above.document["items"]}
    drop = [code for code in map(clean, map(str, form.getall("drop", ()))) if code in known]
    stored = before.get("raise", {})
    made: Changes = {**before, "version": values.get("edition", before["version"])}
    made["basis_note"] = {
        "zh": values.get("note-zh", before["basis_note"]["zh"]),
        "en": values.get("note-en", before["basis_note"]["en"]),
    }
    points, raised = {}, {}
    for item in above.document["items"]:
        code = item["id"]
        if code in drop:
            continue
        given = values.get(f"points-{code}", decimal_of(item["points"]))
        if given != decimal_of(item["points"]):
            points[code] = given
        change = _raised(item, values)
        if stored.get(code, {}).get("conditions"):
            change["conditions"] = stored[code]["conditions"]
        if change:
            raised[code] = change
    doc = above.document
    made |= {
        "points": points,
        "raise": raised,
        "drop": drop,
        "grades": _risen(values, "grade", {x["code"]: x["min"] for x in doc["grades"]}),
        "minima": _risen(values, "minimum", {x["id"]: x["min_share"] for x in doc["minima"]}),
    }
    empty = ("points", "raise", "drop", "grades", "minima")
    return {key: one for key, one in made.items() if one or key not in empty}, errors


def _raised(item: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    code, rule = item["id"], item["rule"]
    if tiered(item):
        tiers = [
            {name: values.get(f"{name}-{code}-{place}", tier[name]) for name in ("at", "zh", "en")}
            for place, tier in enumerate(rule["tiers"])
        ]
        own = [{name: tier[name] for name in ("at", "zh", "en")} for tier in rule["tiers"]]
        return {"tiers": tiers} if tiers != own else {}
    if item["score_type"] == "ratio":
        return {
            name: values[f"{name}-{code}"]
            for name in _SHARES
            if values.get(f"{name}-{code}", decimal_of(rule[name])) != decimal_of(rule[name])
        }
    if item["score_type"] == "deduction":
        each = values.get(f"each-{code}")
        return {"each": -each} if each is not None and -each != decimal_of(rule["each"]) else {}
    return {}


def _risen(values: Mapping[str, Any], kind: str, above: Mapping[str, Any]) -> dict[str, Any]:
    return {
        code: values[f"{kind}-{code}"]
        for code, least in above.items()
        if values.get(f"{kind}-{code}", decimal_of(least)) != decimal_of(least)
    }


def beside(
    above: Effective, faults: Sequence[Fault], errors: Mapping[str, Message], added: Set[str]
) -> dict[str, Message]:
    """Every fault by the field that it stands beside, in the order of the page.

    `added` are the codes of the local items. What belongs to no field (a sum, a section) stands
    beside the table of sections.
    """
    items = {item["id"]: item for item in above.document["items"]}
    places = {
        **{code: f"added-{code}" for code in added},
        **{one["code"]: f"grade-{one['code']}" for one in above.document["grades"]},
        **{one["id"]: f"minimum-{one['id']}" for one in above.document["minima"]},
    }
    found = dict(errors)
    for fault in faults:
        item = items.get(fault.item)
        name = _field(item, fault) if item else places.get(fault.item, "sections")
        said = Message(fault.problem.text, **fault.problem.values)
        before = found.get(name)
        found[name] = Message(N_("{one}；{other}"), one=before, other=said) if before else said
    order = {field.name: place for place, field in enumerate(every_field(above))}
    return dict(sorted(found.items(), key=lambda pair: order.get(pair[0], -1)))


def _field(item: Mapping[str, Any], fault: Fault) -> str:
    """The field of an item of the rubric above by which a fault can be put right."""
    code = item["id"]
    if fault.code == "core_dropped":
        return f"drop-{code}"
    if fault.code != "looser" and not fault.code.startswith("tier"):
        return f"points-{code}"
    if tiered(item):
        return f"at-{code}-0"
    kind = {"ratio": "target", "deduction": "each"}.get(item["score_type"], "points")
    return f"{kind}-{code}"
