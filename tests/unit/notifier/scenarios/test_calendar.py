"""The calendar: steps are due by the shop's clock, before shipments, and on working days if they want."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given

from services.notifier.scenarios.calendar import due_at, is_working, next_working
from services.notifier.scenarios.scenario import Delay
from tests.unit.notifier.scenarios.situations import NOON, TOKYO, days, delays, moments


def tokyo(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=TOKYO).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 3, 10), True),
        (date(2026, 3, 14), False),
        (date(2026, 3, 15), False),
        (date(2026, 3, 20), False),
        (date(2026, 5, 6), False),  # A holiday in place of one on a Sunday.
        (date(2027, 1, 1), False),
    ],
)
def test_weekends_and_public_holidays_are_no_working_days(day: date, working: bool) -> None:
    assert is_working(day) is working


@pytest.mark.parametrize(
    ("delay", "due"),
    [
        (Delay(), NOON),
        (Delay(days=2, hours=3), tokyo(12, 15)),
        (Delay(at=time(10)), tokyo(11, 10)),
        (Delay(at=time(14)), tokyo(10, 14)),
        (Delay(days=1, at=time(10)), tokyo(12, 10)),
        (Delay(days=4), tokyo(14, 12)),
        (Delay(days=4, working_day=True), tokyo(16, 12)),
        (Delay(days=2, before="due"), tokyo(23, 0)),
        (Delay(days=2, before="cutoff"), tokyo(18, 15)),
        (Delay(days=2, before="cutoff", at=time(10)), tokyo(18, 10)),
    ],
)
def test_a_step_is_due_as_its_delay_says(delay: Delay, due: datetime) -> None:
    assert due_at(delay, NOON, tokyo(25, 0), tokyo(20, 15), TOKYO) == due


def test_before_what_is_not_known_there_is_no_day() -> None:
    assert due_at(Delay(days=2, before="due"), NOON, None, tokyo(20, 15), TOKYO) is None


@given(moments)
def test_the_next_working_day_keeps_the_time_of_the_day(moment: datetime) -> None:
    found = next_working(moment, TOKYO)
    assert found >= moment
    assert is_working(found.astimezone(TOKYO).date())
    assert found.astimezone(TOKYO).time() == moment.astimezone(TOKYO).time()
    assert next_working(found, TOKYO) == found


@given(delays, moments)
def test_no_step_is_due_before_its_delay_has_passed(delay: Delay, enrolled_at: datetime) -> None:
    due = due_at(delay, enrolled_at, None, None, TOKYO)
    assert due is not None
    assert due >= enrolled_at + days(delay.days + delay.hours / 24)
