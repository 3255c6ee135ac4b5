"""Payloads that a platform might send, damaged by chance, and signed: a seed always gives the same."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery
from services.ingest.carts.shopify import TOPICS
from services.ingest.shops import Account
from shared.clock import system_clock
from tests.unit.ingest.conftest import BILLING_ATTEMPT, BILLING_CYCLE, CONTRACT, CUSTOMER, ORDER

SHOPIFY_SECRET = b"hush"
STANDARD_SECRET = b"0123456789abcdef0123456789abcdef"

_MONEY = {"amount": 1980, "currency": "JPY"}
_LINE = {"product": "p-1", "quantity": 2, "amount": _MONEY, "title": "美容液"}
_TOLD: tuple[tuple[str, Any], ...] = (
    ("order.placed", {"order": "o-1", "total": _MONEY, "lines": [_LINE, _LINE], "media": "line"}),
    ("order.paid", {"order": "o-1", "total": _MONEY}),
    ("page.viewed", {"page": "cancel"}),
    ("customer.seen", {"account": "c-1"}),
    ("contact.changed", {"name": "山田花子", "mail": "hanako@example.jp", "phone": "090-1234-5678"}),
)
_PAYLOADS: dict[str, Any] = {
    "orders": ORDER,
    "refunds": {
        "order_id": 1,
        "transactions": [{"amount": "5920", "kind": "refund", "status": "success", "currency": "JPY"}],
        "created_at": "2026-04-01T09:00:00+09:00",
    },
    "customers": CUSTOMER,
    "subscription_contracts": CONTRACT,
    "subscription_billing_attempts": BILLING_ATTEMPT,
    "subscription_billing_cycles": BILLING_CYCLE,
    "customers_email_marketing_consent": {
        "customer_id": 1,
        "email_marketing_consent": {"state": "subscribed", "consent_updated_at": "2026-04-01T09:00:00Z"},
    },
}
_TOPICS = (*TOPICS, "orders/updated", "customers/data_request", "no/such", "")
_HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**400, 0.5, 1e308),
    *(float("nan"), float("inf"), "", " ", "0", "-0", "1e9", "JPY", "\0", "\ud800", "\u202e", "😀" * 300),
    *("x" * 499, "x" * 501, "x" * 70_000, "2026-04-01T09:00:00+09:00", "2026-04-01", "0001-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59-23:59", "gid://shopify/Customer/1", "~", "a/b", "/?utm_source=%00", "http://["),
    *([], {}, [[]], [None] * 300, {"": ""}, {"id": {"id": {"id": 1}}}, [[[[[[[[[[1]]]]]]]]]]),
)


@dataclass(frozen=True)
class Sent:
    """One signed webhook as it goes over the wire."""

    cart: str
    headers: dict[str, str]
    body: bytes

    def delivery(self, shop: str) -> Delivery:
        now = system_clock()
        return Delivery(shop, self.cart, self.headers, self.body, now, now)


def accounts(shop: str, pepper: bytes | None = None) -> dict[str, Account]:
    return {
        "shopify": Account(shop, CARTS["shopify"], (SHOPIFY_SECRET,), pepper=pepper),
        "standard": Account(shop, CARTS["standard"], (STANDARD_SECRET,), pepper=pepper),
    }


def webhooks(seed: int, count: int) -> Iterator[Sent]:
    """So many, no two with the same id; some are as they should be."""
    rng = Random(seed)
    for number in range(count):
        name = f"{seed}-{number}"
        yield _shopify(rng, name) if rng.random() < 0.6 else _standard(rng, name)


def _shopify(rng: Random, name: str) -> Sent:
    topic = rng.choice(_TOPICS)
    body = _damaged(rng, _PAYLOADS.get(topic.partition("/")[0], {"id": 1}))
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-event-id": name,
        "x-shopify-hmac-sha256": _signature(SHOPIFY_SECRET, body),
    }
    if rng.random() < 0.5:
        headers["x-shopify-triggered-at"] = rng.choice(("2026-04-01T00:00:00.123456789Z", "yesterday", "0"))
    return Sent("shopify", headers, body)


def _standard(rng: Random, name: str) -> Sent:
    items = [
        {"type": kind, "time": "2026-04-01T09:00:00+09:00", "customer": f"c-{rng.randrange(9)}", "data": data}
        for kind, data in rng.sample(_TOLD, rng.randint(1, 4))
    ]
    body = _damaged(rng, items if len(items) > 1 else items[0])
    at = str(int(system_clock().timestamp()))
    signed = b".".join((name.encode(), at.encode(), body))
    headers = {
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{_signature(STANDARD_SECRET, signed)}",
    }
    return Sent("standard", headers, body)


def _signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def _damaged(rng: Random, payload: Any) -> bytes:
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        payload = _changed(rng, payload)
    body = json.dumps(payload, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    return rng.choice(_BREAKING)(rng, body) if rng.random() < 0.2 else body


def _changed(rng: Random, value: Any) -> Any:
    """The same with one thing changed, at any depth."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        if rng.random() < 0.1:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: _changed(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        place = rng.randrange(len(value))
        return [*value[:place], _changed(rng, value[place]), *value[place + rng.randrange(2) :]]
    return rng.choice(_HOSTILE)


def _cut(rng: Random, body: bytes) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def _flipped(rng: Random, body: bytes) -> bytes:
    place = rng.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1 << rng.randrange(8)]) + body[place + 1 :]


def _stuffed(rng: Random, body: bytes) -> bytes:
    place = rng.randrange(len(body) + 1)
    stuff = rng.choice(
        (b"[" * 5000, b'{"a":' * 2000, b"\xff\xfe", b"\0", b"9" * 5000, b'"', b"\\ud800", b"NaN")
    )
    return body[:place] + stuff + body[place:]


def _twice(rng: Random, body: bytes) -> bytes:
    return body + body[rng.randrange(len(body)) :]


def _noise(rng: Random, body: bytes) -> bytes:
    return rng.randbytes(rng.randrange(200))


_BREAKING: tuple[Callable[[Random, bytes], bytes], ...] = (_cut, _flipped, _stuffed, _twice, _noise)
