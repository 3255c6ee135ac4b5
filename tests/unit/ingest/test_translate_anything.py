"""Whatever a genuine platform may send one day, translation answers; it never breaks."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored, Translated, Untranslatable
from services.ingest.carts.shopify import TOPICS
from shared.events.catalogue import TYPES
from shared.events.envelope import decode, encode

Delivered = Callable[..., Delivery]

odd_numbers = st.sampled_from([0, -1, 2**53 + 1, 2**63 - 1, 2**63, 10**40, 0.1, 1e300])
odd_texts = st.sampled_from(
    [
        "",
        "0",
        "-1.5",
        "1e5",
        "NaN",
        "JPY",
        "\0",
        "~",
        "2026-04-01T00:00:00Z",
        "0001-01-01T00:00:00+09:00",
        "💧" * 600,
    ]
)
scalars = st.none() | st.booleans() | st.integers() | odd_numbers | odd_texts | st.text(max_size=20)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
anything = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(outcome: object) -> None:
    """An answer of the three, and what is translated survives the wire."""
    assert isinstance(outcome, Translated | Ignored | Untranslatable)
    if isinstance(outcome, Translated):
        for envelope in outcome.envelopes:
            msgspec.msgpack.encode(envelope.data)
            assert decode(encode(envelope)).data == envelope.data


@pytest.mark.parametrize("topic", sorted(TOPICS))
@given(body=st.binary(max_size=100))
@anything
def test_any_bytes(
    shopify_delivery: Delivered, standard_delivery: Delivered, topic: str, body: bytes
) -> None:
    check(CARTS["shopify"].translate(shopify_delivery(topic, body)))
    check(CARTS["standard"].translate(standard_delivery(body)))


@pytest.mark.parametrize(
    ("topic", "shape"),
    [
        ("orders/create", "order"),
        ("orders/paid", "order"),
        ("orders/cancelled", "order"),
        ("orders/fulfilled", "order"),
        ("customers/update", "customer"),
        ("subscription_contracts/create", "contract"),
        ("subscription_billing_attempts/success", "billing_attempt"),
        ("subscription_billing_attempts/failure", "billing_attempt"),
        ("subscription_billing_cycles/skip", "billing_cycle"),
    ],
)
@given(data=st.data())
@anything
def test_a_good_body_with_one_odd_value(
    shopify_delivery: Delivered,
    payloads: dict[str, dict[str, Any]],
    topic: str,
    shape: str,
    data: st.DataObject,
) -> None:
    body = payloads[shape]
    field = data.draw(st.sampled_from(sorted(body)))

    check(CARTS["shopify"].translate(shopify_delivery(topic, {**body, field: data.draw(values)})))


@given(header=st.text(max_size=40))
@anything
def test_any_header(shopify_delivery: Delivered, payloads: dict[str, dict[str, Any]], header: str) -> None:
    names = ("x-shopify-event-id", "x-shopify-triggered-at")
    delivery = shopify_delivery("orders/paid", payloads["order"], headers=dict.fromkeys(names, header))

    check(CARTS["shopify"].translate(delivery))


@given(
    name=st.sampled_from([*TYPES, "order.placed", "x"]),
    data=values,
    customer=scalars,
    time=odd_texts | st.datetimes().map(str),
)
@anything
def test_any_event_of_ours(
    standard_delivery: Delivered, name: str, data: Any, customer: Any, time: str
) -> None:
    item = {"type": name, "time": time, "customer": customer, "data": data}

    check(CARTS["standard"].translate(standard_delivery([item])))
