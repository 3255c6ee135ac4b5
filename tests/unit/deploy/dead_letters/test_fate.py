"""What a replay makes of a letter, told before anything is touched."""

from collections.abc import Callable

import pytest

from deploy.dead_letters.fate import Closes, Stays, fate
from deploy.dead_letters.letter import Letter
from services.ingest.carts import CARTS
from services.ingest.shops import Account
from shared.events.record import Record
from shared.events.topics import dead_letter

Parked = Callable[..., Letter]

KIREI = Account("kirei", CARTS["shopify"], (b"hush",))


def account_of(shop: str, cart: str) -> Account | None:
    return {("kirei", "shopify"): KIREI}.get((shop, cart))


def not_asked(shop: str, cart: str) -> Account | None:
    raise AssertionError("the shops file has no say here")


def test_a_webhook_that_can_be_read_closes_with_its_records(webhook: Parked) -> None:
    found = fate(webhook(), account_of)
    assert isinstance(found, Closes)
    assert (found.outcome, found.events, len(found.records)) == ("translated", 1, 2)


def test_a_webhook_of_no_use_closes_without_any(webhook: Parked) -> None:
    assert fate(webhook(topic="orders/updated"), account_of) == Closes("ignored")


def test_a_webhook_that_a_person_must_answer_says_so(webhook: Parked) -> None:
    found = fate(webhook(topic="customers/data_request"), account_of)
    assert isinstance(found, Closes)
    assert "a person must answer" in (found.told or "")


def test_a_webhook_stays_for_the_reason_of_today(webhook: Parked) -> None:
    assert fate(webhook(b"<html>", reason="wrong_shape"), account_of) == Stays("still not_json")


def test_a_webhook_of_a_shop_that_left_stays(webhook: Parked) -> None:
    assert fate(webhook(shop="gone"), account_of) == Stays("no such shop or cart in the shops file")


def test_a_record_that_can_be_read_goes_back_as_it_was(record: Parked, event: bytes) -> None:
    back = Record("customer-events", b"kirei/shopify/5", event)
    assert fate(record(event), not_asked) == Closes("put_back", 1, (back,))


def test_a_record_without_a_key_goes_back_without_one(record: Parked, event: bytes) -> None:
    assert fate(record(event, key=None), not_asked) == Closes(
        "put_back", 1, (Record("customer-events", None, event),)
    )


@pytest.mark.parametrize(
    ("value", "why"), [(b"{", "still not_json"), (b"{}", "still not_an_envelope"), (b"", "still not_json")]
)
def test_a_record_that_its_reader_would_park_again_stays(record: Parked, value: bytes, why: str) -> None:
    assert fate(record(value), not_asked) == Stays(why)


@pytest.mark.parametrize("topic", ["somebody-elses", dead_letter("scoring").name])
def test_nothing_is_put_into_a_topic_that_no_letter_can_come_from(
    record: Parked, event: bytes, topic: str
) -> None:
    assert fate(record(event, topic=topic), not_asked) == Stays("its topic is not one of ours")


def test_what_nobody_of_us_wrote_stays(foreign: Letter) -> None:
    assert fate(foreign, not_asked) == Stays("not written by us")
