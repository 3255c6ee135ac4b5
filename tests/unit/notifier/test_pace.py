"""How often each may ask."""

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.pace import Pace


@given(st.lists(st.floats(0, 5), max_size=60))
def test_nobody_gets_more_than_the_burst_and_what_came_back_since(gaps: list[float]) -> None:
    pace, now, taken = Pace(per_second=2, at_once=5), 0.0, 0
    for gap in gaps:
        now += gap
        taken += pace.take("a", now) == 0
    assert taken <= 5 + now * 2 + 1e-6


def test_who_waits_as_told_is_served_and_others_do_not_wait() -> None:
    pace = Pace(per_second=2, at_once=1)
    assert pace.take("a", 0) == 0
    wait = pace.take("a", 0)
    assert wait == 0.5
    assert pace.take("b", 0) == 0
    assert pace.take("a", wait) == 0
