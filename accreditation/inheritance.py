"""Local rubrics: what a province or city may change of the rubric above it, and what comes of it.

Each locality writes its own standard on the national one (豫残联〔2022〕33号 二(二)3). A local
rubric is a short document of changes; the effective rubric is computed from it and says of each
item where it comes from. Locally, standards may be added and made stricter, and points shifted
inside limits; what the nation calls core is neither dropped nor made worth less.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from accreditation.errors import RubricFault
from accreditation.lint import lint
from accreditation.rescaling import Inexact, Looser, raised, rescaled
from accreditation.rubric import Raw, decimal_of
from accreditation.shape import LOCAL, Fault, misfits

Document = dict[str, Any]


class Level(StrEnum):
    """Who writes a rubric, from the top down."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Layer:
    """One document that an effective rubric is made of."""

    level: Level
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item comes from, and who changed its points or thresholds last, if anyone."""

    item: Layer
    points: Layer | None = None
    thresholds: Layer | None = None


@dataclass(frozen=True, slots=True)
class Effective:
    """A rubric as it holds in one place: the whole document and its layers from the top.

    `national_core` are the points below which no layer may bring an item.
    """

    document: Document
    layers: tuple[Layer, ...]
    origins: Mapping[str, Origin]
    dropped: Mapping[str, Layer]
    national_core: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one layer may go. Our defaults, to be set by the layer above."""

    least_share: Decimal = Decimal("0.5")  # of an item's points in the layer above
    most_share: Decimal = Decimal("1.5")
    section: Decimal = Decimal(5)  # points by which a level-1 section may move
    added: Decimal = Decimal(15)  # points of all items that are added


LIMITS: Final = Limits()


def national(document: Raw) -> Effective:
    """The rubric that all others stand on; raises RubricFault if it has any fault."""
    _refuse(lint(document))
    layer = Layer(Level.NATIONAL, document["id"], document["version"])
    return Effective(
        document=copy.deepcopy(dict(document)),
        layers=(layer,),
        origins={item["id"]: Origin(layer) for item in document["items"]},
        dropped={},
        national_core={
            item["id"]: decimal_of(item["points"]) for item in document["items"] if item["core"]
        },
    )


def inherit(above: Effective, local: Raw, limits: Limits = LIMITS) -> Effective:
    """The rubric as it holds where `local` applies; raises RubricFault with all that is wrong."""
    made, faults = inherited(above, local, limits)
    _refuse(faults)
    return made


def inherited(
    above: Effective, local: object, limits: Limits = LIMITS
) -> tuple[Effective, list[Fault]]:
    """The effective rubric and every fault of the local one, for an author who is still writing.

    With faults the document may be one that the linter refuses; nobody is to be judged by it.
    """
    faults = list(misfits(local, LOCAL))
    if faults or not isinstance(local, dict):
        return above, faults
    faults += _place(above, local)
    if faults:
        return above, faults
    layer = Layer(Level(local["level"]), local["id"], local["version"])
    work = _Work(copy.deepcopy(above.document), layer, dict(above.origins), dict(above.dropped))
    for change in (_named, _drop, _raise, _weigh, _add, _stricter):
        faults += change(work, local)
    _add_up(work.document)
    faults += _within(above, work, limits)
    faults += lint(work.document)
    return (
        Effective(
            work.document,
            (*above.layers, layer),
            work.origins,
            work.dropped,
            above.national_core,
        ),
        faults,
    )


def _refuse(faults: list[Fault]) -> None:
    if faults:
        told = "; ".join(f"{fault.item}: {fault}" for fault in faults)
        raise RubricFault("指标体系有{n}处问题：{faults}", n=len(faults), faults=told)


@dataclass(slots=True)
class _Work:
    """The effective rubric while a layer is laid on."""

    document: Document
    layer: Layer
    origins: dict[str, Origin]
    dropped: dict[str, Layer]

    def item(self, code: str) -> Document | None:
        return next((one for one in self.document["items"] if one["id"] == code), None)

    def missing(self, code: str) -> Fault:
        return Fault("unknown_item", code, RubricFault("上级指标体系中没有指标 {code}", code=code))


def _place(above: Effective, local: Raw) -> Iterator[Fault]:
    """The layer stands on the very version that it was written for, one level down or more."""
    top = above.layers[-1]
    on = local["inherits"]
    if (on["id"], on["version"]) != (top.id, top.version):
        yield Fault(
            "other_parent",
            local["id"],
            RubricFault(
                "写于 {id} {version} 之上，现上级为 {now} {now_version}，须重新核对",
                id=on["id"],
                version=on["version"],
                now=top.id,
                now_version=top.version,
            ),
        )
    order = list(Level)
    if order.index(Level(local["level"])) <= order.index(top.level):
        yield Fault(
            "level", local["id"], RubricFault("地方指标体系须低于其上级：{level}", level=top.level)
        )


def _named(work: _Work, local: Raw) -> Iterator[Fault]:
    work.document.update(id=local["id"], version=local["version"], basis_note=local["basis_note"])
    work.document["sources"] = {**local.get("sources", {}), **work.document["sources"]}
    work.document["units"] = {**local.get("units", {}), **work.document["units"]}
    yield from ()


