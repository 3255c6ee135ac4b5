"""Shipment: how long the newest order takes to leave."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

from services.scoring.features.shipment import Shipment, read, update
from shared.events.commerce import OrderCancelled, OrderDelivered, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def folded(*events: Envelope) -> Shipment:
    state = Shipment()
    for event in events:
        state = update(state, event)
    return state


def placed(fact: Fact, order: str, on: float) -> Envelope:
    return fact(OrderPlaced(order, Money(1000, "JPY")), on)


def test_the_days_until_it_left_are_remembered_for_a_month(fact: Fact, day: Day) -> None:
    state = folded(placed(fact, "o", 0), fact(OrderDelivered("o"), 6))
    assert read(state, day(7))["ship_days"] == 6
    assert read(state, day(30))["ship_days"] == 6
    assert isnan(read(state, day(31))["ship_days"])


def test_an_order_still_waited_for_grows_older(fact: Fact, day: Day) -> None:
    state = folded(placed(fact, "o", 0), fact(OrderDelivered("o"), 2), placed(fact, "p", 30))
    assert read(state, day(39))["ship_days"] == 9


def test_a_shop_that_never_tells_of_shipments_keeps_nobody_waiting(fact: Fact, day: Day) -> None:
    assert isnan(read(folded(placed(fact, "o", 0)), day(9))["ship_days"])


def test_nobody_waits_for_a_cancelled_order(fact: Fact, day: Day) -> None:
    events = (
        placed(fact, "o", 0),
        fact(OrderDelivered("o"), 2),
        placed(fact, "p", 3),
        fact(OrderCancelled("p"), 4),
    )
    assert read(folded(*events), day(9))["ship_days"] == 2
