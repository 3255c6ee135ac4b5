"""What Shopify sends that can't be read, or must not be."""

from collections.abc import Callable
from typing import Any

import pytest

from services.ingest.carts.base import Delivery, Ignored, Untranslatable
from services.ingest.carts.shopify import IGNORED, TOPICS, translate

Delivered = Callable[..., Delivery]
Payloads = dict[str, dict[str, Any]]


def test_without_a_topic_nobody_knows_what_happened(shopify_delivery: Delivered, payloads: Payloads) -> None:
    delivery = shopify_delivery("orders/create", payloads["order"], headers={"x-shopify-topic": None})

    assert translate(delivery) == Untranslatable("no_topic")


def test_a_topic_that_we_do_not_follow_is_ignored(shopify_delivery: Delivered) -> None:
    assert translate(shopify_delivery("products/update", {"id": 1})) == Ignored("not a topic that we follow")


def test_no_topic_is_both_followed_and_ignored() -> None:
    assert not TOPICS.keys() & IGNORED.keys()


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"x":' + b"[" * 100_000, "not_json"),
        (b"[]", "wrong_shape"),
        (b"null", "wrong_shape"),
        (b"{}", "wrong_shape"),
        (b'{"id":1e400,"order_id":1e400}', "wrong_shape"),
        (b'{"id":NaN}', "not_json"),
        (b'{"errors":"Not Found"}', "wrong_shape"),
    ],
)
def test_a_body_that_can_not_be_read_is_kept_with_its_reason(
    shopify_delivery: Delivered, topic: str, body: bytes, reason: str
) -> None:
    assert translate(shopify_delivery(topic, body)) == Untranslatable(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 0},
        {"id": -1},
        {"id": 2**63},
        {"id": 8.2e17},
        {"id": None},
        {"total_price": "a lot"},
        {"total_price": "NaN"},
        {"total_price": "1e9"},
        {"total_price": "1" * 30},
        {"currency": "yen"},
        {"created_at": "2026-04-01T09:00:00"},
        {"created_at": ""},
    ],
)
def test_a_value_that_could_be_misread_is_not_guessed(
    shopify_delivery: Delivered, payloads: Payloads, changes: dict[str, object]
) -> None:
    outcome = translate(shopify_delivery("orders/create", {**payloads["order"], **changes}))

    assert outcome == Untranslatable("wrong_shape")


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "0001-01-01T00:00:00+09:00"},
        {"created_at": "9999-12-31T23:59:59-09:00"},
        {"line_items": [{"quantity": 10**18, "price": "999999999", "product_id": 1}]},
        {"line_items": [{"quantity": 1, "price": "1", "title": "a\x00b"}]},
        {"line_items": [{"quantity": 1, "price": "1", "sku": "x" * 501}]},
    ],
)
def test_a_value_that_the_system_could_not_store_never_enters_it(
    shopify_delivery: Delivered, payloads: Payloads, changes: dict[str, object]
) -> None:
    outcome = translate(shopify_delivery("orders/create", {**payloads["order"], **changes}))

    assert outcome == Untranslatable("out_of_range")
