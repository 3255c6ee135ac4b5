"""What Shopify's contracts, charges and skips mean."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.carts.base import Delivery, Ignored, Untranslatable
from services.ingest.carts.shopify import translate
from shared.events.commerce import OrderPaid
from shared.events.envelope import Envelope
from shared.events.payment import PaymentFailed
from shared.events.subscription import (
    Cycle,
    SubscriptionChanged,
    SubscriptionSkipped,
    SubscriptionStarted,
)

Delivered = Callable[..., Delivery]
Told = Callable[..., Envelope]
Payloads = dict[str, dict[str, Any]]

TRIGGERED = datetime(2026, 4, 1, 0, 0, 0, 123456, tzinfo=UTC)
OWNER = "kirei/shopify/115310627314723954"
OF_THE_CONTRACT = "kirei/shopify/~subscription/7103183873"


def test_a_contract_starts_with_its_delivery_cycle_promise_and_first_order(
    shopify_event: Told, payloads: Payloads
) -> None:
    envelope = shopify_event("subscription_contracts/create", payloads["contract"])

    assert envelope.subject == OWNER
    assert envelope.data == SubscriptionStarted("7103183873", Cycle("month", 2), 4, "820982911946154508")
    assert envelope.time == TRIGGERED


def test_a_changed_contract_says_its_new_cycle(shopify_event: Told, payloads: Payloads) -> None:
    envelope = shopify_event("subscription_contracts/update", payloads["contract"])

    assert envelope.data == SubscriptionChanged("7103183873", Cycle("month", 2), 4)


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("activate", "com.hikitome.subscription.resumed.v1"),
        ("pause", "com.hikitome.subscription.paused.v1"),
        ("cancel", "com.hikitome.subscription.cancelled.v1"),
        ("expire", "com.hikitome.subscription.expired.v1"),
    ],
)
def test_a_contracts_status_is_a_fact_of_its_own(
    shopify_event: Told, payloads: Payloads, topic: str, name: str
) -> None:
    envelope = shopify_event(f"subscription_contracts/{topic}", payloads["contract"])

    assert (envelope.type, envelope.subject) == (name, OWNER)


def test_a_failed_contract_is_the_end_of_charging_and_not_a_wish_to_leave(
    shopify_event: Told, payloads: Payloads
) -> None:
    envelope = shopify_event("subscription_contracts/fail", payloads["contract"])

    assert envelope.data == PaymentFailed("7103183873", final=True)


def test_a_contract_without_a_customer_stands_for_itself(shopify_event: Told, payloads: Payloads) -> None:
    contract = {**payloads["contract"], "customer_id": None}

    envelope = shopify_event("subscription_contracts/pause", contract)

    assert envelope.subject == OF_THE_CONTRACT


def test_a_successful_charge_ties_an_order_to_its_subscription(
    shopify_event: Told, payloads: Payloads
) -> None:
    envelope = shopify_event("subscription_billing_attempts/success", payloads["billing_attempt"])

    assert envelope.subject == OF_THE_CONTRACT
    assert envelope.data == OrderPaid("820982911946154509", subscription="7103183873")


def test_a_successful_charge_without_its_order_is_kept_for_later(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    attempt = {**payloads["billing_attempt"], "order_id": None}

    assert translate(shopify_delivery("subscription_billing_attempts/success", attempt)) == Untranslatable(
        "wrong_shape"
    )


@pytest.mark.parametrize(
    ("code", "kept"), [("insufficient_funds", "insufficient_funds"), (None, None), ("", None)]
)
def test_a_failed_charge_says_why_if_shopify_does(
    shopify_event: Told, payloads: Payloads, code: str | None, kept: str | None
) -> None:
    attempt = {**payloads["billing_attempt"], "order_id": None, "error_code": code}

    envelope = shopify_event("subscription_billing_attempts/failure", attempt)

    assert envelope.subject == OF_THE_CONTRACT
    assert envelope.data == PaymentFailed("7103183873", None, kept)


def test_a_charge_that_failed_for_want_of_goods_is_not_held_against_the_customer(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    attempt = {**payloads["billing_attempt"], "error_code": "INSUFFICIENT_INVENTORY"}

    outcome = translate(shopify_delivery("subscription_billing_attempts/failure", attempt))

    assert outcome == Ignored("out of stock: the customer did not fail to pay")


def test_a_charge_that_waits_for_the_bank_is_not_paid(shopify_event: Told, payloads: Payloads) -> None:
    envelope = shopify_event("subscription_billing_attempts/challenged", payloads["billing_attempt"])

    assert envelope.data == PaymentFailed("7103183873", "820982911946154509", "challenged")


def test_a_skip_says_which_delivery_and_when_it_was_due(shopify_event: Told, payloads: Payloads) -> None:
    envelope = shopify_event("subscription_billing_cycles/skip", payloads["billing_cycle"])

    assert envelope.subject == OF_THE_CONTRACT
    assert envelope.data == SubscriptionSkipped("7103183873", 3, datetime(2026, 4, 30, 15, tzinfo=UTC))
