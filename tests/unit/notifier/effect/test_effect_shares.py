"""Shares: the published examples of Newcombe's interval, and rows that belong to one customer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.effect.arms import arms_of
from services.notifier.effect.shares import newcombe, shares, wilson


@pytest.mark.parametrize(
    ("one", "other", "interval"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ],
)
def test_intervals_are_those_of_newcombes_table(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    """Newcombe (1998), table II, method 10."""
    found = newcombe((one[0] / one[1], one[1]), (other[0] / other[1], other[1]))
    assert found == pytest.approx(interval, abs=5e-5)


def test_wilsons_interval_of_none_in_ten_reaches_upwards_only() -> None:
    assert wilson(0.0, 10) == pytest.approx((0.0, 0.2775), abs=5e-5)


def test_the_same_customers_again_add_nothing_to_what_is_known() -> None:
    customers, first = [*range(40)], [number < 20 for number in range(40)]
    kept = np.array([float(number % 3 > 0) for number in range(40)])
    once = shares(arms_of(customers, first), kept)

    thrice = shares(arms_of(customers * 3, first * 3), np.tile(kept, 3))

    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_where_nobody_was_held_nothing_is_said() -> None:
    assert shares(arms_of([1, 2], [True, True]), np.ones(2)).value is None


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 12), st.integers(0, 12))
def test_the_interval_holds_the_difference_and_turns_with_the_arms(
    kept: int, lost: int, kept_held: int, lost_held: int
) -> None:
    if not kept + lost or not kept_held + lost_held:
        return
    values = np.array([1.0] * kept + [0.0] * lost + [1.0] * kept_held + [0.0] * lost_held)
    first = [True] * (kept + lost) + [False] * (kept_held + lost_held)
    one = shares(arms_of(range(len(first)), first), values)
    other = shares(arms_of(range(len(first)), [not each for each in first]), values)

    assert one.low is not None
    assert one.high is not None
    assert one.value is not None
    assert -1 - 1e-9 <= one.low <= one.value + 1e-9 <= one.high + 2e-9 <= 1 + 3e-9
    assert (one.low, one.high) == pytest.approx((-(other.high or 0.0), -(other.low or 0.0)))
    assert one.p == pytest.approx(other.p)
