"""Who comes into a scenario: once an occasion, one of a group, and again as it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.scenarios.admit import Admitted, Been, admit
from services.notifier.scenarios.scenario import Scenario
from tests.warning import WARNING

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)


def scenario(key: str = "one", **changes: Any) -> Scenario:
    return msgspec.structs.replace(WARNING, key=key, **changes)


def been(key: str = "one", episode: str = "e0", days_ago: float = 3, **changes: Any) -> Been:
    made: dict[str, Any] = {
        "customer_ref": "shop/cart/1",
        "scenario": key,
        "episode": episode,
        "group": "retention",
        "priority": 50,
        "enrolled_at": NOW - timedelta(days=days_ago),
        "open": True,
    }
    return Been(**(made | changes))


def keys(admitted: Admitted) -> list[str]:
    return [one.key for one in admitted.scenarios]


def test_nobody_comes_in_twice_for_one_occasion() -> None:
    assert keys(admit([scenario()], [been(episode="e1", open=False)], "e1", NOW)) == []


@pytest.mark.parametrize(
    ("again", "days_ago", "comes"),
    [(0, 0.1, True), (None, 3000, False), (60, 59, False), (60, 60, True), (60, -5, False)],
)
def test_whether_one_comes_again_is_as_the_scenario_says(
    again: int | None, days_ago: float, comes: bool
) -> None:
    entering = scenario(again_after_days=again)
    assert bool(keys(admit([entering], [been(days_ago=days_ago, open=False)], "e1", NOW))) == comes


def test_of_several_of_a_group_the_highest_is_entered() -> None:
    low, high, other = scenario("low", priority=10), scenario("high", priority=90), scenario("x", group="x")
    assert keys(admit([low, other, high], [], "e1", NOW)) == ["high", "x"]


def test_a_lower_one_that_is_open_is_left_for_a_higher_one() -> None:
    low = been("low", priority=10)
    admitted = admit([scenario("high", priority=90)], [low], "e1", NOW)
    assert keys(admitted) == ["high"]
    assert admitted.outranked == [low]


@pytest.mark.parametrize("priority", [50, 90])
def test_nobody_leaves_a_higher_or_equal_one(priority: int) -> None:
    admitted = admit([scenario("new", priority=50)], [been("old", priority=priority)], "e1", NOW)
    assert admitted == Admitted()


def test_what_is_over_or_of_another_group_is_in_nobodys_way() -> None:
    before = [been("over", priority=90, open=False), been("other", priority=90, group="voice")]
    admitted = admit([scenario("new", priority=50)], before, "e1", NOW)
    assert keys(admitted) == ["new"]
    assert admitted.outranked == []


def test_a_second_contract_is_no_other_scenario() -> None:
    admitted = admit([scenario(again_after_days=0)], [been(priority=70)], "e2", NOW)
    assert keys(admitted) == ["one"]
    assert admitted.outranked == []


scenarios = st.builds(
    scenario,
    st.sampled_from("abcd"),
    group=st.sampled_from("xy"),
    priority=st.integers(0, 3),
    again_after_days=st.sampled_from([None, 0, 5]),
)
pasts = st.builds(
    been,
    st.sampled_from("abcd"),
    st.sampled_from(["e0", "e1"]),
    st.integers(0, 9),
    group=st.sampled_from("xy"),
    priority=st.integers(0, 3),
    open=st.booleans(),
)


@given(st.lists(scenarios, unique_by=lambda one: one.key), st.lists(pasts))
def test_nobody_is_in_two_scenarios_of_a_group(fitting: list[Scenario], before: list[Been]) -> None:
    admitted = admit(fitting, before, "e1", NOW)
    for one in admitted.scenarios:
        left = {(each.scenario, each.episode) for each in admitted.outranked}
        others = {
            each.scenario
            for each in before
            if each.open and each.group == one.group and (each.scenario, each.episode) not in left
        }
        assert others <= {one.key}
    assert len({one.group for one in admitted.scenarios}) == len(admitted.scenarios)
