"""The way out: a number to write down, what was told, when it is late."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.notifier.offers.effect import Contract
from services.notifier.way_out import LETTERS, number, overdue, told

TOKYO = ZoneInfo("Asia/Tokyo")


def test_the_number_names_the_shops_day_and_can_be_read_over_the_telephone() -> None:
    made = number(datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    assert re.fullmatch(rf"K-20261122-[{LETTERS}]{{4}}", made)
    assert not set(LETTERS) & set("01OIl")


def test_no_two_numbers_of_a_day_follow_from_one_another() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert len({number(at) for _ in range(50)}) > 45


def test_what_was_promised_is_written_down_and_bars_nobody() -> None:
    bound = Contract("88", deliveries=1, min_deliveries=4)
    assert told(["next_parcel", "effective", "next_parcel"], bound) == (
        "next_parcel",
        "effective",
        "minimum_left:3",
    )
    assert told([], Contract("88", deliveries=4, min_deliveries=4)) == ()


@pytest.mark.parametrize(
    ("now", "late"),
    [
        (datetime(2026, 6, 10, 14, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 10, 15, 0, tzinfo=UTC), True),
    ],
)
def test_a_request_is_late_from_the_shops_midnight_on(now: datetime, late: bool) -> None:
    assert overdue(datetime(2026, 6, 9, 15, 0, tzinfo=UTC), now, TOKYO) is late
