"""A delivery is ours only when it is durable; until then the platform keeps it."""

import base64
from collections.abc import Callable
from typing import Any, Protocol

import msgspec
import pytest
from msgspec.structs import replace

from services.ingest.accept import Accepted, Parked, ParkedDelivery, Unavailable, Unverified
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored
from services.ingest.durable import Keep
from services.ingest.shops import Account
from shared.events.envelope import decode
from shared.events.record import Record
from tests.accepting import accept

Delivered = Callable[..., Delivery]
Payloads = dict[str, dict[str, Any]]

ACCOUNT = Account("kirei", CARTS["shopify"], (b"new", b"hush"))


class Keeper(Protocol):
    records: list[Record]
    reachable: bool
    keep: Keep


async def test_a_genuine_order_is_accepted_once_its_event_is_durable(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper
) -> None:
    answer = await accept(shopify_delivery("orders/create", payloads["order"]), ACCOUNT, keeper.keep)

    assert answer == Accepted()
    (record,) = keeper.records
    assert (record.topic, record.key) == ("customer-events", b"kirei/shopify/115310627314723954")
    assert record.value is not None
    assert decode(record.value).type == "com.hikitome.order.placed.v1"


async def test_personal_data_goes_to_its_own_topic_only(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper
) -> None:
    await accept(shopify_delivery("customers/update", payloads["customer"]), ACCOUNT, keeper.keep)

    seen, contact = keeper.records
    assert (seen.topic, contact.topic) == ("customer-events", "customer-contacts")
    assert seen.key == contact.key == b"kirei/shopify/706405506930370084"
    assert seen.value is not None
    assert "hanako" not in seen.value.decode()


@pytest.mark.parametrize(
    ("topic", "body"), [("customers/delete", {"id": 5}), ("customers/redact", {"customer": {"id": 5}})]
)
async def test_an_erasure_is_told_and_leaves_a_tombstone_where_the_personal_data_was(
    shopify_delivery: Delivered, keeper: Keeper, topic: str, body: dict[str, Any]
) -> None:
    await accept(shopify_delivery(topic, body), ACCOUNT, keeper.keep)

    told, tombstone = keeper.records
    assert told.topic == "customer-events"
    assert tombstone == Record("customer-contacts", b"kirei/shopify/5", None)


async def test_a_delivery_signed_by_somebody_else_is_not_looked_into(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper
) -> None:
    forged = shopify_delivery("orders/create", payloads["order"], secret=b"guess")

    assert await accept(forged, ACCOUNT, keeper.keep) == Unverified()
    assert keeper.records == []


@pytest.mark.parametrize("cart", ["shopify", "standard", "no such cart", ""])
async def test_a_stranger_learns_nothing_more_than_a_forger(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper, cart: str
) -> None:
    delivery = replace(shopify_delivery("orders/create", payloads["order"]), cart=cart)

    assert await accept(delivery, None, keeper.keep) == Unverified()
    assert keeper.records == []


async def test_what_is_of_no_use_is_not_published(shopify_delivery: Delivered, keeper: Keeper) -> None:
    answer = await accept(shopify_delivery("orders/updated", {"id": 1}), ACCOUNT, keeper.keep)

    assert isinstance(answer, Ignored)
    assert keeper.records == []


async def test_a_genuine_delivery_that_can_not_be_read_is_parked_raw_without_its_signature(
    shopify_delivery: Delivered, keeper: Keeper
) -> None:
    delivery = shopify_delivery("orders/create", b'{"id": "not a number"}', headers={"cookie": "secret"})

    assert await accept(delivery, ACCOUNT, keeper.keep) == Parked("wrong_shape")

    (record,) = keeper.records
    assert record.topic == "ingest.dead-letter"
    assert record.value is not None
    parked = msgspec.json.decode(record.value, type=ParkedDelivery)
    assert (parked.shop, parked.cart, parked.reason) == ("kirei", "shopify", "wrong_shape")
    assert base64.b64decode(parked.body) == delivery.body
    assert parked.received_at == delivery.received_at
    assert parked.headers["x-shopify-topic"] == "orders/create"
    assert not parked.headers.keys() & {"x-shopify-hmac-sha256", "cookie"}


async def test_what_was_parked_translates_to_the_same_once_it_can_be_read(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper
) -> None:
    without_topic = shopify_delivery("orders/create", payloads["order"], headers={"x-shopify-topic": None})
    await accept(without_topic, ACCOUNT, keeper.keep)

    value = keeper.records[0].value
    assert value is not None
    parked = msgspec.json.decode(value, type=ParkedDelivery)
    again = Delivery(
        parked.shop,
        parked.cart,
        {**parked.headers, "x-shopify-topic": "orders/create"},
        base64.b64decode(parked.body),
        parked.received_at,
        parked.business_time,
    )

    assert CARTS["shopify"].translate(again) == CARTS["shopify"].translate(
        shopify_delivery("orders/create", payloads["order"])
    )


@pytest.mark.parametrize("topic", ["orders/create", "customers/update"])
async def test_when_nobody_knows_whether_it_is_durable_the_platform_must_send_it_again(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper, topic: str
) -> None:
    keeper.reachable = False

    answer = await accept(shopify_delivery(topic, payloads["order"]), ACCOUNT, keeper.keep)

    assert answer == Unavailable("spool_full")


async def test_the_second_attempt_has_the_ids_of_the_first(
    shopify_delivery: Delivered, payloads: Payloads, keeper: Keeper
) -> None:
    for _ in range(2):
        await accept(shopify_delivery("customers/update", payloads["customer"]), ACCOUNT, keeper.keep)

    values = [record.value for record in keeper.records]
    assert values[:2] == values[2:]


def test_every_cart_is_registered_under_its_own_name() -> None:
    assert {name: cart.name for name, cart in CARTS.items()} == {name: name for name in CARTS}
