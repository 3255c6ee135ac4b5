"""A webhook of the shop, and the headers it is signed with: Shopify's, or Standard Webhooks'."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Literal

import msgspec

API_VERSION = "2026-04"

Cart = Literal["shopify", "standard"]
"""Who sends it: the cart, or the shop's own site and mailer, which speak Standard Webhooks."""


class Webhook(msgspec.Struct, frozen=True):
    """Bytes to deliver from `at` on.

    `webhook_id` names the delivery and stays the same however often it is repeated; `event_id` names what
    the customer did, which may cause webhooks of several topics.
    """

    at: datetime
    topic: str
    body: bytes
    webhook_id: str
    event_id: str
    customer: str
    cart: Cart = "shopify"


def sign(webhook: Webhook, shop_domain: str, secret: str) -> dict[str, str]:
    """Shopify's headers; they are the same each time, as Shopify repeats the original."""
    digest = hmac.new(secret.encode(), webhook.body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": webhook.topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": shop_domain,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": webhook.webhook_id,
        "X-Shopify-Event-Id": webhook.event_id,
        "X-Shopify-Triggered-At": _nanoseconds(webhook.at),
    }


def sign_standard(webhook: Webhook, secret: str, now: datetime) -> dict[str, str]:
    """The headers of standardwebhooks.com, which grow old from `now` on; `secret` is `whsec_` and base64."""
    sent = str(int(now.timestamp()))
    signed = b".".join((webhook.webhook_id.encode(), sent.encode(), webhook.body))
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook.webhook_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _nanoseconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
