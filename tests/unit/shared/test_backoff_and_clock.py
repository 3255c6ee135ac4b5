"""Waiting and time, both as data."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.backoff import Backoff
from shared.clock import FastClock, system_clock

BACKOFF = Backoff(first=0.5, limit=30.0)


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_a_wait_never_exceeds_its_limit_nor_falls_below_its_unjittered_share(
    attempt: int, chance: float
) -> None:
    delay = BACKOFF.delay(attempt, lambda: chance)
    assert 0.8 * min(30.0, 0.5 * 2.0 ** (attempt - 1)) <= delay <= 30.0


def test_waits_double_until_the_limit() -> None:
    waits = [Backoff(1, 8, jitter=0).delay(attempt, lambda: 0.5) for attempt in range(1, 7)]
    assert waits == [1, 2, 4, 8, 8, 8]


def test_a_fast_clock_passes_a_day_in_a_second() -> None:
    started = system_clock() - timedelta(seconds=10)
    clock = FastClock(datetime(2026, 1, 1, tzinfo=UTC), started, 86_400.0)
    assert timedelta(days=10) <= clock() - clock.origin < timedelta(days=11)


def test_a_fast_clock_may_sprint_through_the_past_before_it_slows_down() -> None:
    started = system_clock() - timedelta(seconds=10)
    clock = FastClock(datetime(2026, 1, 1, tzinfo=UTC), started, 8_640.0, timedelta(days=30), 5 * 86_400.0)
    # Thirty days in six seconds, then a tenth of a day in each of four.
    assert timedelta(days=30.4) <= clock() - clock.origin < timedelta(days=30.6)
