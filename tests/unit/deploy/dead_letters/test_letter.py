"""Whatever stands in a dead-letter topic can be shown."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.dead_letters import text
from deploy.dead_letters.letter import FOREIGN, SERVICES, Letter, read_record
from shared.events.record import Received
from shared.kafka.dead_letters import DeadLetter, park
from shared.kafka.replayed import Replayed, note

Parked = Callable[..., Letter]

RECEIVED = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)


def test_a_webhook_tells_whose_it_is_when_it_came_and_why_it_waits(webhook: Parked) -> None:
    letter = webhook(b"<html>", reason="not_json")
    assert letter.place == ("ingest", 0, 17)
    assert (letter.shop, letter.cart, letter.reason) == ("kirei", "shopify", "not_json")
    assert (letter.at, letter.body) == (RECEIVED, b"<html>")


def test_a_record_tells_where_it_stood_and_whom_its_key_names(record: Parked) -> None:
    letter = record(b"\xff")
    assert (letter.shop, letter.cart, letter.body) == ("kirei", "shopify", b"\xff")
    assert text.origin(letter) == "customer-events/3@99"


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"a/b"])
def test_a_record_may_have_no_key_that_names_anybody(record: Parked, key: bytes | None) -> None:
    letter = record(key=key)
    assert (letter.shop, letter.cart) == (None, None)


def test_a_note_is_no_letter() -> None:
    said = Replayed("replayed", 0, 3, RECEIVED, "put_back", 1)
    value = note("scoring.dead-letter", said).value
    assert read_record("scoring", Received("scoring.dead-letter", 0, 4, 0, None, value)) == said


def test_a_letter_of_one_service_is_foreign_to_another() -> None:
    value = park("scoring", Received("customer-events", 0, 1, 0, None, b"{"), "not_json").value
    found = read_record("ingest", Received("ingest.dead-letter", 0, 4, 0, None, value))
    assert isinstance(found, Letter)
    assert found.reason == FOREIGN


ANYTHING = (
    st.none()
    | st.binary()
    | st.builds(
        lambda key, value: msgspec.json.encode(DeadLetter("t", 0, 0, "r", key, value)),
        st.none() | st.text(),
        st.none() | st.text(),
    )
    | st.builds(
        lambda headers, body, at: msgspec.json.encode(
            {
                "shop": "s",
                "cart": "c",
                "reason": "r",
                "headers": headers,
                "body": body,
                "received_at": at,
                "business_time": at,
            }
        ),
        st.dictionaries(st.text(), st.text()),
        st.text(),
        st.datetimes() | st.datetimes(timezones=st.just(UTC)),
    )
)


@given(
    service=st.sampled_from(SERVICES),
    value=ANYTHING,
    timestamp=st.integers(-(2**63), 2**63 - 1),
)
def test_no_bytes_whatever_stop_the_list(service: str, value: bytes | None, timestamp: int) -> None:
    found = read_record(service, Received(f"{service}.dead-letter", 0, 4, timestamp, None, value))
    assert isinstance(found, Letter)
    shown = (
        *text.cells(found, None),
        text.body(found.body),
        *(said for _, said in text.details(found, None)),
    )
    assert not any(mark in said for said in shown for mark in "\x1b\x07\x9b\u202e")
    msgspec.json.encode(text.line(found, None))
