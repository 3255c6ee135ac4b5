"""Payment: runs of failures, and what ends them."""

from collections.abc import Callable
from datetime import datetime
from math import isnan

import pytest

from services.scoring.features.payment import Payment, read, update
from shared.events.commerce import OrderPaid
from shared.events.envelope import Envelope
from shared.events.payment import PaymentFailed, PaymentMethodChanged, PaymentRecovered

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


def test_payments_are_counted_and_failures_fade(fact: Fact, day: Day) -> None:
    seen = read(
        folded(*(fact(OrderPaid(f"o{at}"), at) for at in (0, 30)), fact(PaymentFailed("c"), 60)), day(150)
    )
    assert (seen["payments"], seen["failures"]) == (2, 1)
    assert seen["failures_90"] == pytest.approx(0.5)


def test_a_payment_told_of_twice_is_one(fact: Fact, day: Day) -> None:
    twice = (fact(OrderPaid("o"), 0), fact(OrderPaid("o", subscription="c"), 0.01))
    assert read(folded(*twice), day(1))["payments"] == 1


def test_a_card_out_of_date_is_told_while_its_charge_fails(fact: Fact, day: Day) -> None:
    failing = folded(fact(PaymentFailed("c", code="card_expired"), 0))
    assert read(failing, day(1))["card_expired"] == 1
    assert read(update(failing, fact(PaymentFailed("c", code="declined"), 2)), day(3))["card_expired"] == 0
    assert read(update(failing, fact(OrderPaid("o", subscription="c"), 2)), day(3))["card_expired"] == 0


def test_a_way_to_pay_changed_after_the_failure_is_told(fact: Fact, day: Day) -> None:
    before = folded(fact(PaymentMethodChanged("c"), 0))
    assert isnan(read(before, day(1))["method_changed_since"])
    failed = update(before, fact(PaymentFailed("c"), 2))
    assert read(failed, day(3))["method_changed_since"] == 0
    changed = read(update(failed, fact(PaymentMethodChanged("c"), 4)), day(5))
    assert (changed["method_changed_since"], changed["days_since_method_change"]) == (1, 1)
