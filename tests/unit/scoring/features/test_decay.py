"""Decayed counters: kept as one number, worth what the whole sum over all occurrences is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.days import DAY
from services.scoring.features.decay import NEVER, bumped, worth

moments = st.lists(st.floats(0, 700), max_size=30).map(lambda days: [each * DAY for each in sorted(days)])


@given(moments, st.floats(0, 400), st.sampled_from((7.0, 30.0, 90.0)))
def test_a_counter_is_the_sum_over_all_occurrences(
    times: list[float], later: float, half_life: float
) -> None:
    counter = NEVER
    for at in times:
        counter = bumped(counter, at, half_life)
    now = max(times, default=0.0) + later * DAY
    direct = sum(0.5 ** ((now - at) / DAY / half_life) for at in times)
    assert worth(counter, now, half_life) == pytest.approx(direct, rel=1e-9, abs=1e-12)


def test_an_occurrence_is_worth_half_after_its_half_life() -> None:
    assert worth(bumped(NEVER, 0.0, 7.0), 7 * DAY, 7.0) == 0.5
    assert worth(NEVER, 7 * DAY, 7.0) == 0
