"""A record: what is put into a topic, and what comes out of it."""

from dataclasses import dataclass

import msgspec


class Record(msgspec.Struct, frozen=True, gc=False):
    """`key` decides the partition; a `value` of None is a tombstone in a compacted topic."""

    topic: str
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Received:
    """A record as it was read, with its place in the log; `timestamp_ms` is when it was produced."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
