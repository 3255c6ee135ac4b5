"""Which parcel a change still reaches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.offers.effect import Contract, Effect, effect

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
DUE, CUTOFF = NOW + timedelta(days=6), NOW + timedelta(days=2)
RUNNING = Contract("88", deliveries=3, min_deliveries=4, cycle_days=30.0, due=DUE, cutoff=CUTOFF)


def test_before_the_cutoff_the_next_parcel_is_stopped() -> None:
    assert effect(RUNNING, NOW) == Effect(4, DUE, "stopped")


@pytest.mark.parametrize("now", [CUTOFF, CUTOFF + timedelta(days=1), DUE + timedelta(days=1)])
def test_from_the_cutoff_on_it_leaves_and_the_one_after_is_the_first_to_change(now: datetime) -> None:
    assert effect(RUNNING, now) == Effect(5, DUE + timedelta(days=30), "leaves")


def test_of_an_unknown_cycle_nobody_says_when_the_one_after_comes() -> None:
    assert effect(replace(RUNNING, cycle_days=None), CUTOFF) == Effect(5, None, "leaves")


@pytest.mark.parametrize("unknown", [replace(RUNNING, due=None), replace(RUNNING, cutoff=None)])
def test_nothing_is_said_that_is_not_known(unknown: Contract) -> None:
    assert effect(unknown, NOW) == Effect(None, None, "unknown")


def test_while_it_is_paused_nothing_leaves() -> None:
    assert effect(replace(RUNNING, state="paused", due=None), NOW) == Effect(4, None, "stopped")


def test_deliveries_that_nobody_counted_have_no_number() -> None:
    assert effect(replace(RUNNING, deliveries=None), NOW).delivery is None


@pytest.mark.parametrize(
    ("done", "minimum", "left"), [(3, 4, 1), (4, 4, 0), (9, 4, 0), (None, 4, 4), (3, None, 0)]
)
def test_what_is_left_of_the_minimum(done: int | None, minimum: int | None, left: int) -> None:
    assert replace(RUNNING, deliveries=done, min_deliveries=minimum).minimum_left == left


@given(st.integers(-40, 40), st.integers(0, 30))
def test_a_later_change_never_reaches_an_earlier_parcel(hours: int, more: int) -> None:
    earlier = effect(RUNNING, CUTOFF + timedelta(hours=hours))
    later = effect(RUNNING, CUTOFF + timedelta(hours=hours + more))
    assert earlier.delivery is not None
    assert later.delivery is not None
    assert earlier.delivery <= later.delivery
