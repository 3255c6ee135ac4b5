"""Discount: how many orders had one, how deep, and how it began."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.features.days import DAY, moment
from services.scoring.features.discount import HALF_LIFE_DAYS, REMEMBERED, Discount, read, update
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope
from shared.events.money import Money

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def folded(*events: Envelope) -> Discount:
    state = Discount()
    for event in events:
        state = update(state, event)
    return state


def test_nothing_is_known_before_the_first_order(day: Day) -> None:
    assert all(isnan(value) for value in read(Discount(), day(0)).values())


def test_a_purchase_at_a_trial_price_only_is_told(fact: Fact, day: Day) -> None:
    trial = fact(OrderPlaced("trial", yen(500), discount=yen(1500)), 0)
    full = fact(OrderPlaced("full", yen(1980)), 30)
    seen = read(folded(trial), day(1))
    assert (seen["discounted_only"], seen["discount_depth"]) == (1, 0.75)
    after = read(folded(trial, full), day(31))
    assert (after["discounted_only"], after["discount_depth"]) == (0, 0)
    assert after["began_discounted"] == 1
    assert after["discount_share"] == 0.5


@pytest.mark.parametrize(
    "taken_back", [OrderCancelled("cheap"), OrderRefunded("cheap"), OrderRefunded("cheap", yen(500))]
)
def test_an_order_taken_back_whole_was_none(
    taken_back: OrderCancelled | OrderRefunded, fact: Fact, day: Day
) -> None:
    orders = (
        fact(OrderPlaced("full", yen(2000)), 0),
        fact(OrderPlaced("cheap", yen(500), discount=yen(500)), 5),
    )
    assert read(folded(*orders, fact(taken_back, 6)), day(7))["discount_share"] == 0


def test_an_order_refunded_in_part_still_had_its_discount(fact: Fact, day: Day) -> None:
    cheap = fact(OrderPlaced("cheap", yen(500), discount=yen(500)), 0)
    assert read(folded(cheap, fact(OrderRefunded("cheap", yen(100)), 1)), day(2))["discount_share"] == 1


@given(st.lists(st.tuples(st.integers(0, 600), st.booleans()), min_size=1, max_size=20).map(sorted))
def test_the_shares_are_those_of_all_orders_however_long_ago(orders: list[tuple[int, bool]]) -> None:
    state = Discount()
    for number, (on, discounted) in enumerate(orders):
        state = update(state, _placed(number, on, discounted))
    seen = read(state, moment(700 * DAY))
    assert len(state.recent) <= REMEMBERED
    assert seen["discount_share"] == pytest.approx(sum(cut for _, cut in orders) / len(orders))
    weights = [(0.5 ** ((700 - on) / HALF_LIFE_DAYS), cut) for on, cut in orders]
    direct = sum(weight for weight, cut in weights if cut) / sum(weight for weight, _ in weights)
    assert seen["discount_share_90"] == pytest.approx(direct)


def _placed(number: int, on: int, discounted: bool) -> Envelope:
    at = moment(on * DAY)
    return Envelope(
        id=str(number),
        source="/shops/shop/shopify",
        subject="shop/shopify/1",
        time=at,
        shop="shop",
        receivedat=at,
        correlationid="webhook",
        data=OrderPlaced(f"o{number}", yen(1000), discount=yen(300) if discounted else None),
    )
