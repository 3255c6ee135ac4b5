"""When a webhook is sent again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.retries import (
    JITTER,
    LONGEST_ASKED,
    SCHEDULE,
    Answered,
    Unanswered,
    is_given_up,
    is_gone,
    next_wait,
)

outcomes = st.one_of(
    st.just(Unanswered("timeout")),
    st.builds(Answered, st.integers(300, 599), st.none() | st.floats(0, 1e9)),
)


@given(st.integers(1, 20), outcomes, st.floats(0, 1, exclude_max=True))
def test_every_failure_waits_as_long_as_the_schedule_says_and_not_without_limit(
    tries: int, outcome: Answered | Unanswered, chance: float
) -> None:
    wait = next_wait(tries, outcome, lambda: chance)
    if tries > len(SCHEDULE) or is_gone(outcome):
        assert wait is None
    else:
        assert wait is not None
        assert SCHEDULE[tries - 1] <= wait <= max(SCHEDULE[tries - 1] * (1 + JITTER), LONGEST_ASKED)


def test_the_whole_schedule_takes_more_than_a_day() -> None:
    assert timedelta(hours=27) < timedelta(seconds=sum(SCHEDULE)) < timedelta(hours=28)


@given(st.integers(100, 599))
def test_only_2xx_is_good(status: int) -> None:
    assert Answered(status).good == (status // 100 == 2)


def test_an_endpoint_is_given_up_after_five_days() -> None:
    since = datetime(2026, 4, 1, tzinfo=UTC)
    assert not is_given_up(since, since + timedelta(days=4, hours=23))
    assert is_given_up(since, since + timedelta(days=5))
