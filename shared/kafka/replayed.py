"""Replayed: the note that a dead letter was dealt with; it stands in the same topic, after the letter."""

from datetime import datetime
from typing import Literal

import msgspec

from shared.events.record import Record

Outcome = Literal["translated", "ignored", "put_back"]
"""Its events were published; it turned out to be of no use; its record went back to where it came from."""


class Replayed(msgspec.Struct, frozen=True):
    """Which letter, when, what became of it, and how many events were published for it."""

    marker: Literal["replayed"]
    partition: int
    offset: int
    at: datetime
    outcome: Outcome
    events: int


_decoder = msgspec.json.Decoder(Replayed)


def note(topic: str, replayed: Replayed) -> Record:
    """The record that says so; it has no key, for it names its letter itself."""
    return Record(topic, None, msgspec.json.encode(replayed))


def read_note(value: bytes | None) -> Replayed | None:
    """None if this is anything else, a letter above all."""
    if value is None:
        return None
    try:
        found = _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if found.at.tzinfo is not None else None
