"""Habits are measured against those who saw the same bases."""

import numpy as np
import pytest

from accreditation.reliability.habits import FEWEST_BASES, Sheet, habits, self_minus_final


def season(bases=8, flat=lambda shares: shares, seed=0):
    """Two good assessors and one whose shares are bent by `flat`, all at every base."""
    rng = np.random.default_rng(seed)
    sheets = []
    for base in range(bases):
        truth = np.clip(rng.uniform(0.4, 0.9) + rng.normal(0, 0.15, 12), 0, 1)
        for who in ("a", "b", "c"):
            seen = np.clip(truth + rng.normal(0, 0.03, 12), 0, 1)
            shares = flat(seen) if who == "c" else seen
            sheets.append(Sheet(f"b{base}", who, {f"i{k}": float(s) for k, s in enumerate(shares)}))
    return sheets


def test_good_assessors_raise_no_flag():
    assert not any(h.central_tendency or h.halo_effect for h in habits(season()))


def test_everything_in_the_middle_is_seen():
    bent = habits(season(flat=lambda s: 0.65 + 0.2 * (s - 0.65)))
    assert [h.central_tendency for h in bent] == [False, False, True]


def test_one_impression_for_all_items_is_seen():
    bent = habits(season(flat=lambda s: s.mean() + 0.2 * (s - s.mean())))
    assert [h.halo_effect for h in bent] == [False, False, True]
    assert not bent[2].central_tendency


def test_too_few_bases_accuse_nobody():
    few = habits(season(bases=FEWEST_BASES - 1, flat=lambda s: s * 0 + 0.65))
    assert few[2].halo == pytest.approx(0)
    assert not few[2].halo_effect


def test_bases_that_are_alike_accuse_nobody():
    alike = [Sheet(f"b{i}", who, {"x": 0.7, "y": 0.7}) for i in range(8) for who in "ab"]
    assert all(h.central is None and h.halo is None for h in habits(alike))


def test_flattery_is_the_self_score_less_the_final_one():
    assert self_minus_final({"a": 92.0, "b": 70.0}, {"a": 80.0}) == {"a": 12.0}
