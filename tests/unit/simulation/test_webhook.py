"""Deliveries are signed as Shopify signs them, or as Standard Webhooks say."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from simulation.webhook import Webhook, sign, sign_standard

SECRET = "hush"
WEBHOOK = Webhook(
    at=datetime(2026, 3, 1, 20, 5, 9, 123456, tzinfo=UTC),
    topic="orders/create",
    body='{"id":820982911946154508,"note":"青汁"}'.encode(),
    webhook_id="b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    event_id="98880550-7158-44d4-b7cd-2c97c8a091b5",
    customer="7100000000001",
)


def test_the_signature_is_the_base64_of_the_hmac_of_the_raw_body() -> None:
    headers = sign(WEBHOOK, "demo.myshopify.com", SECRET)
    expected = hmac.new(SECRET.encode(), WEBHOOK.body, hashlib.sha256).digest()
    assert base64.b64decode(headers["X-Shopify-Hmac-Sha256"]) == expected


def test_another_secret_or_body_gives_another_signature() -> None:
    other = Webhook(WEBHOOK.at, WEBHOOK.topic, b"{}", "w", "e", "c")
    signatures = {
        sign(webhook, "demo.myshopify.com", secret)["X-Shopify-Hmac-Sha256"]
        for webhook, secret in ((WEBHOOK, SECRET), (WEBHOOK, "other"), (other, SECRET))
    }
    assert len(signatures) == 3


def test_the_headers_say_what_when_and_whose() -> None:
    headers = sign(WEBHOOK, "demo.myshopify.com", SECRET)
    assert headers["X-Shopify-Topic"] == "orders/create"
    assert headers["X-Shopify-Shop-Domain"] == "demo.myshopify.com"
    assert headers["X-Shopify-API-Version"] == "2026-04"
    assert headers["X-Shopify-Webhook-Id"] == WEBHOOK.webhook_id
    assert headers["X-Shopify-Event-Id"] == WEBHOOK.event_id
    assert headers["X-Shopify-Triggered-At"] == "2026-03-01T20:05:09.123456000Z"


def test_nothing_about_the_customer_is_in_the_headers() -> None:
    assert not any("7100000000001" in value for value in sign(WEBHOOK, "d.myshopify.com", SECRET).values())


def test_a_standard_webhook_is_signed_with_its_id_and_the_moment_it_is_sent() -> None:
    now = datetime(2026, 3, 1, 20, 6, 40, 999999, tzinfo=UTC)
    headers = sign_standard(WEBHOOK, "whsec_MDEyMw==", now)
    signed = b".".join((WEBHOOK.webhook_id.encode(), b"1772395600", WEBHOOK.body))
    digest = base64.b64encode(hmac.new(b"0123", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-id"] == WEBHOOK.webhook_id
    assert headers["webhook-timestamp"] == "1772395600"
    assert headers["webhook-signature"] == f"v1,{digest}"
