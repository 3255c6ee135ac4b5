"""Quiet hours: by the clock on the shop's wall, past midnight too."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.quiet import QuietHours

TOKYO = ZoneInfo("Asia/Tokyo")
NIGHT = QuietHours(TOKYO)
LUNCH = QuietHours(TOKYO, time(12), time(13))
NEVER = QuietHours(TOKYO, time(9), time(9))


def at(hour: int, minute: int = 0, day: int = 10) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=TOKYO).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [(at(20, 59), False), (at(21), True), (at(0), True), (at(7, 59), True), (at(8), False), (at(14), False)],
)
def test_the_night_is_quiet_from_its_first_minute_up_to_its_last(moment: datetime, quiet: bool) -> None:
    assert NIGHT.covers(moment) is quiet


def test_hours_within_a_day_do_not_pass_midnight() -> None:
    assert LUNCH.covers(at(12, 30))
    assert not LUNCH.covers(at(13))
    assert not LUNCH.covers(at(0))


def test_the_same_time_twice_means_never() -> None:
    assert not any(NEVER.covers(at(hour)) for hour in range(24))


def test_an_evening_opens_the_next_morning_and_a_small_hour_the_same() -> None:
    assert NIGHT.next_open(at(22)) == at(8, day=11)
    assert NIGHT.next_open(at(3)) == at(8)
    assert LUNCH.next_open(at(12, 1)) == at(13)


def test_an_open_moment_is_its_own_next_opening() -> None:
    assert NIGHT.next_open(at(15)) == at(15)


@given(
    st.timedeltas(timedelta(), timedelta(days=730)).map(lambda since: at(0) + since),
    st.times(),
    st.times(),
)
def test_the_next_opening_is_open_and_within_a_day(moment: datetime, start: time, end: time) -> None:
    hours = QuietHours(TOKYO, start, end)
    opening = hours.next_open(moment)
    assert not hours.covers(opening)
    assert timedelta() <= opening - moment <= timedelta(days=1)


@given(st.dates(date(2025, 1, 1), date(2026, 12, 31)), st.times())
def test_another_zone_reads_the_same_rule_by_its_own_clock(day: date, wall: time) -> None:
    paris = ZoneInfo("Europe/Paris")
    in_tokyo, in_paris = datetime.combine(day, wall, TOKYO), datetime.combine(day, wall, paris)
    assert NIGHT.covers(in_tokyo) == (wall >= time(21) or wall < time(8))
    # An hour that a change of clocks leaves out does not exist; it reads as the hour after.
    if in_paris.astimezone(UTC).astimezone(paris).time() == wall:
        assert QuietHours(paris).covers(in_paris) == NIGHT.covers(in_tokyo)
