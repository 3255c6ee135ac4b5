"""Calling hours, by the shop's clock and Japan's calendar."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.calling import CallingHours, Calls

TOKYO = ZoneInfo("Asia/Tokyo")
HOURS = CallingHours(TOKYO)
EVERY_DAY = CallingHours(TOKYO, on_holidays=True)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


def tokyo(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (tokyo(6, 10, 12), tokyo(6, 10, 12)),
        (tokyo(6, 10, 8, 59), tokyo(6, 10, 9)),
        (tokyo(6, 10, 20), tokyo(6, 11, 9)),
        # Saturday night, for Sunday is no day to call.
        (tokyo(6, 13, 21), tokyo(6, 15, 9)),
        # 昭和の日 is a Wednesday, and the holidays of May end with a substitute one.
        (tokyo(4, 28, 20), tokyo(4, 30, 9)),
        (tokyo(5, 2, 20), tokyo(5, 7, 9)),
        (tokyo(12, 31, 22), datetime(2027, 1, 2, 9, tzinfo=TOKYO)),
    ],
)
def test_calls_wait_for_the_next_hour_and_day_on_which_one_calls(moment: datetime, opens: datetime) -> None:
    assert HOURS.next_open(moment) == opens


def test_a_shop_that_calls_every_day_calls_on_sundays_and_holidays() -> None:
    assert EVERY_DAY.covers(tokyo(6, 14, 12))
    assert EVERY_DAY.covers(tokyo(4, 29, 12))
    assert not EVERY_DAY.covers(tokyo(4, 29, 21))


def test_it_is_known_when_the_days_calls_end() -> None:
    assert HOURS.closes(tokyo(6, 10, 12)) == tokyo(6, 10, 20)
    assert CallingHours(TOKYO, end=time(18, 30)).closes(tokyo(6, 10, 12)) == tokyo(6, 10, 18, 30)


@given(moments)
def test_what_opens_next_is_open_never_earlier_and_nothing_between_was(moment: datetime) -> None:
    opens = HOURS.next_open(moment)
    assert opens >= moment
    assert HOURS.covers(opens)
    assert (opens == moment) == HOURS.covers(moment)
    assert opens == moment or not HOURS.covers(opens - timedelta(microseconds=1))


def test_who_did_not_answer_is_called_hours_later_or_when_calls_begin_again() -> None:
    calls = Calls(HOURS, pause=timedelta(hours=3))
    assert calls.again(tokyo(6, 10, 12)) == tokyo(6, 10, 15)
    assert calls.again(tokyo(6, 10, 18)) == tokyo(6, 11, 9)
