"""Severity is told apart from the bases' quality, and told only where it can be."""

from decimal import Decimal

import numpy as np
import pytest

from accreditation.reliability.severity import NotConnected, Visit, corrected, groups, severities


def season(seed: int, bases: int = 60, assessors: int = 12, apart: float = 4.0):
    """Bases of true quality, each visited by two assessors of true severity, with noise."""
    rng = np.random.default_rng(seed)
    level, lean = rng.normal(78, 7, bases), rng.normal(0, apart, assessors)
    lean -= lean.mean()
    visits = [
        Visit(f"b{i}", f"a{j:02}", Decimal(str(round(level[i] + lean[j] + rng.normal(0, 2), 2))))
        for i in range(bases)
        for j in rng.choice(assessors, 2, replace=False)
    ]
    return visits, level, lean


def test_planted_severities_are_found():
    visits, _, lean = season(1)
    found = severities(visits)
    assert np.corrcoef([one.points for one in found], lean)[0, 1] > 0.9
    assert abs(sum(one.points for one in found)) < 1e-9


def test_intervals_hold_the_truth_as_often_as_they_say():
    inside = []
    for seed in range(60):
        visits, _, lean = season(seed, bases=30, assessors=8)
        inside += [
            s.low <= true <= s.high for s, true in zip(severities(visits), lean, strict=True)
        ]
    assert 0.92 <= np.mean(inside) <= 0.98


def test_correction_comes_nearer_to_the_truth_than_the_mean():
    plain, better = [], []
    for seed in range(20):
        visits, level, _ = season(seed)
        fixed = corrected(visits, severities(visits))
        raw = corrected(visits, ())
        plain += [(raw[f"b{i}"] - true) ** 2 for i, true in enumerate(level)]
        better += [(fixed[f"b{i}"] - true) ** 2 for i, true in enumerate(level)]
    assert np.mean(better) < 0.7 * np.mean(plain)


def test_where_all_are_equally_severe_little_is_corrected():
    visits, *_ = season(3, apart=0)
    assert max(abs(one.shrunk) for one in severities(visits)) < 0.7


def test_a_season_in_two_halves_is_refused():
    def visit(base, assessor):
        return Visit(base, assessor, Decimal(80))

    halves = [visit("1", "a"), visit("1", "b"), visit("2", "c"), visit("2", "d"), visit("2", "e")]
    assert groups(halves) == (frozenset("cde"), frozenset("ab"))
    with pytest.raises(NotConnected, match="2组"):
        severities(halves)
    assert len(severities([*halves, visit("1", "c")])) == 5


def test_without_anything_left_over_there_is_no_interval_and_no_correction():
    chain = [Visit("1", "a", Decimal(80)), Visit("1", "b", Decimal(90))]
    one, other = severities(chain)
    assert (one.points, other.points) == pytest.approx((-5, 5))
    assert one.low is one.high is None
    assert corrected(chain, (one, other)) == {"1": 85}
    assert not one.out_of_line


def test_only_a_severity_surely_beyond_three_points_is_out_of_line():
    visits, _, lean = season(5, bases=200)
    for one, true in zip(severities(visits), lean, strict=True):
        if one.out_of_line:
            assert abs(true) > 2.5
    assert any(one.out_of_line for one in severities(visits))
