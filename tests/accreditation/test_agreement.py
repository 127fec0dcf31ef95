"""When moderation opens, and what comes of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from accreditation.agreement import (
    Difference,
    ItemScore,
    On,
    Sheet,
    agree,
    differences,
    mean_points,
    median_of_three,
)
from accreditation.errors import BadValue


def item(points, tier=None, full=8) -> ItemScore:
    return ItemScore(Decimal(points), Decimal(full), tier)


ONE = Sheet("a", {"A.1": item(6, 2)}, Decimal(80), "good")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (replace(ONE, items={"A.1": item(4, 1)}), ()),
        (replace(ONE, items={"A.1": item(6, 0)}), (Difference(On.ITEM, "A.1"),)),
        (replace(ONE, items={"A.1": item("3.9", 2)}), (Difference(On.ITEM, "A.1"),)),
        (replace(ONE, total=Decimal(85)), ()),
        (replace(ONE, total=Decimal("85.01")), (Difference(On.TOTAL),)),
        (replace(ONE, grade="pass"), (Difference(On.GRADE),)),
        (replace(ONE, vetoes=frozenset({"V3"})), (Difference(On.VETO, "V3"),)),
    ],
)
def test_moderation_opens_beyond_a_limit_and_not_at_it(other, found):
    assert differences([ONE, replace(other, assessor="b")]) == found
    assert agree([ONE, other]) == (not found)


def test_the_middle_of_three_blind_scores_stands():
    three = [
        replace(ONE, assessor=a, items={"A.1": item(p)})
        for a, p in zip("abc", (2, 8, 5), strict=True)
    ]
    assert median_of_three(three) == {"A.1": 5}
    with pytest.raises(BadValue):
        median_of_three([three[0], three[0], three[1]])


def test_sheets_that_agree_come_to_their_mean():
    assert mean_points([ONE, replace(ONE, items={"A.1": item(5)})]) == {"A.1": Decimal("5.5")}


def test_sheets_on_different_items_are_not_compared():
    with pytest.raises(BadValue):
        differences([ONE, replace(ONE, items={"A.2": item(6)})])
    with pytest.raises(BadValue):
        differences([ONE])
