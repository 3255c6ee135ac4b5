"""Evaluate: ranking, calibration, distance to the truth."""

import numpy as np
import pytest

from services.scoring.training.evaluate import against_truth, calibration_error, metrics

RNG = np.random.default_rng(3)
TRUTH = RNG.uniform(0.02, 0.6, 20_000)
LEFT = (RNG.uniform(size=20_000) < TRUTH).astype(int)


def test_the_truth_itself_is_calibrated_and_cannot_be_beaten() -> None:
    measured = metrics(LEFT, TRUTH)
    assert measured["ece"] < 0.015
    assert measured["base_rate"] == pytest.approx(LEFT.mean())
    noisy = np.clip(TRUTH + RNG.normal(0, 0.1, 20_000), 0.001, 0.999)
    assert against_truth(LEFT, noisy, TRUTH)["auc"] < against_truth(LEFT, noisy, TRUTH)["auc_of_truth"]


def test_a_probability_too_high_everywhere_is_off_by_that_much() -> None:
    measured = against_truth(LEFT, TRUTH + 0.1, TRUTH)
    assert measured["calibration_error"] == pytest.approx(0.1)
    assert measured["mean_absolute_error"] == pytest.approx(0.1)
    assert measured["auc"] == measured["auc_of_truth"]


def test_lift_says_how_many_leavers_more_are_at_the_top() -> None:
    left = np.array([1] * 10 + [0] * 90)
    assert metrics(left, np.linspace(0.9, 0.1, 100))["lift10"] == pytest.approx(10)


def test_fewer_rows_than_bins_are_no_trouble() -> None:
    assert calibration_error(np.array([1.0, 0.0]), np.array([0.9, 0.1])) == pytest.approx(0.1)
