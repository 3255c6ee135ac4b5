"""The simulated shop and the adapters were written apart: what one sends, the others must understand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.carts import CARTS
from services.ingest.carts.base import Delivery, Translated
from shared.events.commerce import OrderPlaced
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope
from simulation.shop import Shop
from simulation.webhook import Webhook, sign, sign_standard

START = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def webhooks() -> Sequence[Webhook]:
    return Shop(7, 60, START).until(START + timedelta(days=150))


def delivered(webhook: Webhook) -> Delivery:
    if webhook.cart == "standard":
        signed = sign_standard(webhook, "whsec_MDEyMw==", START)
    else:
        signed = sign(webhook, "kirei.myshopify.com", "hush")
    headers = {name.lower(): value for name, value in signed.items()}
    return Delivery("kirei", webhook.cart, headers, webhook.body, START, START, customers_of="shopify")


@pytest.fixture(scope="module")
def translated(webhooks: Sequence[Webhook]) -> list[tuple[Webhook, tuple[Envelope, ...]]]:
    found = []
    for webhook in webhooks:
        outcome = CARTS[webhook.cart].translate(delivered(webhook))
        assert isinstance(outcome, Translated), (webhook.topic, outcome)
        found.append((webhook, outcome.envelopes))
    return found


def test_every_webhook_verifies(webhooks: Sequence[Webhook]) -> None:
    secrets = {"shopify": b"hush", "standard": b"0123"}
    assert {webhook.cart for webhook in webhooks} == set(secrets)
    for webhook in webhooks:
        assert CARTS[webhook.cart].verify(delivered(webhook), [secrets[webhook.cart]], START)


def test_no_two_webhooks_make_the_same_event(translated: list[tuple[Webhook, tuple[Envelope, ...]]]) -> None:
    ids = [envelope.id for _, envelopes in translated for envelope in envelopes]

    assert len(ids) == len(set(ids))


def test_an_event_that_names_its_customer_names_the_right_one(
    translated: list[tuple[Webhook, tuple[Envelope, ...]]],
) -> None:
    for webhook, envelopes in translated:
        for envelope in envelopes:
            named = envelope.subject.removeprefix("kirei/shopify/")
            assert named.startswith("~") or webhook.customer.endswith(named)


def test_no_event_happened_after_its_webhook(translated: list[tuple[Webhook, tuple[Envelope, ...]]]) -> None:
    assert all(envelope.time <= webhook.at for webhook, envelopes in translated for envelope in envelopes)


def test_an_orders_lines_add_up_to_its_total(translated: list[tuple[Webhook, tuple[Envelope, ...]]]) -> None:
    orders = [e.data for _, envelopes in translated for e in envelopes if isinstance(e.data, OrderPlaced)]

    assert orders
    for order in orders:
        assert sum(line.amount.amount for line in order.lines) == order.total.amount


def test_every_contact_can_be_written_to(translated: list[tuple[Webhook, tuple[Envelope, ...]]]) -> None:
    contacts = [
        e.data for _, envelopes in translated for e in envelopes if isinstance(e.data, ContactChanged)
    ]

    assert contacts
    for contact in contacts:
        assert all((contact.name, contact.mail, contact.phone, contact.postcode, contact.address))
        assert contact.prefecture is not None
        assert contact.prefecture[-1] in "都道府県"
