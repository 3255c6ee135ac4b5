"""Dead letters: parked whole, and limited."""

import base64

import msgspec
import pytest

from shared.events.record import Received
from shared.kafka.batch import read
from shared.kafka.dead_letters import DeadLetterLimit, Tally, TooManyDeadLetters, park

LIMIT = DeadLetterLimit(in_a_row=3, share=0.5, of_at_least=4)


def received(offset: int, value: bytes | None) -> Received:
    return Received("customer-events", 4, offset, 0, b"key", value)


def test_a_dead_letter_tells_where_it_stood_and_keeps_its_bytes() -> None:
    record = park("scoring", received(17, b"\xff\x00"), "not_json")
    letter = msgspec.json.decode(record.value or b"")
    assert record.topic == "scoring.dead-letter"
    assert (letter["topic"], letter["partition"], letter["offset"]) == ("customer-events", 4, 17)
    assert base64.b64decode(letter["value"]) == b"\xff\x00"


def test_good_records_between_bad_ones_start_the_row_anew() -> None:
    tally = Tally().parked().parked().read().parked().parked()
    assert tally.in_a_row == 2
    assert not tally.exceeds(DeadLetterLimit(in_a_row=3))


def test_too_large_a_share_of_bad_records_exceeds_the_limit() -> None:
    assert Tally(seen=4, unreadable=3, in_a_row=1).exceeds(LIMIT)
    assert not Tally(seen=3, unreadable=3, in_a_row=1).exceeds(LIMIT)


def test_reading_stops_at_the_limit() -> None:
    with pytest.raises(TooManyDeadLetters):
        read("scoring", [received(offset, b"bad") for offset in range(5)], Tally(), LIMIT)


def test_a_tombstone_is_neither_an_event_nor_a_dead_letter() -> None:
    opened = read("scoring", [received(1, None)], Tally(), LIMIT)
    assert (opened.envelopes, opened.parked, opened.tally) == ((), (), Tally())
