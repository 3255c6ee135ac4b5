"""Rhythm: occasions, gaps and silence."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.rhythm import REMEMBERED, Rhythm, read, update
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope
from shared.events.money import Money

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def folded(*events: Envelope) -> Rhythm:
    state = Rhythm()
    for event in events:
        state = update(state, event)
    return state


def test_silence_is_measured_in_the_customers_own_gaps(fact: Fact, day: Day) -> None:
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in (0, 30, 60)))
    seen = read(state, day(120))
    assert seen["orders"] == 3
    assert seen["gap_mean_days"] == 30
    assert seen["days_since_order"] == 60
    assert seen["silence_gaps"] == 2
    assert seen["silence_of_longest"] == 2
    assert seen["gap_cv"] == 0


def test_nothing_is_known_before_the_first_order(day: Day) -> None:
    seen = read(Rhythm(), day(0))
    assert seen["orders"] == 0
    assert isnan(seen["days_since_order"])
    assert isnan(seen["silence_gaps"])


def test_one_order_has_a_silence_but_no_gap(fact: Fact, day: Day) -> None:
    seen = read(folded(fact(OrderPlaced("o", yen(1000)), 0)), day(10))
    assert seen["days_since_order"] == 10
    assert isnan(seen["gap_mean_days"])
    assert isnan(seen["silence_gaps"])


def test_orders_within_half_a_day_are_one_occasion(fact: Fact, day: Day) -> None:
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in (0, 0.1, 20)))
    assert read(state, day(20))["orders"] == 2
    assert read(state, day(20))["gap_mean_days"] == 20


@pytest.mark.parametrize(
    "taken_back", [OrderCancelled("late"), OrderRefunded("late"), OrderRefunded("late", yen(1000))]
)
def test_an_order_taken_back_whole_was_none(
    taken_back: OrderCancelled | OrderRefunded, fact: Fact, day: Day
) -> None:
    state = folded(
        fact(OrderPlaced("early", yen(1000)), 0),
        fact(OrderPlaced("late", yen(1000)), 30),
        fact(taken_back, 31),
    )
    assert read(state, day(40))["orders"] == 1
    assert read(state, day(40))["days_since_order"] == 40


def test_a_partial_refund_leaves_the_order_standing(fact: Fact, day: Day) -> None:
    state = folded(fact(OrderPlaced("o", yen(1000)), 0), fact(OrderRefunded("o", yen(400)), 1))
    assert read(state, day(2))["orders"] == 1


def test_a_second_partial_refund_of_the_rest_takes_the_order_back(fact: Fact, day: Day) -> None:
    refunds = (fact(OrderRefunded("o", yen(amount)), at) for amount, at in ((400, 1), (600, 2)))
    assert read(folded(fact(OrderPlaced("o", yen(1000)), 0), *refunds), day(3))["orders"] == 0


def test_a_free_sample_is_no_order(fact: Fact, day: Day) -> None:
    assert read(folded(fact(OrderPlaced("o", yen(0)), 0)), day(1))["orders"] == 0


def test_old_orders_stay_counted_and_their_longest_gap_known(fact: Fact, day: Day) -> None:
    times = [0, 100, *range(110, 110 + 10 * 2 * REMEMBERED, 10)]
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in times))
    seen = read(state, day(times[-1]))
    assert len(state.recent) == REMEMBERED
    assert seen["orders"] == len(times)
    assert seen["tenure_days"] == times[-1]
    assert seen["gap_max_days"] == 100
    assert seen["gap_mean_days"] == pytest.approx(times[-1] / (len(times) - 1))


def test_an_order_counts_half_after_its_half_life(fact: Fact, day: Day) -> None:
    seen = read(folded(fact(OrderPlaced("o", yen(1000)), 0)), day(30))
    assert seen["orders_30"] == pytest.approx(0.5)
    assert seen["orders_90"] == pytest.approx(0.5 ** (1 / 3))
