"""Standard Webhooks: our own event shapes (items), one or a list, for a cart without an adapter."""

import base64
from collections.abc import Sequence
from datetime import datetime

import msgspec

from services.ingest.carts.base import (
    Cart,
    Delivery,
    Fact,
    Ignored,
    Translation,
    Untranslatable,
    read,
    translated,
)
from services.ingest.carts.items import Item, fact_of
from services.ingest.carts.signature import is_signed

TOLERANCE_SECONDS = 300
MOST_EVENTS = 500
MOST_SIGNATURES = 10

_decoder = msgspec.json.Decoder(Item | list[Item])


def read_secret(text: str) -> bytes:
    """`whsec_` and base64, its padding often lost on the way.

    :raises ValueError: if it is not base64.
    """
    encoded = text.removeprefix("whsec_")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError as error:
        raise ValueError("must be base64, with or without whsec_ before it") from error


def verify(delivery: Delivery, secrets: Sequence[bytes], now: datetime) -> bool:
    message, sent = delivery.header("webhook-id") or "", delivery.header("webhook-timestamp") or ""
    signed = b".".join((message.encode("utf-8", "replace"), sent.encode("utf-8", "replace"), delivery.body))
    genuine = is_signed(signed, secrets, _claims(delivery.header("webhook-signature") or ""))
    return genuine and message != "" and _is_recent(sent, now)


def translate(delivery: Delivery) -> Translation:
    items = read(delivery.body, _decoder)
    match items:
        case Untranslatable():
            return items
        case Item():
            items = [items]
        case []:
            return Ignored("an empty list")
    if len(items) > MOST_EVENTS:
        return Untranslatable("too_many")
    cart = delivery.customers_of or delivery.cart
    facts = [fact_of(item, delivery.shop, cart) for item in items]
    broken = next((fact for fact in facts if isinstance(fact, Untranslatable)), None)
    if broken is not None:
        return broken
    whole = [fact for fact in facts if isinstance(fact, Fact)]
    message = delivery.header("webhook-id") or ""
    return translated(delivery, "standard", message, whole, delivery.business_time)


def _claims(header: str) -> list[str]:
    """The header lists signatures, one for each secret during a rotation; only v1 is HMAC."""
    pairs = (entry.partition(",") for entry in header.split(" ", MOST_SIGNATURES)[:MOST_SIGNATURES])
    return [signature for version, _, signature in pairs if version == "v1"]


def _is_recent(sent: str, now: datetime) -> bool:
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 12):
        return False
    return abs(now.timestamp() - int(sent)) <= TOLERANCE_SECONDS


CART = Cart(
    "standard",
    read_secret,
    verify,
    translate,
    headers=("webhook-id",),
    proofs=("webhook-id", "webhook-timestamp", "webhook-signature"),
    may_borrow=True,
)
