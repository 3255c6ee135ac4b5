"""What Shopify's headers mean: the same event has the same id, and a time."""

from collections.abc import Callable
from typing import Any

import pytest

from services.ingest.carts.base import Delivery, Translated
from services.ingest.carts.shopify import translate
from shared.events.envelope import Envelope
from shared.events.ids import event_id

Delivered = Callable[..., Delivery]
Payloads = dict[str, dict[str, Any]]


def only(delivery: Delivery) -> Envelope:
    outcome = translate(delivery)
    assert isinstance(outcome, Translated), outcome
    (envelope,) = outcome.envelopes
    return envelope


def test_the_envelope_says_where_it_is_from_and_what_it_began_with(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    delivery = shopify_delivery("customers/create", payloads["customer"])

    outcome = translate(delivery)

    assert isinstance(outcome, Translated)
    seen, contact = outcome.envelopes
    assert seen.source == "/shops/kirei/shopify"
    assert seen.shop == "kirei"
    assert seen.receivedat == delivery.received_at
    assert seen.id != contact.id
    assert seen.correlationid == contact.correlationid == seen.id


def test_the_same_event_delivered_twice_has_the_same_ids(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    first = shopify_delivery("orders/create", payloads["order"], headers={"x-shopify-webhook-id": "a"})
    again = shopify_delivery("orders/create", payloads["order"], headers={"x-shopify-webhook-id": "b"})

    assert only(first).id == only(again).id


def test_the_event_id_is_made_of_shop_cart_topic_and_shopifys_event_id(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    delivery = shopify_delivery("orders/create", payloads["order"], headers={"x-shopify-event-id": "e-1"})

    assert only(delivery).id == event_id("kirei", "shopify", "orders/create", "e-1", 0)


def test_without_an_event_id_the_webhook_id_tells_deliveries_apart(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    def delivered(webhook: str) -> str:
        headers = {"x-shopify-event-id": None, "x-shopify-webhook-id": webhook}
        return only(shopify_delivery("orders/create", payloads["order"], headers=headers)).id

    assert delivered("a") == delivered("a") != delivered("b")


def test_without_any_id_the_content_tells_deliveries_apart(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    def delivered(total: str) -> str:
        headers = {"x-shopify-event-id": None, "x-shopify-webhook-id": None}
        order = {**payloads["order"], "total_price": total}
        return only(shopify_delivery("orders/create", order, headers=headers)).id

    assert delivered("1") == delivered("1") != delivered("2")


def test_one_merchant_action_told_under_two_topics_is_two_events(
    shopify_delivery: Delivered, payloads: Payloads
) -> None:
    placed = only(shopify_delivery("orders/create", payloads["order"]))
    paid = only(shopify_delivery("orders/paid", payloads["order"]))

    assert placed.id != paid.id


def test_the_newer_headers_without_x_say_the_same(shopify_delivery: Delivered, payloads: Payloads) -> None:
    older = shopify_delivery("orders/paid", payloads["order"])
    newer = Delivery(
        older.shop,
        older.cart,
        {name.removeprefix("x-"): value for name, value in older.headers.items()},
        older.body,
        older.received_at,
        older.business_time,
    )

    assert translate(newer) == translate(older)


@pytest.mark.parametrize("header", [None, "yesterday", "2026-04-01T00:00:00", "0001-01-01T00:00:00+09:00"])
def test_without_a_readable_time_the_business_time_of_its_arrival_counts(
    shopify_delivery: Delivered, payloads: Payloads, header: str | None
) -> None:
    delivery = shopify_delivery("orders/paid", payloads["order"], headers={"x-shopify-triggered-at": header})

    assert only(delivery).time == delivery.business_time
