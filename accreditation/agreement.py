"""Where two blind assessors differ too much, and what their scores come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from statistics import median
from typing import Final

from accreditation.errors import BadValue


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One assessor's points for one item, of `full`; `tier` is the rank of the anchor chosen
    (0 the lowest), None where the item has no tiers."""

    points: Decimal
    full: Decimal
    tier: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one assessor locked: scores by item, total, grade, vetoes flagged."""

    assessor: str
    items: Mapping[str, ItemScore]
    total: Decimal
    grade: str
    vetoes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """How far two sheets may differ: tiers, share of an item's points, points of the total."""

    tiers: int = 1
    share: Decimal = Decimal("0.25")
    total: Decimal = Decimal(5)


LIMITS: Final = Limits()  # our default, after double-marking practice


class On(StrEnum):
    """What two sheets differ on."""

    ITEM = "item"
    TOTAL = "total"
    GRADE = "grade"
    VETO = "veto"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that opens moderation; `item` is the item or veto, "" for total and grade."""

    on: On
    item: str = ""


def differences(sheets: Sequence[Sheet], limits: Limits = LIMITS) -> tuple[Difference, ...]:
    """Everything on which any two of the sheets differ beyond the limits; none: they agree.

    A difference exactly at a limit is within it; any difference of grade or veto
    counts. Raises BadValue for fewer than two sheets, or sheets on different items.
    """
    _same_items(sheets)
    found: dict[Difference, None] = {}
    for one, other in combinations(sheets, 2):
        for item in one.items:
            if _apart(one.items[item], other.items[item], limits):
                found[Difference(On.ITEM, item)] = None
        if abs(one.total - other.total) > limits.total:
            found[Difference(On.TOTAL)] = None
        if one.grade != other.grade:
            found[Difference(On.GRADE)] = None
        for veto in sorted(one.vetoes ^ other.vetoes):
            found[Difference(On.VETO, veto)] = None
    return tuple(found)


def agree(sheets: Sequence[Sheet], limits: Limits = LIMITS) -> bool:
    """Whether the sheets are within the limits, so that no moderation opens."""
    return not differences(sheets, limits)


def mean_points(sheets: Sequence[Sheet]) -> dict[str, Decimal]:
    """Points by item of sheets that agree: the mean of all of them, not rounded."""
    _same_items(sheets)
    return {
        item: sum((sheet.items[item].points for sheet in sheets), Decimal(0)) / len(sheets)
        for item in sheets[0].items
    }


def median_of_three(sheets: Sequence[Sheet]) -> dict[str, Decimal]:
    """Points by item after a third blind score: the middle one of each item.

    Raises BadValue unless there are exactly three sheets, of three assessors.
    """
    _same_items(sheets)
    if len(sheets) != 3 or len({sheet.assessor for sheet in sheets}) != 3:
        raise BadValue("取中位数须有三名评估员各一份评分")
    return {item: median(s.items[item].points for s in sheets) for item in sheets[0].items}


def _apart(one: ItemScore, other: ItemScore, limits: Limits) -> bool:
    if (
        one.tier is not None
        and other.tier is not None
        and abs(one.tier - other.tier) > limits.tiers
    ):
        return True
    return abs(one.points - other.points) > limits.share * max(one.full, other.full)


def _same_items(sheets: Sequence[Sheet]) -> None:
    if len(sheets) < 2:
        raise BadValue("须有两份以上评分才能比较")
    if any(sheet.items.keys() != sheets[0].items.keys() for sheet in sheets):
        raise BadValue("各份评分的项目不一致")
