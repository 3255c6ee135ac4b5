"""Season: where in the year, once a year is known."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import isnan

import pytest

from services.scoring.features.season import Season, read, update
from shared.events.customer import CustomerSeen
from shared.events.envelope import Envelope

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def test_a_season_is_unknown_within_the_first_year(fact: Fact, day: Day) -> None:
    state = update(Season(), fact(CustomerSeen("1"), 0))
    state = update(state, fact(CustomerSeen("1"), 300))
    assert all(isnan(value) for value in read(Season(), day(0)).values())
    assert all(isnan(value) for value in read(state, day(364)).values())
    assert not any(isnan(value) for value in read(state, day(365)).values())


def test_the_year_is_a_circle_that_begins_on_new_years_day_in_tokyo(fact: Fact) -> None:
    state = update(Season(), fact(CustomerSeen("1"), 0))
    seen = read(state, datetime(2027, 12, 31, 15, tzinfo=UTC))
    assert (seen["season_sin"], seen["season_cos"]) == pytest.approx((0.0, 1.0))
    summer = read(state, datetime(2027, 7, 2, tzinfo=UTC))
    assert summer["season_cos"] == pytest.approx(-1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("month", "day", "gift"), [(7, 10, 1), (7, 16, 0), (12, 1, 1), (12, 31, 1), (11, 30, 0)]
)
def test_the_seasons_of_gifts_are_told(month: int, day: int, gift: int, fact: Fact) -> None:
    state = update(Season(), fact(CustomerSeen("1"), 0))
    assert read(state, datetime(2027, month, day, 3, tzinfo=UTC))["gift_season"] == gift
