"""Fitting titles: held-out scores are those of a fit without the fold, and probabilities hold."""

import numpy as np
import pytest

from matching.engine.titles import training
from matching.engine.titles.calibration import (
    Calibration,
    coverage_at,
    expected_calibration_error,
    groups,
    shares,
)
from matching.engine.titles.training import Example

SOME = 700  # titles of a fast fit


@pytest.fixture(scope="module")
def some():
    """A fit of a fixed part of the shipped lists; fast."""
    titles = training.labelled()[:: len(training.labelled()) // SOME]
    return titles, training.solve([*titles, *training.trades()])


def test_held_out_scores_are_those_of_a_fit_without_the_fold():
    titles = list(training.labelled()[:40])
    others = list(training.trades()[:120])
    whole = training.solve([*titles, *others])
    folds = np.arange(len(titles)) % 4
    scores = training.held_out(whole, folds).scores
    rows = whole.rows.toarray().astype(np.float64)
    kept = np.flatnonzero(np.append(folds != 0, np.ones(len(others), bool)))
    ridge = np.array([training.RIDGE / one for one in training._trust(whole.learnt)])[kept]
    kernel = rows[kept] @ rows[kept].T + np.diag(ridge)
    duals = np.linalg.solve(kernel, whole.one_hot.toarray()[kept])
    out = np.flatnonzero(folds == 0)
    assert scores[out] == pytest.approx(rows[out] @ rows[kept].T @ duals, abs=1e-4)


def test_near_twins_are_held_out_together():
    titles = [Example(text, "6-05-01-03", "title") for text in ("缝纫工", "缝纫工（郑州）", "电工")]
    one, two, other = training.twins([title.text for title in titles])
    assert one == two != other
    folds = training.folds_of(training.labelled())
    twins = training.twins([title.text for title in training.labelled()])
    assert all(len(set(folds[twins == twin])) == 1 for twin in set(twins[:200]))


def test_a_title_on_its_own_in_training_would_look_better_than_it_is(some):
    """The control of holding out: scores of learnt titles flatter."""
    titles, solved = some
    fit = training.held_out(solved, training.folds_of(titles))
    learnt = (solved.rows @ (solved.rows.T @ solved.duals))[: len(titles)]
    honest = (fit.scores.argmax(axis=1) == fit.truth).mean()
    flattered = (learnt.argmax(axis=1) == fit.truth).mean()
    assert flattered > honest + 0.2


def test_stated_probabilities_hold_on_titles_that_calibration_has_not_seen(some):
    titles, solved = some
    fit = training.held_out(solved, training.folds_of(titles))
    own, others = np.arange(0, len(titles), 2), np.arange(1, len(titles), 2)
    calibration = fit.calibration(others)
    for level, most in (("code", 0.1), ("major", 0.1)):
        places = groups(fit.codes, level)[1]
        scores = fit.scores[own]
        said = calibration.judge(shares(scores), scores, fit.known[own], places, level)
        right = said.best == places[fit.truth[own]]
        assert expected_calibration_error(said.probability, right) < most


def test_answers_above_the_threshold_are_right_nine_times_in_ten(some):
    titles, solved = some
    fit = training.held_out(solved, training.folds_of(titles))
    calibration = fit.calibration()
    places = groups(fit.codes, "code")[1]
    said = calibration.judge(shares(fit.scores), fit.scores, fit.known, places, "code")
    kept = said.probability >= calibration.thresholds["code"]
    assert kept.any()
    assert (said.best == places[fit.truth])[kept].mean() > 0.85


def test_fitting_twice_gives_the_same_bytes():
    learnt = [*training.labelled()[:60], *training.trades()[:200]]
    one, two = (training.fit(learnt).model(16).to_bytes("x") for _ in range(2))
    assert one == two


def test_coverage_is_the_largest_share_that_is_right_so_often():
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert coverage_at(sure, right, 0.75) == (0.8, 0.6)
    assert coverage_at(sure, ~right, 0.9) == (0.0, 1.01)


def test_a_boastful_model_is_found_out():
    right = np.arange(100) % 2 == 0
    assert expected_calibration_error(np.full(100, 0.9), right) == pytest.approx(0.4)
    assert expected_calibration_error(np.full(100, 0.5), right) == pytest.approx(0)


def test_calibration_learns_that_a_code_is_labelled_carelessly():
    """Two codes with like scores, one of them always right and one never."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 400)
    scores = np.full((400, 3), 0.1, np.float32)
    scores[np.arange(400), truth] = 0.6
    said = np.where(truth == 1, 2, truth)  # what is labelled 2 scores like 1
    codes = ["1-01-00-01", "2-01-01-00", "2-01-02-00"]
    known = np.ones(400, np.float32)
    calibration = Calibration.fitted(scores, known, said, codes)
    places = groups(codes, "code")[1]
    probability = calibration.judge(shares(scores), scores, known, places, "code").probability
    assert probability[truth == 0].mean() > 0.9
    assert probability[truth == 1].mean() < 0.1
