"""The note that a letter was dealt with: told apart from letters, whatever stands in the topic."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.record import Received
from shared.kafka.dead_letters import park
from shared.kafka.replayed import Replayed, note, read_note

NOTE = Replayed("replayed", 0, 17, datetime(2026, 4, 1, tzinfo=UTC), "translated", 2)


def test_a_note_reads_as_it_was_written() -> None:
    record = note("ingest.dead-letter", NOTE)
    assert (record.topic, record.key) == ("ingest.dead-letter", None)
    assert read_note(record.value) == NOTE


def test_a_letter_is_no_note() -> None:
    letter = park("scoring", Received("customer-events", 0, 17, 0, b"key", b"value"), "not_json")
    assert read_note(letter.value) is None


@pytest.mark.parametrize(
    "changed",
    [{"marker": "letter"}, {"outcome": "eaten"}, {"at": "2026-04-01T00:00:00"}, {"offset": "17"}],
)
def test_what_is_nearly_a_note_is_none(changed: dict[str, str]) -> None:
    assert read_note(msgspec.json.encode(msgspec.to_builtins(NOTE) | changed)) is None


@given(st.none() | st.binary())
def test_any_bytes_may_stand_in_a_topic(value: bytes | None) -> None:
    assert read_note(value) is None
