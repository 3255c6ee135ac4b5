"""Records as they stand in the dead-letter topics, and the letters they are."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from deploy.dead_letters.letter import Letter, read_record
from services.ingest.accept import ParkedDelivery
from shared.events.commerce import OrderDelivered
from shared.events.envelope import Envelope, encode
from shared.events.ids import derived_id
from shared.events.record import Received
from shared.kafka.dead_letters import park

RECEIVED = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)

Parked = Callable[..., Letter]


def letter_of(service: str, value: bytes | None, offset: int = 17) -> Letter:
    found = read_record(
        service, Received(f"{service}.dead-letter", 0, offset, 1_775_000_000_000, None, value)
    )
    assert isinstance(found, Letter)
    return found


@pytest.fixture
def webhook() -> Parked:
    """A letter of ingest."""

    def build(
        body: bytes = b'{"id": 5}',
        topic: str = "customers/delete",
        shop: str = "kirei",
        reason: str = "wrong_shape",
        offset: int = 17,
        at: datetime = RECEIVED,
    ) -> Letter:
        encoded = base64.b64encode(body).decode()
        parked = ParkedDelivery(shop, "shopify", reason, {"x-shopify-topic": topic}, encoded, at, at)
        return letter_of("ingest", msgspec.json.encode(parked), offset)

    return build


@pytest.fixture
def record() -> Parked:
    """A letter of scoring."""

    def build(
        value: bytes = b"{", key: bytes | None = b"kirei/shopify/5", topic: str = "customer-events"
    ) -> Letter:
        parked = park("scoring", Received(topic, 3, 99, 0, key, value), "not_json")
        return letter_of("scoring", parked.value)

    return build


@pytest.fixture
def foreign() -> Letter:
    """A letter of nobody's."""
    return letter_of("ingest", b"\xff\x00")


@pytest.fixture
def event() -> bytes:
    """The value of a record that can be read."""
    number = derived_id("test", "1")
    return encode(
        Envelope(
            id=number,
            source="/shops/kirei/shopify",
            subject="kirei/shopify/5",
            time=RECEIVED,
            shop="kirei",
            receivedat=RECEIVED,
            correlationid=number,
            data=OrderDelivered(order="1"),
        )
    )
