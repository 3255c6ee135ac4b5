"""Look: silence is looked into when it says something new, in the customer's own rhythm."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.days import DAY, seconds
from services.scoring.model.look import LATEST, Silence, next_look_at

Day = Callable[[float], datetime]
NOW = datetime(2026, 5, 1, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)

moments = st.none() | st.floats(-400, 60).map(lambda days: seconds(NOW) + days * DAY)
silences = st.builds(
    Silence,
    due=moments,
    lead_days=st.just(7.0),
    ordered=moments,
    gap_days=st.none() | st.floats(0.5, 200),
    newest=moments,
    share=st.floats(0, 1, exclude_max=True),
)


def silence(day: Day, **known: float) -> Silence:
    """Moments are given in days; nothing else is known."""
    at = {name: seconds(day(known[name])) for name in ("due", "ordered", "newest") if name in known}
    return Silence(
        due=at.get("due"),
        lead_days=7.0,
        ordered=at.get("ordered"),
        gap_days=known.get("gap_days"),
        newest=at.get("newest"),
        share=known.get("share", 0.0),
    )


@given(silences)
def test_the_next_look_lies_between_an_hour_and_a_week_ahead(known: Silence) -> None:
    assert NOW + AN_HOUR <= next_look_at(known, NOW) <= NOW + LATEST


@given(silences)
def test_what_is_near_is_looked_at_within_the_hour_unless_it_is_too_near(known: Silence) -> None:
    if known.due is None or not DAY < known.due - seconds(NOW) < 6 * DAY:
        return
    assert seconds(next_look_at(known, NOW)) <= known.due + AN_HOUR.total_seconds()


@pytest.mark.parametrize(
    ("on", "looked_at"),
    [
        (5, 12),  # nothing until the cut-off on day 23: a week at most
        (20, 23),  # the cut-off
        (29, 30),  # the due date
        (30.5, 31.5),  # the day after it, and not within a day
        (40, 45),  # one and a half cycles after the order
    ],
)
def test_around_the_due_date_it_is_looked_when_silence_says_something_new(
    on: float, looked_at: float, day: Day
) -> None:
    known = silence(day, due=30, ordered=0, gap_days=30, newest=0)
    assert next_look_at(known, day(on)) == day(looked_at)


def test_a_signal_is_looked_at_again_as_it_fades(day: Day) -> None:
    known = silence(day, newest=10)
    assert next_look_at(known, day(10)) == day(11)
    assert next_look_at(known, day(11)) == day(13)
    assert next_look_at(known, day(13)) == day(20)


def looks(known: Silence, day: Day, until: float) -> int:
    now, count = day(0), 0
    while (now := next_look_at(known, now)) < day(until):
        count += 1
    return count


def test_who_orders_every_day_is_looked_at_sooner_and_oftener_than_who_orders_every_quarter(day: Day) -> None:
    daily = silence(day, ordered=0, gap_days=1)
    quarterly = silence(day, ordered=0, gap_days=90)
    assert next_look_at(daily, day(0)) == day(1)
    assert next_look_at(quarterly, day(0)) == day(7)
    assert looks(daily, day, 7) > looks(quarterly, day, 7)


def test_customers_whose_parcels_are_due_at_one_stroke_are_spread_over_the_hour(day: Day) -> None:
    at = [next_look_at(silence(day, due=3, share=share / 4), day(0)) for share in range(4)]
    assert at == [day(3) + share / 4 * AN_HOUR for share in range(4)]


def test_of_whom_little_is_known_the_weekly_look_is_spread_over_a_day(day: Day) -> None:
    at = [next_look_at(silence(day, share=share / 4), day(0)) for share in range(4)]
    assert at == [day(7 - share / 4) for share in range(4)]
