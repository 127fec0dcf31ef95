"""What a locality changed, found from a whole rubric that it sends back.

A province or city edits the effective rubric as a workbook or a document; what is stored and
judged is only the list of its changes (inheritance.py), computed here and proved by laying it on
again: whatever does not come out as it was sent is named, for it is not a locality's to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from accreditation.errors import RubricFault
from accreditation.inheritance import LIMITS, Document, Effective, Limits, inherited
from accreditation.rescaling import Inexact, rescaled, times
from accreditation.rubric import Raw, decimal_of
from accreditation.shape import RUBRIC, Fault, misfits

KEYED: Final[Mapping[str, str]] = {
    "level1": "id",
    "level2": "id",
    "items": "id",
    "vetoes": "id",
    "grades": "code",
    "minima": "id",
}
_OWN: Final = frozenset({"id", "version", "basis_note"})  # every layer has its own


def derived(
    above: Effective, whole: object, head: Raw, limits: Limits = LIMITS
) -> tuple[Document, list[Fault]]:
    """The local document that makes `whole` of the rubric above, and everything that it can't be.

    `head` gives id, version and level of the local rubric; its words on its basis are those of
    `whole`. With faults in the form of `whole` the document is empty.
    """
    faults = list(misfits(whole, RUBRIC))
    if faults or not isinstance(whole, dict):
        return {}, faults
    top = above.layers[-1]
    local: Document = {
        "id": head["id"],
        "version": head["version"],
        "level": head["level"],
        "inherits": {"id": top.id, "version": top.version},
        "basis_note": whole["basis_note"],
    }
    for name, change in _changes(above.document, whole).items():
        if change:
            local[name] = change
    made, faults = inherited(above, local, limits)
    told = {fault.item for fault in faults}
    faults += [one for one in _unlike(made.document, whole) if one.item not in told]
    return local, faults


def _changes(above: Raw, whole: Raw) -> dict[str, Any]:
    before, after = _by(above, "items"), _by(whole, "items")
    kept = {code: (before[code], after[code]) for code in before if code in after}
    inside = {one["l2"] for one, _ in kept.values()}
    level2 = {one["id"]: one["l1"] for one in above["level2"] if one["id"] in inside}
    stay = {"level1": set(level2.values()), "level2": level2.keys(), "items": before.keys()}
    added = {
        level: [one for one in whole[level] if one["id"] not in there]
        for level, there in stay.items()
    }
    raised = {code: _raised(one, other) for code, (one, other) in kept.items()}
    return {
        "drop": [code for code in before if code not in after],
        "raise": {code: change for code, change in raised.items() if change},
        "points": {
            code: other["points"]
            for code, (one, other) in kept.items()
            if one["points"] != other["points"]
        },
        "add": {level: entries for level, entries in added.items() if entries},
        "grades": _risen(above, whole, "grades", "min"),
        "minima": _risen(above, whole, "minima", "min_share"),
        "vetoes": [one for one in whole["vetoes"] if one["id"] not in _by(above, "vetoes")],
        "sources": {
            key: one for key, one in whole["sources"].items() if key not in above["sources"]
        },
        "units": {key: one for key, one in whole["units"].items() if key not in above["units"]},
    }


def _by(document: Raw, name: str) -> dict[str, Any]:
    return {one[KEYED[name]]: one for one in document[name]}


def _risen(above: Raw, whole: Raw, name: str, field: str) -> dict[str, Any]:
    before = _by(above, name)
    return {
        code: one[field]
        for code, one in _by(whole, name).items()
        if code in before and one[field] != before[code][field]
    }


def _raised(before: Raw, after: Raw) -> dict[str, Any]:
    """What was changed of an item's thresholds, apart from what its new points explain."""
    was, now = decimal_of(before["points"]), decimal_of(after["points"])
    if before["score_type"] != after["score_type"] or now <= 0:
        return {}
    try:
        plain = rescaled(before["score_type"], before["rule"], was, now)
        given = after["rule"]
        change: dict[str, Any] = {
            field: given[field]
            for field in ("target", "floor")
            if field in given and given[field] != plain.get(field)
        }
        if before["score_type"] == "deduction" and given["each"] != plain["each"]:
            change["each"] = times(given["each"], Fraction(was) / Fraction(now))
    except Inexact:
        return {}
    tiers = given.get("tiers", ())
    if all("at" in tier for tier in tiers) and _words(tiers) != _words(plain.get("tiers", ())):
        change["tiers"] = _words(tiers)
    known = plain.get("conditions", [])
    if given.get("conditions", [])[: len(known)] == known:
        change["conditions"] = given.get("conditions", [])[len(known) :]
    return {field: value for field, value in change.items() if value != []}


def _words(tiers: Any) -> list[dict[str, Any]]:
    return [{"at": tier.get("at"), "zh": tier["zh"], "en": tier["en"]} for tier in tiers]


def _unlike(made: Raw, whole: Raw) -> Iterator[Fault]:
    """Each thing that is not as it was sent; sections are worth what stands in them."""
    for name in sorted({*made, *whole} - _OWN):
        if name not in KEYED:
            if made.get(name) != whole.get(name):
                yield _fixed(name, name)
            continue
        sent, there = _by(whole, name), _by(made, name)
        for code in (*there, *(code for code in sent if code not in there)):
            one, other = there.get(code, {}), sent.get(code, {})
            for field in sorted(
                {*one, *other} - ({"points"} if name.startswith("level") else set())
            ):
                if one.get(field) != other.get(field):
                    yield _fixed(code, field)
                    break


def _fixed(code: str, field: str) -> Fault:
    return Fault(
        "not_local",
        code,
        RubricFault("{code} 的 {field} 由上级规定，地方不能这样改", code=code, field=field),
    )
