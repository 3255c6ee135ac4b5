"""The envelope: what is written can be read, and what is none of ours is refused with a reason."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.catalogue import NAMES, TYPES, Event, topic_of
from shared.events.commerce import OrderDelivered
from shared.events.customer import ContactChanged, CustomerErased
from shared.events.envelope import Envelope, InvalidEvent, decode, encode, record_of
from shared.events.ids import derived_id, event_id

GOLDEN = Path(__file__).parents[2] / "contract" / "golden"
MOMENT = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)


def envelope(data: Event, **changes: Any) -> Envelope:
    fields: dict[str, Any] = {
        "id": derived_id("a test"),
        "source": "/shops/demo/shopify",
        "subject": "demo/shopify/7",
        "time": MOMENT,
        "shop": "demo",
        "receivedat": MOMENT,
        "correlationid": derived_id("a test"),
        "data": data,
    }
    return Envelope(**{**fields, **changes})


def test_every_event_of_the_union_has_one_name_and_each_name_one_event() -> None:
    assert set(get_args(Event)) == set(NAMES)
    assert len(NAMES) == len(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_golden_record_of_each_event_is_still_read_and_written_alike(name: str) -> None:
    golden = (GOLDEN / f"{name.removeprefix('com.hikitome.')}.json").read_bytes()
    read = decode(golden)
    assert read.type == name
    assert json.loads(encode(read)) == json.loads(golden)


@given(st.text(), st.text(min_size=1), st.datetimes(timezones=st.just(UTC)))
def test_whatever_is_written_is_read_back(order: str, subject: str, time: datetime) -> None:
    written = envelope(OrderDelivered(order), subject=subject, time=time)
    assert decode(encode(written)) == written


def test_the_record_goes_to_its_topic_under_the_key_of_whom_it_is_about() -> None:
    record = record_of(envelope(OrderDelivered("1")))
    assert (record.topic, record.key) == ("customer-events", b"demo/shopify/7")


def test_personal_data_goes_to_the_contacts_topic_and_nowhere_else() -> None:
    assert topic_of(ContactChanged(mail="a@example.com")).name == "customer-contacts"
    assert topic_of(CustomerErased("7")).name == "customer-events"


def broken(**changes: Any) -> bytes:
    good = json.loads(encode(envelope(OrderDelivered("1"))))
    return json.dumps({**good, **changes}).encode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"data":' + b"[" * 100_000, "not_json"),
        (b"[]", "not_an_envelope"),
        (broken(specversion="2.0"), "not_an_envelope"),
        (broken(id="7"), "not_an_envelope"),
        (broken(time="2026-04-01T09:30:00"), "not_an_envelope"),
        (broken(type="com.hikitome.order.lost.v1"), "unknown_type"),
        (broken(data={"order": 1}), "wrong_shape"),
        (broken(data=None), "wrong_shape"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_a_reason(value: bytes, reason: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decode(value)
    assert refused.value.reason == reason


@given(st.binary(max_size=200))
def test_no_bytes_whatever_do_more_than_be_refused(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        decode(value)


def test_additional_fields_of_a_newer_writer_are_ignored() -> None:
    assert decode(broken(data={"order": "1", "courier": "yamato"}, sequence=7)).data == OrderDelivered("1")


def test_the_same_delivery_has_the_same_id_and_its_parts_have_different_ones() -> None:
    once = event_id("demo", "shopify", "orders/create", "d-1")
    assert once == event_id("demo", "shopify", "orders/create", "d-1", 0)
    parts = {event_id("demo", "shopify", "orders/create", "d-1", part) for part in range(3)}
    others = {
        event_id("demo", "shopify", "orders/paid", "d-1"),
        event_id("other", "shopify", "orders/create", "d-1"),
    }
    assert len(parts | others) == 5


def test_neighbouring_fields_of_an_id_can_not_be_confused() -> None:
    assert event_id("a", "bc", "t", "d") != event_id("ab", "c", "t", "d")


def test_events_are_frozen() -> None:
    with pytest.raises(AttributeError):
        OrderDelivered("1").order = "2"  # type: ignore[misc]
    assert all(
        struct.__struct_config__.frozen for struct in TYPES.values() if issubclass(struct, msgspec.Struct)
    )
