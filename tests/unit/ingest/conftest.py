"""Small deliveries of our own making, and where the real payloads are if this machine has them."""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.ingest.carts.base import Delivery, Translated
from services.ingest.carts.shopify import translate
from services.ingest.durable import Kept, NotKept
from shared.events.envelope import Envelope
from shared.events.record import Record

RECEIVED = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)
BUSINESS = datetime(2026, 9, 9, 9, 9, 9, tzinfo=UTC)

CUSTOMER = {
    "id": 706405506930370084,
    "first_name": "花子",
    "last_name": "山田",
    "email": "hanako@example.jp",
    "phone": None,
    "updated_at": "2026-04-01T09:00:00+09:00",
    "default_address": {
        "city": "渋谷区",
        "address1": "神南1-2-3",
        "address2": "青空ビル301",
        "province": "Tōkyō",
        "province_code": "JP-13",
        "country_code": "JP",
        "zip": "150-0041",
        "phone": "+819012345678",
    },
}
ORDER = {
    "id": 820982911946154508,
    "currency": "JPY",
    "total_price": "5920",
    "total_discounts": "500",
    "customer": {"id": 115310627314723954},
    "created_at": "2026-04-01T09:00:00+09:00",
    "landing_site": "/lp/serum?utm_source=line&utm_medium=social",
    "line_items": [
        {
            "product_id": 788032119674292922,
            "title": "美容液",
            "quantity": 2,
            "price": "2980",
            "total_discount": "0",
        },
        {
            "product_id": None,
            "sku": "GIFT-1",
            "title": "おまけ",
            "quantity": 1,
            "price": "460",
            "total_discount": "0",
        },
    ],
}
CONTRACT = {
    "id": 7103183873,
    "customer_id": 115310627314723954,
    "origin_order_id": 820982911946154508,
    "billing_policy": {"interval": "month", "interval_count": 1, "min_cycles": 4, "max_cycles": None},
    "delivery_policy": {"interval": "month", "interval_count": 2},
    "status": "active",
}
BILLING_ATTEMPT = {
    "id": 1,
    "order_id": 820982911946154509,
    "subscription_contract_id": 7103183873,
    "ready": True,
    "error_code": None,
}
BILLING_CYCLE = {
    "subscription_contract_id": 7103183873,
    "cycle_index": 3,
    "billing_attempt_expected_date": "2026-05-01T00:00:00+09:00",
    "skipped": True,
}


@pytest.fixture
def payloads() -> dict[str, dict[str, Any]]:
    """One small body of each of Shopify's shapes."""
    return {
        "order": ORDER,
        "customer": CUSTOMER,
        "contract": CONTRACT,
        "billing_attempt": BILLING_ATTEMPT,
        "billing_cycle": BILLING_CYCLE,
    }


Delivered = Callable[..., Delivery]


@pytest.fixture
def shopify_delivery() -> Delivered:
    """A delivery from Shopify, signed with `secret`; `headers` are added or, with None, left out."""

    def build(
        topic: str, body: Any, secret: bytes = b"hush", headers: Mapping[str, str | None] | None = None
    ) -> Delivery:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        signature = base64.b64encode(hmac.new(secret, raw, hashlib.sha256).digest()).decode()
        usual: dict[str, str | None] = {
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": signature,
            "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
            "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            "x-shopify-triggered-at": "2026-04-01T00:00:00.123456789Z",
        }
        kept = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        return Delivery("kirei", "shopify", kept, raw, RECEIVED, BUSINESS)

    return build


@pytest.fixture
def shopify_events(shopify_delivery: Delivered) -> Callable[..., tuple[Envelope, ...]]:
    """What a delivery from Shopify is translated to."""

    def events(topic: str, body: Any) -> tuple[Envelope, ...]:
        outcome = translate(shopify_delivery(topic, body))
        assert isinstance(outcome, Translated), outcome
        return outcome.envelopes

    return events


@pytest.fixture
def shopify_event(shopify_events: Callable[..., tuple[Envelope, ...]]) -> Callable[..., Envelope]:
    """The same for a delivery that holds one event."""

    def event(topic: str, body: Any) -> Envelope:
        (envelope,) = shopify_events(topic, body)
        return envelope

    return event


@pytest.fixture
def standard_delivery() -> Delivered:
    """A Standard Webhook, signed with each of `secrets` at the time it is received."""

    def build(
        body: Any,
        secrets: Sequence[bytes] = (b"0123456789abcdef0123456789abcdef",),
        headers: Mapping[str, str | None] | None = None,
    ) -> Delivery:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sent = str(int(RECEIVED.timestamp()))
        signed = b".".join((b"msg_1", sent.encode(), raw))
        digests = [hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets]
        usual: dict[str, str | None] = {
            "webhook-id": "msg_1",
            "webhook-timestamp": sent,
            "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
        }
        kept = {name: value for name, value in {**usual, **(headers or {})}.items() if value is not None}
        return Delivery("kirei", "standard", kept, raw, RECEIVED, BUSINESS)

    return build


class RecordingKeeper:
    """Keeps everything, until it is told not to."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.reachable = True

    async def keep(self, records: Sequence[Record]) -> Kept | NotKept:
        if not self.reachable:
            return NotKept("spool_full")
        self.records.extend(records)
        return Kept("kafka")


@pytest.fixture
def keeper() -> RecordingKeeper:
    return RecordingKeeper()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real payloads live outside the repository; without them the tests on our own payloads remain."""
    checkout = Path(__file__).parents[3]
    folder = Path(os.environ.get("HIKITOME_SHARED_DATA", checkout.parent / "shared" / "data"))
    if not (folder / "webhooks").is_dir():
        pytest.skip("the real payloads are not on this machine (HIKITOME_SHARED_DATA)")
    return folder
