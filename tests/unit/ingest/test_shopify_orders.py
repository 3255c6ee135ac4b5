"""What Shopify's orders and refunds mean: who, what, when."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.carts.base import Delivery, Ignored
from services.ingest.carts.shopify import translate
from shared.events.commerce import Line, OrderCancelled, OrderDelivered, OrderPaid, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope
from shared.events.money import Money

Delivered = Callable[..., Delivery]
Told = Callable[..., Envelope]
Payloads = dict[str, dict[str, Any]]

TRIGGERED = datetime(2026, 4, 1, 0, 0, 0, 123456, tzinfo=UTC)
OWNER = "kirei/shopify/115310627314723954"


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def test_an_order_carries_its_lines_its_discount_and_where_the_customer_came_from(
    shopify_event: Told, payloads: Payloads
) -> None:
    envelope = shopify_event("orders/create", payloads["order"])

    assert envelope.subject == OWNER
    assert envelope.time == datetime(2026, 4, 1, tzinfo=UTC)
    assert envelope.data == OrderPlaced(
        order="820982911946154508",
        total=yen(5920),
        lines=(
            Line("788032119674292922", 2, yen(5960), "美容液"),
            Line("GIFT-1", 1, yen(460), "おまけ"),
        ),
        discount=yen(500),
        media="line",
    )


def test_an_order_brought_over_from_another_cart_keeps_its_old_date(
    shopify_event: Told, payloads: Payloads
) -> None:
    brought_over = {**payloads["order"], "processed_at": "2023-01-05T10:00:00+09:00"}

    envelope = shopify_event("orders/create", brought_over)

    assert envelope.time == datetime(2023, 1, 5, 1, tzinfo=UTC)


def test_an_order_wide_discount_is_taken_off_each_line(shopify_event: Told, payloads: Payloads) -> None:
    line = {
        "product_id": 1,
        "quantity": 2,
        "price": "1000",
        "total_discount": "0",
        "discount_allocations": [{"amount": "300"}, {"amount": "100"}],
    }

    envelope = shopify_event("orders/create", {**payloads["order"], "line_items": [line]})

    assert isinstance(envelope.data, OrderPlaced)
    assert envelope.data.lines == (Line("1", 2, yen(1600)),)


@pytest.mark.parametrize(
    ("landing", "referrer", "media"),
    [
        ("/?utm_source=insta", "https://example.com/", "insta"),
        ("/lp", "https://www.google.co.jp/search?q=x", "www.google.co.jp"),
        (None, None, None),
        ("", "", None),
        ("http://[broken", None, None),
    ],
)
def test_the_media_is_read_from_the_first_page_or_the_referrer(
    shopify_event: Told,
    payloads: Payloads,
    landing: str | None,
    referrer: str | None,
    media: str | None,
) -> None:
    order = {**payloads["order"], "landing_site": landing, "referring_site": referrer}

    envelope = shopify_event("orders/create", order)

    assert isinstance(envelope.data, OrderPlaced)
    assert envelope.data.media == media


@pytest.mark.parametrize("topic", ["orders/create", "orders/paid", "orders/cancelled", "orders/fulfilled"])
@pytest.mark.parametrize("customer", [None, {"id": None}])
def test_a_guests_order_is_ignored(
    shopify_delivery: Delivered, payloads: Payloads, topic: str, customer: dict[str, None] | None
) -> None:
    outcome = translate(shopify_delivery(topic, {**payloads["order"], "customer": customer}))

    assert outcome == Ignored("a guest's order is about no customer")


def test_an_order_is_paid_when_the_webhook_says_so(shopify_event: Told, payloads: Payloads) -> None:
    envelope = shopify_event("orders/paid", payloads["order"])

    assert envelope.data == OrderPaid("820982911946154508", yen(5920))
    assert envelope.time == TRIGGERED


def test_a_cancelled_order_keeps_its_reason_and_moment(shopify_event: Told, payloads: Payloads) -> None:
    order = {**payloads["order"], "cancelled_at": "2026-04-03T12:00:00+09:00", "cancel_reason": "customer"}

    envelope = shopify_event("orders/cancelled", order)

    assert envelope.data == OrderCancelled("820982911946154508", "customer")
    assert envelope.time == datetime(2026, 4, 3, 3, tzinfo=UTC)


def test_an_order_left_the_shop_with_the_last_of_its_parcels(shopify_event: Told, payloads: Payloads) -> None:
    parcels = [{"created_at": "2026-04-05T00:00:00Z"}, {"created_at": "2026-04-04T00:00:00Z"}]

    envelope = shopify_event("orders/fulfilled", {**payloads["order"], "fulfillments": parcels})

    assert envelope.data == OrderDelivered("820982911946154508")
    assert envelope.time == datetime(2026, 4, 5, tzinfo=UTC)


def refund(**changes: object) -> dict[str, object]:
    transaction = {"kind": "refund", "status": "success", "amount": "980", "currency": "JPY"}
    return {
        "order_id": 820982911946154508,
        "created_at": "2026-04-06T00:00:00Z",
        "transactions": [transaction],
        **changes,
    }


def test_a_refund_names_the_order_because_it_does_not_know_the_customer(shopify_event: Told) -> None:
    envelope = shopify_event("refunds/create", refund())

    assert envelope.subject == "kirei/shopify/~order/820982911946154508"
    assert envelope.data == OrderRefunded("820982911946154508", yen(980))
    assert envelope.time == datetime(2026, 4, 6, tzinfo=UTC)


def test_a_refund_counts_only_money_that_went_back(shopify_event: Told) -> None:
    transactions = [
        {"kind": "refund", "status": "success", "amount": "500", "currency": "JPY"},
        {"kind": "refund", "status": "pending", "amount": "300", "currency": "JPY"},
        {"kind": "refund", "status": "failure", "amount": "980", "currency": "JPY"},
        {"kind": "sale", "status": "success", "amount": "980", "currency": "JPY"},
    ]

    envelope = shopify_event("refunds/create", refund(transactions=transactions))

    assert envelope.data == OrderRefunded("820982911946154508", yen(800))


def test_a_refund_without_a_currency_takes_the_one_of_its_lines(shopify_event: Told) -> None:
    transactions = [{"kind": "refund", "status": "success", "amount": "980", "currency": None}]
    lines = [{"subtotal_set": {"shop_money": {"amount": "980", "currency_code": "JPY"}}}]

    known = shopify_event("refunds/create", refund(transactions=transactions, refund_line_items=lines))
    unknown = shopify_event("refunds/create", refund(transactions=transactions))

    assert known.data == OrderRefunded("820982911946154508", yen(980))
    assert unknown.data == OrderRefunded("820982911946154508", None)


def test_goods_taken_back_without_money_are_no_refund(shopify_delivery: Delivered) -> None:
    assert translate(shopify_delivery("refunds/create", refund(transactions=[]))) == Ignored(
        "no money went back"
    )
