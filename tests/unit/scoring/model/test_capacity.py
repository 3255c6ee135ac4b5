"""Capacity: thresholds that a desk can keep up with, counted as the bands count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.model.bands import AT_RISK, Bands, band
from services.scoring.model.capacity import Array, begun, fitted, per_day, threshold
from shared.events.risk import Band

MARGIN = 0.1

histories = st.lists(
    st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=4, max_size=4), min_size=2, max_size=12
).map(np.array)


def wandering(days: int = 60, customers: int = 300) -> Array:
    """Chances that go up and down, as customers' do."""
    steps = np.random.default_rng(7).normal(0, 0.3, (days, customers)).cumsum(axis=0)
    return np.asarray(1 / (1 + np.exp(2 - steps)))


@given(histories, st.floats(0.01, 1), st.floats(0, 0.4))
def test_episodes_begin_where_the_bands_say(chances: Array, high: float, above: float) -> None:
    bands = Bands(medium=high / 2, high=high, critical=min(high + above, 1.0), margin=MARGIN)
    found = begun(chances, high, MARGIN)
    for customer in range(chances.shape[1]):
        now: Band = "low"
        for day in range(len(chances)):
            chance = float(chances[day, customer])
            then: Band = "low" if chance != chance else band(bands, chance, now)
            assert found[day, customer] == (then in AT_RISK and now not in AT_RISK)
            now = then


@pytest.mark.parametrize("wanted", [0.5, 2.0, 5.0])
def test_a_fitted_threshold_keeps_within_the_capacity_and_uses_most_of_it(wanted: float) -> None:
    chances = wandering()
    high = threshold(chances, wanted, MARGIN, counted=28)
    assert wanted * 0.7 < per_day(chances, high, MARGIN, counted=28) <= wanted


def test_a_greater_capacity_never_raises_the_threshold() -> None:
    chances = wandering()
    highs = [threshold(chances, wanted, MARGIN, counted=28) for wanted in (0.1, 0.5, 1, 2, 4, 8)]
    assert highs == sorted(highs, reverse=True)


def test_bands_are_in_order_and_critical_is_a_third_of_the_alerts_at_most() -> None:
    chances = wandering()
    bands = fitted(chances, 3.0, MARGIN, counted=28)
    assert bands.high / 2 <= bands.medium <= bands.high <= bands.critical
    assert per_day(chances, bands.critical, MARGIN, counted=28) <= 1.0


def test_where_nobody_is_asked_nobody_is_at_risk() -> None:
    nobody = np.full((10, 5), np.nan)
    assert fitted(nobody, 3.0, MARGIN, counted=5) == Bands(1.0, 1.0, 1.0, MARGIN)
