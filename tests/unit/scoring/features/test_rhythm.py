"""Rhythm: occasions, gaps and silence."""

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from itertools import accumulate, pairwise
from math import isnan
from statistics import mean, stdev

import numpy as np
import pytest

from services.scoring.backtest.bgnbd import BgNbd, alive, no_order
from services.scoring.features.rhythm import (
    BUYING_A,
    BUYING_ALPHA,
    BUYING_B,
    BUYING_R,
    LOOK_DAYS,
    REMEMBERED,
    Rhythm,
    buyer,
    read,
    update,
)
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
    assert seen["orders_15"] == pytest.approx(0.25)
    assert seen["orders_45"] == pytest.approx(0.5 ** (2 / 3))


def test_a_counter_does_not_forget_what_is_settled(fact: Fact, day: Day) -> None:
    times = range(0, 5 * REMEMBERED, 2)
    seen = read(folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in times)), day(100))
    assert seen["orders_45"] == pytest.approx(sum(0.5 ** ((100 - at) / 45) for at in times))
    assert seen["orders_45_share"] == pytest.approx(seen["orders_45"] / seen["orders_120"])


def test_gaps_have_a_mean_a_deviation_and_a_memory(fact: Fact, day: Day) -> None:
    times = list(accumulate([0, 10, 20, 60, 10, 20, 30, 40, 50, 60, 70, 80]))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    seen = read(folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in times)), day(times[-1]))
    assert seen["gap_sd_days"] == pytest.approx(stdev(gaps))
    assert seen["gap_cv"] == pytest.approx(stdev(gaps) / mean(gaps))
    assert (seen["gap_last_days"], seen["gap_previous_days"], seen["gap_max_days"]) == (80, 70, 80)
    smoothed = reduce(lambda before, gap: before + 0.3 * (gap - before), map(float, gaps))
    assert seen["gap_smoothed_days"] == pytest.approx(smoothed)


def test_the_same_silence_is_more_unusual_for_who_is_known_to_be_regular(fact: Fact, day: Day) -> None:
    regular = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in range(0, 121, 15)))
    new = folded(fact(OrderPlaced("o", yen(1000)), 120))
    known, unknown = read(regular, day(180)), read(new, day(180))
    assert known["silence_z"] > unknown["silence_z"] > 0
    assert known["gap_typical_days"] < unknown["gap_typical_days"] == pytest.approx(45)
    assert known["silence_evidence"] > unknown["silence_evidence"]


def test_an_order_taken_back_leaves_the_gap_as_it_was(fact: Fact, day: Day) -> None:
    orders = [fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in range(0, 200, 10)]
    back = fact(OrderCancelled("o190"), 195)
    without = read(folded(*orders[:-1]), day(200))
    assert read(folded(*orders, back), day(200)) == pytest.approx(without, nan_ok=True)


def test_who_bought_is_told_as_bgnbd_wants_it(fact: Fact, day: Day) -> None:
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in (0, 30, 45)))
    assert buyer(state, day(60).timestamp()) == (2, 45, 60)
    assert buyer(Rhythm(), day(60).timestamp()) is None


def test_the_chance_that_they_still_buy_is_bgnbds(fact: Fact, day: Day) -> None:
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in (0, 30, 45)))
    model = BgNbd(BUYING_R, BUYING_ALPHA, BUYING_A, BUYING_B)
    told = np.array([2.0]), np.array([45.0]), np.array([90.0])
    seen = read(state, day(90))
    assert seen["still_buying"] == pytest.approx(alive(model, *told)[0])
    assert seen["quiet_60"] == pytest.approx(no_order(model, *told, days=LOOK_DAYS)[0])
    assert isnan(read(Rhythm(), day(90))["quiet_60"])


def test_many_orders_and_a_long_silence_do_not_overflow(fact: Fact, day: Day) -> None:
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(1000)), at) for at in range(900)))
    assert read(state, day(4000))["still_buying"] == pytest.approx(0)
