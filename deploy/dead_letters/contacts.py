"""Contacts: a letter's old personal data must not come back over a newer contact, nor after an erasure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from deploy.dead_letters.fate import Closes, Fate
from deploy.dead_letters.reading import Step
from shared.events.envelope import InvalidEvent, decode
from shared.events.record import Record
from shared.events.topics import CUSTOMER_CONTACTS
from shared.kafka.letters import Extent, LogReader

Standing = Mapping[bytes, datetime | None]
"""By customer, from when the newest contact is that customer-contacts has; None after an erasure."""


def contact_keys(fate: Fate) -> set[bytes]:
    """Whose contacts it would publish."""
    records = fate.records if isinstance(fate, Closes) else ()
    return {record.key for record in records if record.key is not None and _is_contact(record)}


async def standing(log: LogReader, extent: Extent, keys: Collection[bytes], step: Step) -> Standing:
    """Only what is said of `keys` is held in memory."""
    found: dict[bytes, datetime | None] = {}
    async for received in log.records(extent):
        step(1)
        key = received.key
        if key is not None and key in keys:
            at = _time(received.value)
            if at is not None or received.value is None:
                found[key] = at
    return found


def without_old_contacts(fate: Fate, now: Standing) -> Fate:
    """The same without contacts that customer-contacts knows better; a letter of nothing else is no use."""
    if not isinstance(fate, Closes):
        return fate
    left = tuple(record for record in fate.records if not (_is_contact(record) and _is_old(record, now)))
    dropped = len(fate.records) - len(left)
    outcome = fate.outcome if left or not dropped else "ignored"
    return replace(fate, outcome=outcome, events=fate.events - dropped, records=left)


def _is_contact(record: Record) -> bool:
    """A tombstone is none: an erasure is never too old."""
    return record.topic == CUSTOMER_CONTACTS.name and record.value is not None


def _is_old(record: Record, now: Standing) -> bool:
    if record.key is None or record.key not in now:
        return False
    known, at = now[record.key], _time(record.value)
    return known is None or (at is not None and at < known)


def _time(value: bytes | None) -> datetime | None:
    try:
        return None if value is None else decode(value).time
    except InvalidEvent:
        return None
