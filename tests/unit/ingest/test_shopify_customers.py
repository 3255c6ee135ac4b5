"""What Shopify's customers mean: seen, reached, asked, erased."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.carts.base import Delivery, Ignored, Untranslatable
from services.ingest.carts.shopify import translate
from shared.events.customer import (
    ConsentGranted,
    ConsentWithdrawn,
    ContactChanged,
    CustomerErased,
    CustomerSeen,
)
from shared.events.envelope import Envelope
from shared.events.identity import DuplicateConfirmed

Delivered = Callable[..., Delivery]
Told = Callable[..., Envelope]
ToldAll = Callable[..., tuple[Envelope, ...]]
Payloads = dict[str, dict[str, Any]]


@pytest.mark.parametrize("topic", ["customers/create", "customers/update"])
def test_a_customer_is_seen_and_can_be_reached_the_japanese_way(
    shopify_events: ToldAll, payloads: Payloads, topic: str
) -> None:
    seen, contact = shopify_events(topic, payloads["customer"])

    assert seen.subject == contact.subject == "kirei/shopify/706405506930370084"
    assert seen.data == CustomerSeen("706405506930370084")
    assert contact.data == ContactChanged(
        name="山田 花子",
        mail="hanako@example.jp",
        phone="+819012345678",
        postcode="150-0041",
        prefecture="東京都",
        address="渋谷区神南1-2-3 青空ビル301",
    )
    assert seen.time == contact.time == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_customer_abroad_is_written_the_western_way(shopify_events: ToldAll) -> None:
    address = {"address1": "151 O'Connor St", "city": "Ottawa", "province": "ON", "province_code": "ON"}
    customer = {
        "id": 1,
        "first_name": "Bob",
        "last_name": "Biller",
        "default_address": {**address, "country_code": "CA"},
    }

    _, contact = shopify_events("customers/create", customer)

    assert contact.data == ContactChanged(
        name="Bob Biller", prefecture="ON", address="151 O'Connor St, Ottawa"
    )


def test_without_an_address_the_currency_tells_the_order_of_names(shopify_events: ToldAll) -> None:
    customer = {"id": 1, "first_name": "花子", "last_name": "山田", "currency": "JPY", "email": ""}

    _, contact = shopify_events("customers/create", customer)

    assert contact.data == ContactChanged(name="山田 花子")


MERGE: dict[str, Any] = {
    "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/706405506930370084",
    "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
    "admin_graphql_api_job_id": None,
    "status": "completed",
    "errors": [],
}


def test_a_merge_is_told_of_the_customer_who_is_kept_once_it_is_done(
    shopify_event: Told, shopify_delivery: Delivered
) -> None:
    envelope = shopify_event("customers/merge", MERGE)

    assert envelope.subject == "kirei/shopify/706405506930370084"
    assert envelope.data == DuplicateConfirmed("kirei/shopify/2", by="cart")
    for status in ("failed", "in_progress", "requested"):
        assert isinstance(
            translate(shopify_delivery("customers/merge", {**MERGE, "status": status})), Ignored
        )


def test_a_merge_of_nobody_is_kept_until_it_can_be_read(shopify_delivery: Delivered) -> None:
    odd = {**MERGE, "admin_graphql_api_customer_deleted_id": "gid://shopify/Company/2"}

    assert translate(shopify_delivery("customers/merge", odd)) == Untranslatable("wrong_shape")


@pytest.mark.parametrize(
    ("topic", "body"),
    [("customers/delete", {"id": 5}), ("customers/redact", {"customer": {"id": 5, "email": "a@example.jp"}})],
)
def test_a_deleted_customer_is_erased(shopify_event: Told, topic: str, body: dict[str, object]) -> None:
    envelope = shopify_event(topic, body)

    assert envelope.subject == "kirei/shopify/5"
    assert envelope.data == CustomerErased("5")


def test_nothing_is_kept_about_a_guest_so_nothing_is_erased(shopify_delivery: Delivered) -> None:
    outcome = translate(shopify_delivery("customers/redact", {"customer": {"id": None}}))

    assert outcome == Ignored("nothing is kept about a guest")


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("subscribed", ConsentGranted("mail")),
        ("unsubscribed", ConsentWithdrawn("mail")),
        ("not_subscribed", ConsentWithdrawn("mail")),
        ("redacted", ConsentWithdrawn("mail")),
        ("invalid", ConsentWithdrawn("mail")),
        ("a state not yet invented", ConsentWithdrawn("mail")),
        (None, ConsentWithdrawn("mail")),
    ],
)
def test_only_a_clear_yes_is_consent(
    shopify_event: Told, state: str | None, event: ConsentGranted | ConsentWithdrawn
) -> None:
    body = {
        "customer_id": 5,
        "email_marketing_consent": {"state": state, "consent_updated_at": "2026-04-01T10:00:00Z"},
    }

    envelope = shopify_event("customers_email_marketing_consent/update", body)

    assert envelope.data == event
    assert envelope.time == datetime(2026, 4, 1, 10, tzinfo=UTC)


def test_consent_that_the_customer_has_not_confirmed_is_not_yet_anything(shopify_delivery: Delivered) -> None:
    body = {"customer_id": 5, "email_marketing_consent": {"state": "pending"}}

    outcome = translate(shopify_delivery("customers_email_marketing_consent/update", body))

    assert outcome == Ignored("the customer has not confirmed yet")
