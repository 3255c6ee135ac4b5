"""Signed and hostile: whatever stands in a body, it is answered at once, kept or ignored, and never lost."""

import time
from collections.abc import Callable
from typing import Protocol

import pytest

from services.ingest.accept import Accepted, Parked, Unverified
from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Ignored
from services.ingest.durable import Keep
from services.ingest.shops import Account
from shared.events.record import Record
from tests.accepting import accept

Delivered = Callable[..., Delivery]

MIB = 1024 * 1024
LARGEST_RECORD = 2 * MIB
SLOWEST = 5.0
SECRET = b"0123456789abcdef0123456789abcdef"
SHOPIFY = Account("kirei", CARTS["shopify"], (b"hush",), pepper=b"p" * 16)
STANDARD = Account("kirei", CARTS["standard"], (SECRET,), pepper=b"p" * 16)
ORDER = b'{"id":1,"currency":"JPY","total_price":"1","customer":{"id":1},'
ITEM = b'{"type":"%s","time":"2026-04-01T09:00:00+09:00","customer":"c","data":%s}'


class Keeper(Protocol):
    records: list[Record]
    keep: Keep


def repeated(unit: bytes, size: int = MIB - 300) -> bytes:
    """A JSON array of so many bytes."""
    return b"[" + b",".join([unit] * ((size - 2) // (len(unit) + 1))) + b"]"


BODIES = {
    "open brackets": b"[" * MIB,
    "open objects": b'{"a":' * (MIB // 5),
    "nested": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "nested where we read": b'{"id":1,"customer":' + b'{"id":' * 90_000 + b"1" + b"}" * 90_001,
    "a huge number": b'{"id":' + b"9" * (MIB - 9) + b"}",
    "a long fraction": b'{"id":0.' + b"9" * (MIB - 11) + b"}",
    "an exponent": b'{"id":1e999999999}',
    "not a number": b'{"id":NaN}',
    "infinite": b'{"id":-Infinity}',
    "a key twice": ORDER + b'"id":2}',
    "a key very often": b"{" + b",".join([b'"id":1'] * 100_000) + b"}",
    "very many keys": b"{" + b",".join(b'"%d":1' % key for key in range(90_000)) + b"}",
    "a lone surrogate": ORDER + b'"landing_site":"/?utm_source=\\ud800"}',
    "NUL": ORDER + b'"landing_site":"/?utm_source=\\u0000"}',
    "no UTF-8": b'{"id":1,"email":"\xff\xfe"}',
    "UTF-16": '{"id":1}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "nothing": b"",
    "spaces": b" " * MIB,
    "null": b"null",
    "a long text": ORDER + b'"landing_site":"/?' + b"a=b&" * (MIB // 4 - 50) + b'"}',
    "a long source": ORDER + b'"landing_site":"/?utm_source=' + b"%E3%81" * (MIB // 6 - 50) + b'"}',
    "no address": ORDER + b'"landing_site":"http://[' + b":" * (MIB - 300) + b'"}',
    "a long mail address": b'{"id":1,"email":"' + b"a." * (MIB // 2 - 50) + b'"}',
    "a mail address that nearly fits": b'{"id":1,"email":"' + b"a." * 240 + b'"}',
    "an address of hyphens": b'{"id":1,"default_address":{"address1":"' + b"1-" * 240 + b'"}}',
    "a million elements": repeated(b"1", 2_000_000)[:MIB],
    "many lines": ORDER + b'"line_items":' + repeated(b'{"price":"1","quantity":1}') + b"}",
    "many large lines": ORDER
    + b'"line_items":'
    + repeated(b'{"price":"123456789012345.123456","quantity":9999999999}')
    + b"}",
    "many discounts": ORDER
    + b'"line_items":[{"price":"1","quantity":1,"discount_allocations":'
    + repeated(b'{"amount":"1"}')
    + b"}]}",
    "many refunds": b'{"order_id":1,"transactions":'
    + repeated(b'{"amount":"1","kind":"refund","currency":"JPY"}')
    + b"}",
    "many parcels": b'{"id":1,"customer":{"id":1},"fulfillments":'
    + repeated(b'{"created_at":"2026-04-01T09:00:00+09:00"}')
    + b"}",
}
ITEMS = {
    "nested data": ITEM % (b"order.paid", b'{"order":"1","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "open data": ITEM % (b"order.paid", b"[" * 900_000),
    "a huge amount": ITEM
    % (b"order.paid", b'{"order":"1","total":{"amount":' + b"9" * 900_000 + b',"currency":"JPY"}}'),
    "a long type": ITEM % (b"x" * (MIB - 300), b"{}"),
    "a long customer": (ITEM % (b"order.paid", b"{}")).replace(b'"c"', b'"' + b"c" * (MIB - 300) + b'"'),
    "a surrogate of a customer": (ITEM % (b"order.paid", b'{"order":"1"}')).replace(b'"c"', b'"\\udfff"'),
    "a time before time": (ITEM % (b"order.paid", b'{"order":"1"}')).replace(b"2026-04-01", b"0001-01-01"),
    "very many": repeated(ITEM % (b"page.viewed", b"{}")),
    "very many lines": ITEM
    % (
        b"order.placed",
        b'{"order":"1","total":{"amount":1,"currency":"JPY"},"lines":'
        + repeated(b'{"product":"p","quantity":1,"amount":{"amount":1,"currency":"JPY"}}')
        + b"}",
    ),
}
TOPICS = ("orders/create", "orders/paid", "orders/fulfilled", "refunds/create", "customers/update")


async def is_dealt_with(delivery: Delivery, account: Account, keeper: Keeper) -> None:
    """It is kept or ignored within seconds of work, and no record is more than a broker takes.

    The work of the process's other threads counts too, so there is room for it.
    """
    before = time.process_time()
    answer = await accept(delivery, account, keeper.keep)

    assert time.process_time() - before < SLOWEST
    assert isinstance(answer, Accepted | Parked | Ignored)
    assert isinstance(answer, Ignored) == (keeper.records == [])
    assert all(len(record.value or b"") < LARGEST_RECORD for record in keeper.records)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_hostile_body_from_shopify(
    topic: str, body: bytes, shopify_delivery: Delivered, keeper: Keeper
) -> None:
    assert len(body) <= MIB
    await is_dealt_with(shopify_delivery(topic, body), SHOPIFY, keeper)


@pytest.mark.parametrize("body", [*BODIES.values(), *ITEMS.values()], ids=[*BODIES, *ITEMS])
async def test_a_hostile_standard_webhook(body: bytes, standard_delivery: Delivered, keeper: Keeper) -> None:
    assert len(body) <= MIB
    await is_dealt_with(standard_delivery(body), STANDARD, keeper)


async def test_an_event_larger_than_a_record_may_be_is_kept_as_it_came(
    standard_delivery: Delivered, keeper: Keeper
) -> None:
    answer = await accept(standard_delivery(ITEMS["very many lines"]), STANDARD, keeper.keep)

    assert answer == Parked("too_large")
    assert [record.topic for record in keeper.records] == ["ingest.dead-letter"]


async def test_of_very_many_signatures_only_the_first_are_compared(
    standard_delivery: Delivered, keeper: Keeper
) -> None:
    genuine = standard_delivery([]).headers["webhook-signature"]
    lists = {
        "last": " ".join(["v1,no"] * 10_000 + [genuine]),
        "second": " ".join(["v1,no", genuine] + ["v1,no"] * 10_000),
    }
    answers = {
        name: await accept(
            standard_delivery([], headers={"webhook-signature": signatures}), STANDARD, keeper.keep
        )
        for name, signatures in lists.items()
    }

    assert answers == {"last": Unverified(), "second": Ignored("an empty list")}
