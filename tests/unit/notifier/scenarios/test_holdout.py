"""Holdout: even, sticky, and apart for every scenario."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.holdout import in_holdout
from services.notifier.scenarios.scenario import Scenario
from services.notifier.scenarios.shipped import SHIPPED

WARNING = SHIPPED["churn_warning"]
CUSTOMERS = [f"tea-shop/shopify/{number}" for number in range(20_000)]


def scenario(percent: float, salt: str = "one") -> Scenario:
    return msgspec.structs.replace(WARNING, holdout_percent=percent, salt=salt)


@pytest.mark.parametrize("percent", [1.0, 5.0, 10.0, 50.0])
def test_the_share_is_as_asked(percent: float) -> None:
    share = sum(in_holdout(scenario(percent), ref) for ref in CUSTOMERS) / len(CUSTOMERS) * 100
    # Four standard deviations of a fair draw.
    assert abs(share - percent) < 4 * (percent * (100 - percent) / len(CUSTOMERS)) ** 0.5


def test_none_and_all_are_exact() -> None:
    assert not any(in_holdout(scenario(0), ref) for ref in CUSTOMERS)
    assert all(in_holdout(scenario(100), ref) for ref in CUSTOMERS)


def test_the_answer_of_today_is_the_answer_of_every_release() -> None:
    drawn = [number for number in range(60) if in_holdout(WARNING, f"tea-shop/shopify/{number}")]
    assert drawn == [6, 12, 28, 41, 56, 57]


@given(st.text(min_size=1), st.floats(0, 100), st.floats(0, 100))
def test_a_greater_share_only_adds_customers(ref: str, one: float, other: float) -> None:
    small, great = sorted((one, other))
    assert not in_holdout(scenario(small), ref) or in_holdout(scenario(great), ref)


def test_two_scenarios_draw_apart() -> None:
    both = sum(
        in_holdout(scenario(50, "one"), ref) and in_holdout(scenario(50, "two"), ref) for ref in CUSTOMERS
    )
    assert abs(both / len(CUSTOMERS) - 0.25) < 0.02
