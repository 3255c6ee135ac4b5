"""Places: how the checker knows a record again, whether ingest is to make it or Kafka has it."""

import msgspec

from services.ingest.accept import ParkedDelivery
from shared.events.envelope import decode
from shared.events.record import Record
from shared.events.topics import CUSTOMER_CONTACTS, CUSTOMER_EVENTS, dead_letter

TOPICS = (CUSTOMER_EVENTS, CUSTOMER_CONTACTS, dead_letter("ingest"))
_TOMBSTONE = "tombstone of "


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A topic and what stands in it; tombstones of one customer are all alike."""

    topic: str
    id: str

    @property
    def is_tombstone(self) -> bool:
        return self.id.startswith(_TOMBSTONE)


def place(record: Record) -> Place:
    """An event is known by its id, an unreadable delivery by the platform's own."""
    if record.value is None:
        return Place(record.topic, f"{_TOMBSTONE}{(record.key or b'').decode()}")
    if record.topic == dead_letter("ingest").name:
        parked = msgspec.json.decode(record.value, type=ParkedDelivery)
        return Place(record.topic, parked.headers["x-shopify-event-id"])
    return Place(record.topic, decode(record.value).id)
