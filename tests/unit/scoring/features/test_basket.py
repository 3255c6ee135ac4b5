"""Basket: pieces, different products, and what is new to the customer."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.basket import REMEMBERED, Baskets, read, update
from shared.events.commerce import Line, OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope
from shared.events.money import Money

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def order(name: str, **quantities: int) -> OrderPlaced:
    lines = tuple(Line(product, quantity, yen(100)) for product, quantity in quantities.items())
    return OrderPlaced(name, yen(1000), lines)


def folded(*events: Envelope) -> Baskets:
    state = Baskets()
    for event in events:
        state = update(state, event)
    return state


def test_products_are_new_once(fact: Fact, day: Day) -> None:
    state = folded(fact(order("a", soap=2, cream=1), 0), fact(order("b", soap=1, tea=1), 30))
    seen = read(state, day(31))
    assert seen["products"] == pytest.approx(3, abs=0.02)
    assert seen["new_share"] == 0.75
    assert seen["new_share_recent"] == 0.5
    assert (seen["units_mean"], seen["units_last"], seen["lines_mean"]) == (2.5, 2, 2)
    assert seen["units_trend"] == pytest.approx(2 / 3)


def test_nothing_is_known_without_lines(fact: Fact, day: Day) -> None:
    seen = read(folded(fact(OrderPlaced("a", yen(1000)), 0)), day(1))
    assert seen.pop("products") == 0
    assert all(isnan(value) for value in seen.values())


@pytest.mark.parametrize("taken_back", [OrderCancelled("b"), OrderRefunded("b")])
def test_a_basket_taken_back_does_not_count(
    taken_back: OrderCancelled | OrderRefunded, fact: Fact, day: Day
) -> None:
    state = folded(fact(order("a", soap=2), 0), fact(order("b", tea=8), 1), fact(taken_back, 2))
    assert read(state, day(3))["units_mean"] == 2


def test_the_state_stays_small_and_still_counts_hundreds_of_products(fact: Fact, day: Day) -> None:
    many = [fact(order(f"o{number}", **{f"p{number}": 1}), number) for number in range(300)]
    state = folded(*many)
    assert len(state.recent) == REMEMBERED
    assert len(state.had) <= 64
    assert read(state, day(301))["products"] == pytest.approx(300, rel=0.1)
    assert read(state, day(301))["units_mean"] == 1
