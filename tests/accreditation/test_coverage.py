"""Coverage, the admission plan beside brute force, and the demonstration list."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from accreditation.admission_plan import Aim, Candidate, Why, plan
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


CANDIDATES = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from("123"), min_size=1), st.integers(0, 9), st.integers(50, 99)
    ),
    max_size=5,
).map(lambda told: [Candidate(str(i), c, y, s * 100) for i, (c, y, s) in enumerate(told)])


def brute_force(candidates, aim, budget, places):
    best = None
    for n in range(min(len(candidates), places) + 1):
        for chosen in combinations([c for c in candidates if c.score_hundredths >= 6000], n):
            cost = sum(c.cost_yuan for c in chosen)
            if cost > budget:
                continue
            scores = [
                max((c.score_hundredths for c in chosen if k in c.covers), default=0) for k in "123"
            ]
            value = -cost if aim is Aim.COST else sum(scores)
            best = max(best or (0, value), (sum(s > 0 for s in scores), value))
    return best


@settings(max_examples=60, deadline=None)
@given(CANDIDATES, st.sampled_from(Aim), st.integers(0, 20), st.integers(0, 3))
def test_the_plan_is_as_good_as_trying_everything(candidates, aim, budget, places):
    found = plan("123", candidates, aim=aim, budget_yuan=budget, places=places)
    scores = {c.id: c.score_hundredths for c in candidates}
    value = -found.cost_yuan if aim is Aim.COST else sum(scores[c] for c in found.serves.values())
    assert (len(found.serves), value) == brute_force(candidates, aim, budget, places)
    assert found.gap == 0
    assert found.cost_yuan <= budget
    assert len(found.admit) <= places
    assert found.uncovered.keys() | found.serves.keys() == set("123")


def test_a_county_without_a_base_is_told_why():
    those = [Candidate("a", frozenset("1"), 9, 7000), Candidate("b", frozenset("2"), 1, 5999)]
    assert plan("123", those, budget_yuan=8).uncovered == {
        "1": Why.MEANS,
        "2": Why.BELOW_PASS,
        "3": Why.NO_CANDIDATE,
    }


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
