"""Dead letters: what can't be read is parked with its origin; too much of it stops the consumer."""

import base64
from dataclasses import dataclass, replace

import msgspec

from shared.events.record import Received, Record
from shared.events.topics import dead_letter


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """Past these a bad deploy is likelier than bad records, and nothing more may be parked.

    `in_a_row` unreadable records of one partition, or more than `share` of at least `of_at_least` records.
    """

    in_a_row: int = 100
    share: float = 0.2
    of_at_least: int = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """What one partition has brought so far."""

    seen: int = 0
    unreadable: int = 0
    in_a_row: int = 0

    def read(self) -> "Tally":
        return Tally(self.seen + 1, self.unreadable, 0)

    def parked(self) -> "Tally":
        return replace(self, seen=self.seen + 1, unreadable=self.unreadable + 1, in_a_row=self.in_a_row + 1)

    def exceeds(self, limit: DeadLetterLimit) -> bool:
        too_many = self.seen >= limit.of_at_least and self.unreadable > limit.share * self.seen
        return too_many or self.in_a_row > limit.in_a_row


class TooManyDeadLetters(Exception):
    """The consumer stops here; nothing of this batch is committed."""


class DeadLetter(msgspec.Struct, frozen=True):
    """A parked record: where it stood, why it can't be read, and its bytes untouched (base64)."""

    topic: str
    partition: int
    offset: int
    reason: str
    key: str | None
    value: str | None


def park(group: str, received: Received, reason: str) -> Record:
    letter = DeadLetter(
        topic=received.topic,
        partition=received.partition,
        offset=received.offset,
        reason=reason,
        key=_base64(received.key),
        value=_base64(received.value),
    )
    return Record(dead_letter(group).name, received.key, msgspec.json.encode(letter))


def _base64(raw: bytes | None) -> str | None:
    return None if raw is None else base64.b64encode(raw).decode()
