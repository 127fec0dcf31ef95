"""Agreement statistics equal the worked examples of the papers they come from."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accreditation.errors import BadValue
from accreditation.reliability.agreement import (
    Reading,
    Scale,
    alpha,
    icc_mean,
    icc_single,
    reading,
    weighted_kappa,
)

# Shrout and Fleiss (1979), table 2: 6 targets, 4 judges.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]
_ = None
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: 4 observers, 12 units.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
# Cohen (1968), table 1: shares of two raters' diagnoses, and what each disagreement costs.
COHEN = [[0.44, 0.07, 0.09], [0.05, 0.20, 0.05], [0.01, 0.03, 0.06]]
COHEN_COST = [[0, 1, 3], [1, 0, 6], [3, 6, 0]]


def exactly(scores):
    """The mean squares of the example in exact fractions: between targets, judges, residual."""
    n, k = len(scores), len(scores[0])
    mean = Fraction(sum(map(sum, scores)), n * k)
    rows = [Fraction(sum(row), k) for row in scores]
    columns = [Fraction(sum(column), n) for column in zip(*scores, strict=True)]
    between = k * sum((row - mean) ** 2 for row in rows) / (n - 1)
    judges = n * sum((column - mean) ** 2 for column in columns) / (k - 1)
    rest = sum(
        (scores[i][j] - rows[i] - columns[j] + mean) ** 2 for i in range(n) for j in range(k)
    ) / ((n - 1) * (k - 1))
    return between, judges, rest


def test_icc_of_one_assessor_equals_shrout_and_fleiss():
    between, judges, rest = exactly(SHROUT_FLEISS)
    assert [round(float(ms), 2) for ms in (between, judges, rest)] == [11.24, 32.49, 1.02]
    exact = (between - rest) / (between + 3 * rest + 4 * (judges - rest) / 6)
    found = icc_single(SHROUT_FLEISS)
    assert found.value == pytest.approx(float(exact), abs=1e-12)
    assert round(found.value, 2) == 0.29  # as printed in table 4
    assert [round(found.low, 2), round(found.high, 2)] == [0.02, 0.76]


def test_icc_of_the_mean_equals_shrout_and_fleiss():
    between, judges, rest = exactly(SHROUT_FLEISS)
    found = icc_mean(SHROUT_FLEISS)
    assert found.value == pytest.approx(
        float((between - rest) / (between + (judges - rest) / 6)), abs=1e-12
    )
    assert round(found.value, 2) == 0.62
    assert [round(found.low, 2), round(found.high, 2)] == [0.07, 0.93]


def test_weighted_kappa_equals_cohen():
    assert round(weighted_kappa(COHEN, COHEN_COST), 3) == 0.348
    exact = 1 - Fraction(90, 138)  # his 0.90 observed against 1.38 expected
    assert weighted_kappa(COHEN, COHEN_COST) == pytest.approx(float(exact), abs=1e-6)
    unweighted = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    assert round(weighted_kappa(COHEN, unweighted), 3) == 0.492


@pytest.mark.parametrize(
    ("scale", "printed"),
    [(Scale.NOMINAL, 0.743), (Scale.ORDINAL, 0.815), (Scale.INTERVAL, 0.849)],
)
def test_alpha_equals_krippendorff(scale, printed):
    assert round(alpha(KRIPPENDORFF, scale), 3) == printed


def test_an_assessor_who_is_severe_by_a_constant_agrees_less_than_one_who_is_not():
    alike = [[60, 60.5], [70, 69.5], [80, 80.5], [90, 89.5]]
    severe = [[one, other - 10] for one, other in alike]
    assert icc_single(alike).value > 0.99
    assert icc_single(severe).value < icc_single(alike).value


tiers = st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=2, max_size=4)


@given(tiers)
def test_agreement_is_one_only_for_those_who_said_the_same(ratings):
    same = all(one == ratings[0] for one in ratings)
    try:
        found = alpha(ratings)
    except BadValue:
        assert len({value for one in ratings for value in one}) == 1
        return
    assert (math.isclose(found, 1)) is same
    assert found <= 1 + 1e-12


@pytest.mark.parametrize("table", [[[1, 2]], [[1], [2]], [[1, math.nan], [2, 3]], [[5, 5], [5, 5]]])
def test_what_cannot_be_computed_is_refused(table):
    with pytest.raises(BadValue):
        icc_single(table)


def test_words_for_an_icc():
    assert [reading(x) for x in (0.49, 0.5, 0.75, 0.9)] == list(Reading)
