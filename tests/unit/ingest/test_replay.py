"""A parked delivery that can be read by now becomes what it would have been at once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import msgspec
import pytest

from services.ingest.accept import Parked, ParkedDelivery
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored, Translation, Untranslatable
from services.ingest.durable import Keep
from services.ingest.replay import NobodysNow, Readable, retranslate
from services.ingest.shops import Account
from shared.events.record import Record
from tests.accepting import accept

Delivered = Callable[..., Delivery]

ACCOUNT = Account("kirei", CARTS["shopify"], (b"hush",), pepper=b"0123456789abcdef")


class Keeper(Protocol):
    records: list[Record]
    keep: Keep


def not_yet(_: Delivery) -> Translation:
    """A version of a cart that can't read anything yet."""
    return Untranslatable("wrong_shape")


BEFORE_THE_FIX = replace(ACCOUNT, cart=replace(CARTS["shopify"], translate=not_yet))


async def parked(delivery: Delivery, account: Account, keeper: Keeper) -> ParkedDelivery:
    """What `accept` leaves behind of a delivery that it can't read."""
    assert isinstance(await accept(delivery, account, keeper.keep), Parked)
    return msgspec.json.decode(keeper.records.pop().value or b"", type=ParkedDelivery)


@pytest.mark.parametrize(
    ("topic", "payload", "events"),
    [("orders/create", "order", 1), ("customers/update", "customer", 2), ("orders/paid", "order", 1)],
)
async def test_after_the_fix_it_is_the_very_records_that_it_would_have_been_then(
    shopify_delivery: Delivered,
    payloads: dict[str, Any],
    keeper: Keeper,
    topic: str,
    payload: str,
    events: int,
) -> None:
    delivery = shopify_delivery(topic, payloads[payload])
    letter = await parked(delivery, BEFORE_THE_FIX, keeper)
    await accept(delivery, ACCOUNT, keeper.keep)

    assert retranslate(letter, ACCOUNT) == Readable(events, tuple(keeper.records))


async def test_an_erasure_still_leaves_its_tombstone(shopify_delivery: Delivered, keeper: Keeper) -> None:
    delivery = shopify_delivery("customers/delete", {"id": 5})
    letter = await parked(delivery, BEFORE_THE_FIX, keeper)

    again = retranslate(letter, ACCOUNT)

    assert isinstance(again, Readable)
    assert again.events == 1
    assert again.records[1] == Record("customer-contacts", b"kirei/shopify/5", None)


async def test_what_still_can_not_be_read_says_why(shopify_delivery: Delivered, keeper: Keeper) -> None:
    letter = await parked(shopify_delivery("orders/create", b"<html>"), ACCOUNT, keeper)
    assert retranslate(letter, ACCOUNT) == Untranslatable("not_json")


async def test_what_turns_out_to_be_of_no_use_says_so(shopify_delivery: Delivered, keeper: Keeper) -> None:
    letter = await parked(shopify_delivery("orders/updated", {"id": 1}), BEFORE_THE_FIX, keeper)
    assert isinstance(retranslate(letter, ACCOUNT), Ignored)


async def test_who_is_no_longer_in_the_shops_file_is_not_guessed(
    shopify_delivery: Delivered, payloads: dict[str, Any], keeper: Keeper
) -> None:
    letter = await parked(shopify_delivery("orders/create", payloads["order"]), BEFORE_THE_FIX, keeper)
    assert retranslate(letter, None) == NobodysNow()


async def test_customers_of_another_cart_are_named_as_the_shops_file_says_now(
    standard_delivery: Delivered, keeper: Keeper
) -> None:
    item = {
        "type": "page.viewed",
        "customer": "7",
        "time": "2026-04-01T00:00:00Z",
        "data": {"page": "cancel"},
    }
    cart = replace(CARTS["standard"], translate=not_yet)
    secrets = (b"0123456789abcdef0123456789abcdef",)
    letter = await parked(standard_delivery(item), Account("kirei", cart, secrets), keeper)

    again = retranslate(letter, Account("kirei", CARTS["standard"], secrets, customers_of="shopify"))

    assert isinstance(again, Readable), again
    assert [record.key for record in again.records] == [b"kirei/shopify/7"]
