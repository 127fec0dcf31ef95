"""Coverage and the demonstration list."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from accreditation.coverage import Base, County, coverage, gap_left_by
from accreditation.deadlines import WorkCalendar
from accreditation.demonstration import Nominee, rank
from accreditation.facts import Facts

TODAY = date(2026, 3, 2)
COUNTIES = [County("1", "甲", "10", 34, 113), County("2", "乙", "10", 35, 113),
            County("3", "丙", None, 36, 113)]  # fmt: skip
KEPT = Base("b1", "一", "1", "active", date(2027, 1, 1))


def test_only_active_bases_in_counties_cover():
    bases = [KEPT, Base("b2", "二", "2", "suspended"), Base("z", "区", "zone", "active")]
    now = coverage(COUNTIES, bases, TODAY)
    assert [gap.county.code for gap in now.gaps] == ["2", "3"]
    assert [base.id for base in now.uncounted] == ["z"]
    assert (now.gaps[0].nearest, now.gaps[0].nearest_km) == (KEPT, 111)
    assert now.gaps[0].plan_by == date(2026, 9, 2)
    assert now.lapses == {"1": date(2027, 1, 1)}


def test_a_gap_opens_at_once_when_the_last_base_leaves_and_only_then():
    second = replace(KEPT, id="b2")
    assert gap_left_by(KEPT, COUNTIES, [KEPT, second], TODAY) is None
    assert gap_left_by(KEPT, COUNTIES, [KEPT], TODAY).county.code == "1"


FIT = Facts(
    today=TODAY,
    calendar=WorkCalendar(frozenset(), frozenset(), ()),
    since=TODAY,
    accreditation="active",
    level="province",
    operation_grades=("excellent", "good"),
    shares={"A": Decimal("0.75")},
    accessibility_share=Decimal("0.80"),
    findings_open=0,
    operating_since=date(2024, 3, 2),
)


def test_the_best_take_the_places_and_ties_go_by_id():
    points = {"c": 92, "b": 95, "a": 92}
    nominees = [Nominee(base, FIT, Decimal(p)) for base, p in points.items()]
    unfit = Nominee("d", replace(FIT, findings_open=1), Decimal(99))
    found = rank([*nominees, unfit], places=2)
    assert [one.base for one in found.named] == ["b", "a"]
    assert [one.base for one in found.waiting] == ["c"]
    [(refused, reasons)] = found.not_eligible
    assert (refused.base, reasons[0].guard) == ("d", "no_open_finding")
