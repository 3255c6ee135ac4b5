"""Drift: what has moved, and what only seems to."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.state import NAMES
from services.scoring.report.drift import STATIONARY, Shift, critical, psi, shifts

START = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=200))
def test_a_sample_has_not_moved_from_itself(values: list[float]) -> None:
    assert psi(np.array(values), np.array(values)) == 0


def test_what_moves_farther_has_the_larger_index() -> None:
    before = np.random.default_rng(1).normal(size=2000)
    indices = [psi(before, before + by) for by in (0.0, 0.2, 0.5, 1.5)]
    assert indices == sorted(indices)
    assert indices[1] < 0.1
    assert indices[3] > 0.25


def test_becoming_unknown_is_a_move_too() -> None:
    before = np.arange(100.0)
    assert psi(before, np.where(before < 50, np.nan, before)) > 0.25


def test_the_index_of_equal_populations_stays_below_its_critical_value() -> None:
    rng = np.random.default_rng(2)
    below = [psi(rng.normal(size=400), rng.normal(size=300)) < critical(11, 400, 300) for _ in range(300)]
    assert np.mean(below) > 0.93


def test_a_move_within_chance_is_called_stable() -> None:
    assert Shift("score", psi=0.3, critical=0.4).verdict == "stable"
    assert Shift("score", psi=0.05, critical=0.01).verdict == "stable"
    assert Shift("score", psi=0.2, critical=0.01).verdict == "watch"
    assert Shift("score", psi=0.3, critical=0.01).verdict == "moved"


def test_only_features_that_a_growing_log_does_not_move_are_compared() -> None:
    rng = np.random.default_rng(5)
    cutoffs = [START + timedelta(days=7 * (row // 100)) for row in range(2000)]
    features = rng.normal(size=(2000, len(NAMES)))
    features[:, NAMES.index("tenure_days")] = 100.0
    features[1400:, NAMES.index("silence_gaps")] += 3
    found = shifts(rng.uniform(size=2000), features, np.arange(2000), cutoffs)
    assert found[0].name == "score"
    assert found[1].name == "silence_gaps"
    assert found[1].verdict == "moved"
    assert {"orders", "tenure_days", "deliveries"}.isdisjoint(shift.name for shift in found)
    assert all(shift.verdict == "stable" for shift in found[2:])


def test_a_shop_whose_customers_only_grew_older_has_not_changed() -> None:
    rng = np.random.default_rng(6)
    weeks = np.repeat(np.arange(20), 200)
    tenure = rng.uniform(0, 30 + 7 * weeks)
    features = np.zeros((len(weeks), len(NAMES)))
    features[:, NAMES.index("tenure_days")] = tenure
    chance = 1 / (1 + tenure / 30) + rng.uniform(0, 0.1, len(weeks))
    cutoffs = [START + timedelta(days=7 * int(week)) for week in weeks]
    early, late = chance[weeks <= 5], chance[weeks >= 14]
    assert psi(early, late) > 0.1
    assert shifts(chance, features, np.arange(len(weeks)), cutoffs)[0].psi < 0.05


def test_a_window_of_one_customer_is_not_compared() -> None:
    nobody = np.zeros(3)
    assert shifts(nobody, np.zeros((3, len(NAMES))), nobody, [START, START, START]) == []


def test_what_is_called_stationary_exists() -> None:
    assert set(NAMES) >= set(STATIONARY)


def test_the_critical_value_falls_with_the_number_of_customers() -> None:
    assert critical(10, 100, 100) == pytest.approx(10 * critical(10, 1000, 1000))
