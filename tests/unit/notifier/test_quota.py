"""The month's messages by LINE: what is kept back, and what is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.quota import Limits, Short, short_of


@pytest.mark.parametrize(
    ("most", "used", "reserve", "short"),
    [
        (None, 1_000_000, 10.0, None),
        (200, 0, 10.0, None),
        (200, 179, 10.0, None),
        (200, 180, 10.0, "quota_reserve"),
        (200, 199, 10.0, "quota_reserve"),
        (200, 200, 10.0, "quota"),
        (200, 500, 10.0, "quota"),
        (200, 199, 0.0, None),
        (200, 0, 100.0, "quota_reserve"),
        (0, 0, 10.0, "quota"),
    ],
)
def test_what_may_go_out(most: int | None, used: int, reserve: float, short: Short | None) -> None:
    assert short_of(Limits(most, used), reserve) == short


@given(st.integers(0, 50_000), st.floats(0, 100))
def test_once_short_it_stays_short(most: int, reserve: float) -> None:
    order = [None, "quota_reserve", "quota"]
    seen = [
        order.index(short_of(Limits(most, used), reserve)) for used in range(0, most + 2, max(1, most // 50))
    ]
    assert seen == sorted(seen)