def _drop(work: _Work, local: Raw) -> Iterator[Fault]:
    for code in local.get("drop", ()):
        found = work.item(code)
        if found is None:
            yield work.missing(code)
            continue
        work.document["items"].remove(found)
        del work.origins[code]
        work.dropped[code] = work.layer
    for level, above in (("level2", "items"), ("level1", "level2")):
        field = "l2" if above == "items" else "l1"
        kept = {one[field] for one in work.document[above]}
        work.document[level] = [one for one in work.document[level] if one["id"] in kept]


def _raise(work: _Work, local: Raw) -> Iterator[Fault]:
    for code, change in local.get("raise", {}).items():
        found = work.item(code)
        if found is None:
            yield work.missing(code)
            continue
        try:
            found["rule"] = raised(found["score_type"], found["rule"], change)
        except Looser as fault:
            yield Fault("looser", code, fault)
            continue
        work.origins[code] = replace(work.origins[code], thresholds=work.layer)


def _weigh(work: _Work, local: Raw) -> Iterator[Fault]:
    for code, points in local.get("points", {}).items():
        found = work.item(code)
        if found is None:
            yield work.missing(code)
            continue
        try:
            found["rule"] = rescaled(
                found["score_type"], found["rule"], decimal_of(found["points"]), decimal_of(points)
            )
        except Inexact as fault:
            yield Fault("inexact", code, fault)
            continue
        found["points"] = points
        work.origins[code] = replace(work.origins[code], points=work.layer)


def _add(work: _Work, local: Raw) -> Iterator[Fault]:
    """New sections and items go to the end of what they belong to; the linter sees to the rest."""
    added = local.get("add", {})
    for level in ("level1", "level2", "items"):
        work.document[level] += [dict(one) for one in added.get(level, ())]
    for item in added.get("items", ()):
        work.origins.setdefault(item["id"], Origin(work.layer))
    yield from ()


def _stricter(work: _Work, local: Raw) -> Iterator[Fault]:
    """Cuts of grades and minima may only rise; vetoes may only be added."""
    for name, key, field in (("grades", "code", "min"), ("minima", "id", "min_share")):
        known = {one[key]: one for one in work.document[name]}
        for code, value in local.get(name, {}).items():
            if code not in known:
                yield work.missing(code)
            elif decimal_of(value) < decimal_of(known[code][field]):
                yield Fault(
                    "looser",
                    code,
                    RubricFault(
                        "{code} 只能提高，上级为{least}", code=code, least=known[code][field]
                    ),
                )
            else:
                known[code][field] = value
    work.document["vetoes"] = [*work.document["vetoes"], *local.get("vetoes", ())]


def _add_up(document: Document) -> None:
    """Sections are worth what stands in them."""
    for above, below, field in (("level2", "items", "l2"), ("level1", "level2", "l1")):
        for section in document[above]:
            inside = (one["points"] for one in document[below] if one[field] == section["id"])
            section["points"] = sum((decimal_of(points) for points in inside), Decimal(0))


def _within(above: Effective, work: _Work, limits: Limits) -> Iterator[Fault]:
    for check in (_core_kept, _items_within, _sections_within, _added_within):
        yield from check(above, work, limits)


def _core_kept(above: Effective, work: _Work, limits: Limits) -> Iterator[Fault]:
    for code, least in above.national_core.items():
        found = work.item(code)
        if found is None:
            yield Fault(
                "core_dropped", code, RubricFault("{code} 是国家核心指标，不得删除", code=code)
            )
        elif decimal_of(found["points"]) < least or not found["core"]:
            yield Fault(
                "core_weakened",
                code,
                RubricFault("{code} 是国家核心指标，不得低于{least}分", code=code, least=least),
            )


def _items_within(above: Effective, work: _Work, limits: Limits) -> Iterator[Fault]:
    before = {one["id"]: decimal_of(one["points"]) for one in above.document["items"]}
    for item in work.document["items"]:
        was, now = before.get(item["id"]), decimal_of(item["points"])
        if was is None or limits.least_share * was <= now <= limits.most_share * was:
            continue
        yield Fault(
            "weight",
            item["id"],
            RubricFault(
                "{code} 的分值可在{low}至{high}之间调整，现为{now}",
                code=item["id"],
                low=_plain(limits.least_share * was),
                high=_plain(limits.most_share * was),
                now=now,
            ),
        )


def _plain(value: Decimal) -> Decimal:
    """3 instead of 3.0, and 10 instead of 1E+1."""
    return value.normalize() + 0


def _sections_within(above: Effective, work: _Work, limits: Limits) -> Iterator[Fault]:
    now = {one["id"]: decimal_of(one["points"]) for one in work.document["level1"]}
    for section in above.document["level1"]:
        moved = now.get(section["id"], Decimal(0)) - decimal_of(section["points"])
        if abs(moved) > limits.section:
            yield Fault(
                "section_weight",
                section["id"],
                RubricFault(
                    "{code} 的分值变动{moved}分，上限{most}分",
                    code=section["id"],
                    moved=moved,
                    most=limits.section,
                ),
            )


def _added_within(above: Effective, work: _Work, limits: Limits) -> Iterator[Fault]:
    own: Callable[[Document], bool] = lambda one: (  # noqa: E731
        work.origins.get(one["id"], Origin(work.layer)).item == work.layer
    )
    added = sum(
        (decimal_of(one["points"]) for one in work.document["items"] if own(one)), Decimal(0)
    )
    if added > limits.added:
        yield Fault(
            "added",
            work.layer.id,
            RubricFault("新增指标共{added}分，上限{most}分", added=added, most=limits.added),
        )
