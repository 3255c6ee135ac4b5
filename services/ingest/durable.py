"""Durable: where records are safe before anybody is told so."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.events.record import Record
from shared.kafka.producer import Acked, Unknown


@dataclass(frozen=True, slots=True)
class Kept:
    """Every record is on all in-sync replicas, or synced to our own disk."""

    where: Literal["kafka", "spool"]


@dataclass(frozen=True, slots=True)
class NotKept:
    """At least one record is perhaps nowhere: the sender must repeat them, and readers drop what they know.

    `reason` is from a closed list.
    """

    reason: str


Keep = Callable[[Sequence[Record]], Awaitable[Kept | NotKept]]
Publish = Callable[[Sequence[Record]], Awaitable[Acked | Unknown]]


class Durable:
    """Kafka if it answers in time."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish

    async def keep(self, records: Sequence[Record]) -> Kept | NotKept:
        match await self._publish(records):
            case Acked():
                return Kept("kafka")
            case Unknown(reason):
                return NotKept(reason)
