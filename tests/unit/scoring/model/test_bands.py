"""Bands: entered at a threshold, left only clearly below it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.model.bands import ORDER, Bands, band
from shared.events.risk import Band

BANDS = Bands(medium=0.1, high=0.2, critical=0.4)

previous_bands = st.sampled_from(ORDER)
chances = st.floats(0, 1)


@pytest.mark.parametrize(
    ("chance", "previous", "expected"),
    [
        (0.0, "low", "low"),
        (0.1, "low", "medium"),
        (0.2, "low", "high"),
        (0.4, "low", "critical"),
        (0.19, "high", "high"),
        (0.19, "medium", "medium"),
        (0.17, "high", "medium"),
        (0.37, "critical", "critical"),
        (0.35, "critical", "high"),
        (0.185, "critical", "high"),
        (0.01, "critical", "low"),
    ],
)
def test_a_band_is_held_on_to_a_little(chance: float, previous: Band, expected: Band) -> None:
    assert band(BANDS, chance, previous) == expected


@given(chances, previous_bands)
def test_a_second_look_at_the_same_probability_changes_nothing(chance: float, previous: Band) -> None:
    once = band(BANDS, chance, previous)
    assert band(BANDS, chance, once) == once


@given(chances, chances, previous_bands)
def test_a_higher_probability_is_never_a_lower_band(one: float, other: float, previous: Band) -> None:
    low, high = sorted((one, other))
    assert ORDER.index(band(BANDS, low, previous)) <= ORDER.index(band(BANDS, high, previous))
