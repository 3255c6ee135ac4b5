"""Our own event shapes in a Standard Webhook: what a cart without an adapter may tell."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from services.ingest.carts.base import Delivery, Ignored, Translated, Untranslatable
from services.ingest.carts.standard_webhooks import translate
from shared.events.catalogue import TYPES
from shared.events.commerce import OrderPlaced
from shared.events.customer import ContactChanged
from shared.events.identity import DuplicateConfirmed, DuplicateDenied
from shared.events.ids import event_id
from shared.events.money import Money

Delivered = Callable[..., Delivery]

ITEM = {
    "type": "order.placed",
    "time": "2026-04-01T09:00:00+09:00",
    "customer": "c-1",
    "data": {"order": "o-1", "total": {"amount": 2980, "currency": "JPY"}},
}
SKIP = {"type": "subscription.skipped", "time": "2026-04-01T00:00:00Z", "data": {"subscription": "s-1"}}


def test_an_event_is_taken_as_it_is(standard_delivery: Delivered) -> None:
    outcome = translate(standard_delivery(ITEM))

    assert isinstance(outcome, Translated)
    (envelope,) = outcome.envelopes
    assert envelope.data == OrderPlaced("o-1", Money(2980, "JPY"))
    assert envelope.subject == "kirei/standard/c-1"
    assert envelope.source == "/shops/kirei/standard"
    assert envelope.time == datetime(2026, 4, 1, tzinfo=UTC)
    assert envelope.id == envelope.correlationid == event_id("kirei", "standard", "standard", "msg_1", 0)


def test_the_full_name_of_a_type_is_as_good_as_the_short_one(standard_delivery: Delivered) -> None:
    full = {**ITEM, "type": "com.hikitome.order.placed.v1"}

    assert translate(standard_delivery(full)) == translate(standard_delivery(ITEM))


def test_a_list_of_events_keeps_its_order_and_every_event_its_own_id(standard_delivery: Delivered) -> None:
    outcome = translate(standard_delivery([ITEM, {**SKIP, "customer": "c-2"}]))

    assert isinstance(outcome, Translated)
    first, second = outcome.envelopes
    assert (first.subject, second.subject) == ("kirei/standard/c-1", "kirei/standard/c-2")
    assert first.id != second.id
    assert second.correlationid == first.id


@pytest.mark.parametrize("told", ["05-21", "1980-05-21", "1980/05-21"])
def test_a_contact_brings_the_line_id_and_a_birthday_without_its_year(
    standard_delivery: Delivered, told: str
) -> None:
    item = {**ITEM, "type": "contact.changed", "data": {"line": "U1", "birthday": told}}
    outcome = translate(standard_delivery(item))

    assert isinstance(outcome, Translated)
    assert [one.data for one in outcome.envelopes if isinstance(one.data, ContactChanged)] == [
        ContactChanged(line="U1", birthday="05-21")
    ]


def test_where_the_customer_is_not_known_the_subscription_says_whose_event_it_is(
    standard_delivery: Delivered,
) -> None:
    outcome = translate(standard_delivery({**SKIP, "subscription": "s-1"}))

    assert isinstance(outcome, Translated)
    assert outcome.envelopes[0].subject == "kirei/standard/~subscription/s-1"


def test_an_event_about_nobody_is_kept_for_later(standard_delivery: Delivered) -> None:
    assert translate(standard_delivery(SKIP)) == Untranslatable("no_subject")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("customer.seen", {"account": "1"}),
        ("customer.erased", {"account": "1"}),
        ("contact.changed", {"mail": "a@example.jp"}),
        ("consent.granted", {"channel": "mail"}),
        ("consent.withdrawn", {"channel": "mail"}),
    ],
)
def test_what_is_about_a_person_must_name_the_person(
    standard_delivery: Delivered, name: str, data: dict[str, Any]
) -> None:
    item = {"type": name, "time": ITEM["time"], "data": data}

    assert translate(standard_delivery({**item, "subscription": "s-1"})) == Untranslatable("no_subject")
    assert isinstance(translate(standard_delivery({**item, "customer": "c-1"})), Translated)


def test_a_shops_own_site_may_speak_of_the_customers_of_its_cart(standard_delivery: Delivered) -> None:
    delivery = replace(standard_delivery([ITEM, {**SKIP, "subscription": "s-1"}]), customers_of="shopify")

    outcome = translate(delivery)
    assert isinstance(outcome, Translated)
    order, skip = outcome.envelopes
    assert (order.subject, skip.subject) == ("kirei/shopify/c-1", "kirei/shopify/~subscription/s-1")
    assert order.source == "/shops/kirei/standard"
    assert order.id == event_id("kirei", "standard", "standard", "msg_1", 0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.viewed", {"page": "cancel"}),
        ("mail.opened", {}),
        ("line.blocked", {}),
        ("survey.answered", {"survey": "first", "nps": 9}),
        ("support.contacted", {"topic": "delivery"}),
        ("referral.made", {}),
        ("review.posted", {"rating": 4}),
    ],
)
def test_what_customers_do_besides_ordering_may_be_told(
    standard_delivery: Delivered, name: str, data: dict[str, Any]
) -> None:
    outcome = translate(standard_delivery({**ITEM, "type": name, "data": data}))

    assert isinstance(outcome, Translated)
    assert outcome.envelopes[0].type == f"com.hikitome.{name}.v1"


@pytest.mark.parametrize("name", ["customer.merged", "customer.separated", "duplicate.suspected"])
def test_who_is_one_customer_is_our_conclusion_however_it_is_named(
    standard_delivery: Delivered, name: str
) -> None:
    for written in (name, f"com.hikitome.{name}.v1"):
        item = {**ITEM, "type": written, "data": {}}
        assert translate(standard_delivery(item)) == Untranslatable("not_yours_to_send")


@pytest.mark.parametrize(
    ("name", "event"),
    [("duplicate.confirmed", DuplicateConfirmed), ("duplicate.denied", DuplicateDenied)],
)
def test_a_shop_may_say_who_is_who_by_its_own_ids(
    standard_delivery: Delivered, name: str, event: type[DuplicateConfirmed | DuplicateDenied]
) -> None:
    item = {**ITEM, "type": name, "data": {"other": "c-2", "by": "person"}}

    outcome = translate(standard_delivery(item))

    assert isinstance(outcome, Translated)
    assert outcome.envelopes[0].data == event("kirei/standard/c-2", by="person")
    about_a_contract = {**SKIP, **item, "customer": None, "subscription": "s-1"}
    assert translate(standard_delivery(about_a_contract)) == Untranslatable("no_subject")
    nobody = {**item, "data": {"other": "~order/1", "by": "person"}}
    assert translate(standard_delivery(nobody)) == Untranslatable("wrong_shape")
    suspected = {**item, "type": "duplicate.suspected", "data": {"other": "c-2", "because": []}}
    assert translate(standard_delivery(suspected)) == Untranslatable("not_yours_to_send")


@pytest.mark.parametrize("family", ["churn", "action", "alert"])
def test_what_we_concluded_or_did_ourselves_nobody_may_tell_us(
    standard_delivery: Delivered, family: str
) -> None:
    ours = [name for name in TYPES if name.startswith(f"com.hikitome.{family}.")]

    for name in ours:
        assert translate(standard_delivery({**ITEM, "type": name})) == Untranslatable("not_yours_to_send")
    assert ours


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "order.evaporated"}, "unknown_type"),
        ({"type": "com.hikitome.order.placed.v9"}, "unknown_type"),
        ({"type": ""}, "not_yours_to_send"),
        ({"type": 7}, "wrong_shape"),
        ({"data": {"order": "o-1"}}, "wrong_shape"),
        ({"data": []}, "wrong_shape"),
        ({"time": "2026-04-01T09:00:00"}, "wrong_shape"),
        ({"time": "yesterday"}, "wrong_shape"),
        ({"time": "0001-01-01T00:00:00+09:00"}, "out_of_range"),
        ({"customer": ""}, "wrong_shape"),
        ({"customer": "~subscription/1"}, "wrong_shape"),
        ({"customer": "a\nb"}, "wrong_shape"),
        ({"customer": "c" * 201}, "wrong_shape"),
        ({"customer": 7}, "wrong_shape"),
        ({"data": {"order": "o-1", "total": {"amount": 10**30, "currency": "JPY"}}}, "out_of_range"),
        ({"data": {"order": "o\0", "total": {"amount": 1, "currency": "JPY"}}}, "out_of_range"),
    ],
)
def test_an_event_that_is_not_right_is_kept_with_its_reason(
    standard_delivery: Delivered, changes: dict[str, Any], reason: str
) -> None:
    assert translate(standard_delivery({**ITEM, **changes})) == Untranslatable(reason)  # type: ignore[arg-type]


def test_a_date_without_an_offset_inside_an_event_is_not_guessed(standard_delivery: Delivered) -> None:
    skip = {**SKIP, "customer": "c-1", "data": {"subscription": "s-1", "due": "2026-05-01T00:00:00"}}

    assert translate(standard_delivery(skip)) == Untranslatable("out_of_range")


def test_one_bad_event_keeps_the_whole_list_back(standard_delivery: Delivered) -> None:
    assert translate(standard_delivery([ITEM, {**ITEM, "data": {}}])) == Untranslatable("wrong_shape")


def test_an_empty_list_says_nothing(standard_delivery: Delivered) -> None:
    assert translate(standard_delivery([])) == Ignored("an empty list")


def test_a_list_longer_than_a_webhook_should_be_is_kept_back(standard_delivery: Delivered) -> None:
    assert isinstance(translate(standard_delivery([ITEM] * 500)), Translated)
    assert translate(standard_delivery([ITEM] * 501)) == Untranslatable("too_many")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"data":' + b"[" * 100_000])
def test_a_body_that_is_not_json_is_kept_with_its_reason(standard_delivery: Delivered, body: bytes) -> None:
    assert translate(standard_delivery(body)) == Untranslatable("not_json")


def test_the_same_message_sent_again_has_the_same_ids(standard_delivery: Delivered) -> None:
    assert translate(standard_delivery([ITEM, ITEM])) == translate(standard_delivery([ITEM, ITEM]))
