"""Scores: those of scikit-learn, within cut-offs; intervals that come out alike each time."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from services.scoring.backtest.scores import Judged, intervals, scores
from services.scoring.training.evaluate import calibration_error


def judged(seed: int, noise: float = 1.0, rows: int = 4000) -> Judged:
    """Two cut-offs; probabilities in hundredths, so that many tie."""
    rng = np.random.default_rng(seed)
    true = np.random.default_rng(0).uniform(size=rows)
    left = (np.random.default_rng(1).uniform(size=rows) < true).astype(int)
    said = np.clip(np.round(true + rng.normal(scale=0.2 * noise, size=rows), 2), 0.01, 0.99)
    return Judged(left, said, np.arange(rows) % (rows // 4), np.arange(rows) // (rows // 2))


def test_rank_is_averaged_over_cutoffs_and_truth_is_of_all_rows() -> None:
    one = judged(3)
    found = scores(one)
    halves = [slice(0, 2000), slice(2000, 4000)]
    assert found["auc"] == pytest.approx(
        np.mean([roc_auc_score(one.left[each], one.probability[each]) for each in halves])
    )
    assert found["pr_auc"] == pytest.approx(
        np.mean([average_precision_score(one.left[each], one.probability[each]) for each in halves])
    )
    assert found["log_loss"] == pytest.approx(log_loss(one.left, one.probability))
    assert found["brier"] == pytest.approx(np.mean((one.left - one.probability) ** 2))
    assert found["ece"] == pytest.approx(calibration_error(one.left, one.probability), abs=0.003)


def test_a_row_that_counts_twice_is_two_rows() -> None:
    one = judged(3)
    weights = np.random.default_rng(4).integers(0, 3, len(one.left))
    rows = np.repeat(np.arange(len(one.left)), weights)
    many = Judged(one.left[rows], one.probability[rows], one.customers[rows], one.cutoffs[rows])
    assert scores(one, weights.astype(float)) == pytest.approx(scores(many), abs=0.01)
    assert scores(one, weights.astype(float))["auc"] == pytest.approx(scores(many)["auc"])


def test_the_top_tenth_has_so_many_times_the_average_leavers() -> None:
    left = np.array([1] * 10 + [0] * 90)
    perfect = Judged(left, np.linspace(0.9, 0.1, 100), np.arange(100), np.zeros(100, dtype=int))
    assert scores(perfect)["lift10"] == pytest.approx(10)
    assert scores(perfect)["auc"] == 1


def test_a_certain_error_is_finite() -> None:
    wrong = Judged(np.array([1, 0]), np.array([0.0, 1.0]), np.arange(2), np.zeros(2, dtype=int))
    assert np.isfinite(scores(wrong)["log_loss"])


def test_intervals_hold_the_score_and_are_the_same_for_the_same_seed() -> None:
    models = {"good": judged(3), "worse": judged(3, noise=4)}
    found = intervals(models, 60, 7)
    assert found == intervals(models, 60, 7) != intervals(models, 60, 8)
    assert found["good"]["auc"].low < scores(models["good"])["auc"] < found["good"]["auc"].high
    assert found["good"]["auc_difference"].low == found["good"]["auc_difference"].high == 0
    assert found["worse"]["auc_difference"].high < 0
