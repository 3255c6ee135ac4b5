"""Payment: runs of failures, and what ends them."""

from collections.abc import Callable
from datetime import datetime

import pytest

from services.scoring.features.payment import Payment, read, update
from shared.events.commerce import OrderPaid
from shared.events.envelope import Envelope
from shared.events.payment import PaymentFailed, PaymentRecovered

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]


def folded(*events: Envelope) -> Payment:
    state = Payment()
    for event in events:
        state = update(state, event)
    return state


def test_failures_add_up_until_a_success(fact: Fact, day: Day) -> None:
    failing = [fact(PaymentFailed("c"), at) for at in (0, 3, 6)]
    seen = read(folded(*failing), day(8))
    assert seen["failures_open"] == 3
    assert seen["days_failing"] == 8
    assert seen["days_since_failure"] == 2
    assert seen["failed_finally"] == 0


@pytest.mark.parametrize(
    "success", [OrderPaid("o", subscription="c"), PaymentRecovered("c"), PaymentRecovered()]
)
def test_a_success_ends_the_run_but_not_the_memory(
    success: OrderPaid | PaymentRecovered, fact: Fact, day: Day
) -> None:
    seen = read(folded(fact(PaymentFailed("c"), 0), fact(success, 1)), day(2))
    assert seen["failures_open"] == 0
    assert seen["days_failing"] == 0
    assert seen["failures"] == 1
    assert seen["recoveries"] == 1


@pytest.mark.parametrize("other", [OrderPaid("o"), OrderPaid("o", subscription="d"), PaymentRecovered("d")])
def test_paying_for_something_else_ends_no_run(
    other: OrderPaid | PaymentRecovered, fact: Fact, day: Day
) -> None:
    seen = read(folded(fact(PaymentFailed("c"), 0), fact(other, 1)), day(2))
    assert seen["failures_open"] == 1
    assert seen["recoveries"] == 0


def test_of_several_contracts_the_worst_is_told(fact: Fact, day: Day) -> None:
    events = [fact(PaymentFailed("c"), 0), fact(PaymentFailed("d"), 1), fact(PaymentFailed("d"), 2)]
    assert read(folded(*events), day(3))["failures_open"] == 2
    final = fact(PaymentFailed("c", final=True), 4)
    assert read(folded(*events, final), day(5))["failed_finally"] == 1
