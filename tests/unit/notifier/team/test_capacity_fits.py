"""What a desk has the hands for: the threshold lets no more through, and gives way as the capacity grows."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.capacity import Load, choices, effect, threshold_for

priorities = st.floats(0, 1e6, allow_nan=False)
loads = st.lists(st.builds(Load, priorities, st.integers(0, 100_000), st.booleans()), max_size=60)
DAYS = st.floats(1, 28)


def load(priority: float, value: int = 100, waiting: bool = True) -> Load:
    return Load(priority, value, waiting)


@given(loads, DAYS, st.integers(1, 100))
def test_no_more_come_through_than_there_are_hands_for(found: list[Load], days: float, per_day: int) -> None:
    assert effect(found, days, per_day).through <= per_day


@given(loads, DAYS, st.integers(1, 50), st.integers(1, 50))
def test_more_hands_never_raise_the_threshold(found: list[Load], days: float, some: int, more: int) -> None:
    assert threshold_for(found, days, some + more) <= threshold_for(found, days, some)
    few, many = effect(found, days, some), effect(found, days, some + more)
    assert few.parked >= many.parked
    assert (few.covered or 0) <= (many.covered or 0)


@given(loads, DAYS, st.integers(1, 100))
def test_who_is_parked_has_a_lower_priority_than_who_is_not(
    found: list[Load], days: float, per_day: int
) -> None:
    threshold = threshold_for(found, days, per_day)
    let = [one.priority for one in found if one.priority >= threshold]
    parked = [one.priority for one in found if one.priority < threshold]
    assert not let or not parked or min(let) > max(parked)


def test_three_of_five_in_a_day() -> None:
    found = [load(50, 500), load(40, 200), load(30, 200, waiting=False), load(20, 50), load(10, 50)]
    made = effect(found, 1, 3)
    assert 20 < made.threshold <= 30
    assert (made.through, made.covered, made.parked, made.waiting) == (3, 0.9, 2, 2)


def test_equals_come_through_together_or_not_at_all() -> None:
    assert effect([load(50), load(40), load(40)], 1, 2).through == 1


def test_without_a_limit_or_without_alerts_nothing_is_parked() -> None:
    assert threshold_for([load(5), load(7)], 1, None) == 0
    assert threshold_for([], 28, 5) == 0
    assert effect([], 28, 5).covered is None


def test_a_priority_of_nothing_passes_where_there_is_room() -> None:
    assert effect([load(0), load(0)], 1, 2).parked == 0


def test_choices_are_round_up_to_what_comes_in_and_hold_what_is_wanted() -> None:
    found = [load(1)] * 600
    assert choices(found, 10, [42]) == [10, 15, 20, 30, 40, 42, 50]
    assert choices([], 1, []) == []
