"""Spend: amounts, their trend and what was given back."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.spend import REMEMBERED, Spend, read, update, usual_amount
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope
from shared.events.money import Money

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def folded(*events: Envelope) -> Spend:
    state = Spend()
    for event in events:
        state = update(state, event)
    return state


def test_the_trend_compares_the_last_amount_with_the_ones_before(fact: Fact, day: Day) -> None:
    amounts = (4000, 2000, 1500)
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(amount)), at) for at, amount in enumerate(amounts)))
    seen = read(state, day(10))
    assert seen["spend_total"] == 7500
    assert seen["spend_last"] == 1500
    assert seen["spend_mean"] == 2500
    assert seen["spend_trend"] == 0.5


def test_nothing_is_known_before_the_first_purchase(day: Day) -> None:
    seen = read(Spend(), day(0))
    assert seen["spend_total"] == 0
    assert all(isnan(seen[name]) for name in ("spend_last", "spend_mean", "spend_trend"))


def test_a_trial_price_is_not_what_a_delivery_usually_brings(fact: Fact) -> None:
    trial = fact(OrderPlaced("trial", yen(500), discount=yen(1480)), 0)
    assert usual_amount(folded(trial)) == 1980
    assert usual_amount(folded(trial, fact(OrderPlaced("full", yen(2020)), 30))) == 2000
    assert usual_amount(Spend()) == 0


def test_cancelled_and_refunded_purchases_count_less(fact: Fact, day: Day) -> None:
    state = folded(
        fact(OrderPlaced("kept", yen(3000)), 0),
        fact(OrderPlaced("cancelled", yen(3000)), 1),
        fact(OrderPlaced("smaller", yen(3000)), 2),
        fact(OrderPlaced("returned", yen(3000)), 3),
        fact(OrderCancelled("cancelled"), 4),
        fact(OrderRefunded("smaller", yen(1000)), 5),
        fact(OrderRefunded("returned"), 6),
    )
    seen = read(state, day(7))
    assert seen["spend_total"] == 5000
    assert seen["cancelled_orders"] == 1
    assert seen["refunds"] == 2


def test_what_is_refunded_of_an_old_purchase_comes_off_the_total(fact: Fact, day: Day) -> None:
    many = [fact(OrderPlaced(f"o{at}", yen(100)), at) for at in range(REMEMBERED + 3)]
    state = folded(*many, fact(OrderRefunded("o0", yen(70)), 20))
    assert len(state.recent) == REMEMBERED
    assert read(state, day(21))["spend_total"] == pytest.approx(100 * (REMEMBERED + 3) - 70)


def test_money_spent_weighs_half_after_its_half_life(fact: Fact, day: Day) -> None:
    times = range(0, 4 * REMEMBERED)
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(100)), at) for at in times))
    assert read(state, day(60))["spend_45"] == pytest.approx(
        sum(100 * 0.5 ** ((60 - at) / 45) for at in times)
    )
    assert read(state, day(60))["spend_cv"] == pytest.approx(0, abs=1e-6)


def test_uneven_amounts_vary(fact: Fact, day: Day) -> None:
    state = folded(*(fact(OrderPlaced(f"o{at}", yen(amount)), at) for at, amount in enumerate((1000, 3000))))
    assert read(state, day(3))["spend_cv"] == pytest.approx(2**0.5 / 2)
