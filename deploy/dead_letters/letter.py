"""A letter: one record of a dead-letter topic, read as far as it can be."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from services.ingest.accept import ParkedDelivery
from shared.events.record import Received
from shared.events.topics import dead_letter
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.replayed import Replayed, read_note

Shape = TypeVar("Shape")

SERVICES = ("ingest", "scoring", "notifier")
FOREIGN = "foreign"
"""The reason of a record that none of our services has written."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Bytes that are neither a letter nor a note; they are shown, and never touched."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """`at` is when the webhook came in, of others when they were parked; None if the record doesn't say.

    `shop` and `cart` are what the webhook's address or the record's key says. `body` is what can't be read.
    """

    service: str
    partition: int
    offset: int
    at: datetime | None
    shop: str | None
    cart: str | None
    reason: str
    body: bytes
    content: ParkedDelivery | DeadLetter | Foreign

    @property
    def topic(self) -> str:
        return dead_letter(self.service).name

    @property
    def key(self) -> bytes | None:
        """Of the record that can't be read; a delivery has none."""
        match self.content:
            case DeadLetter(key=str() as key):
                return base64.b64decode(key)
            case _:
                return None

    @property
    def place(self) -> tuple[str, int, int]:
        """What a note names it by."""
        return self.service, self.partition, self.offset


def read_record(service: str, received: Received) -> Letter | Replayed:
    """Anything at all may stand in a topic: what is no letter of this service is foreign."""
    found = read_note(received.value) or (
        _parked_delivery(received) if service == "ingest" else _parked_record(service, received)
    )
    return found or _foreign(service, received)


def _parked_delivery(received: Received) -> Letter | None:
    parked = _decoded(received.value, ParkedDelivery)
    if parked is None or parked.received_at.tzinfo is None or parked.business_time.tzinfo is None:
        return None
    body = _unpacked(parked.body)
    if body is None:
        return None
    at, shop, cart = parked.received_at, parked.shop, parked.cart
    return Letter("ingest", received.partition, received.offset, at, shop, cart, parked.reason, body, parked)


def _parked_record(service: str, received: Received) -> Letter | None:
    parked = _decoded(received.value, DeadLetter)
    key = None if parked is None else _unpacked(parked.key or "")
    body = None if parked is None else _unpacked(parked.value or "")
    if parked is None or key is None or body is None:
        return None
    shop, cart = _whose(key)
    at = _moment(received.timestamp_ms)
    return Letter(service, received.partition, received.offset, at, shop, cart, parked.reason, body, parked)


def _foreign(service: str, received: Received) -> Letter:
    value, at = received.value or b"", _moment(received.timestamp_ms)
    return Letter(
        service, received.partition, received.offset, at, None, None, FOREIGN, value, Foreign(value)
    )


def _decoded(value: bytes | None, shape: type[Shape]) -> Shape | None:
    try:
        return msgspec.json.decode(value or b"", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _unpacked(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _whose(key: bytes) -> tuple[str | None, str | None]:
    """A key is <shop>/<cart>/<customer>, unless it is no key of ours."""
    parts = key.decode("utf-8", "replace").split("/", 2)
    return (parts[0], parts[1]) if len(parts) == 3 else (None, None)


def _moment(milliseconds: int) -> datetime | None:
    """Kafka takes any number for a time, and -1 for none."""
    if milliseconds < 0:
        return None
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
