"""Standard Webhooks: our own event shapes, for a cart without an adapter.

The body is one event or a list of them:
`{"type": "order.placed", "time": "2026-04-01T09:00:00+09:00", "customer": "c-1", "data": {...}}`.
Where the sender does not know the customer, `"subscription"` says whose event it is.
"""

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec.structs import replace

from services.ingest.carts.base import (
    Cart,
    Delivery,
    Fact,
    Ignored,
    Moment,
    Translation,
    Untranslatable,
    read,
    translated,
)
from services.ingest.carts.signature import is_signed
from shared.events.customer import (
    ConsentGranted,
    ConsentWithdrawn,
    ContactChanged,
    CustomerErased,
    CustomerSeen,
)
from shared.events.envelope import InvalidEvent, read_data
from shared.events.identity import DuplicateConfirmed, DuplicateDenied
from shared.events.refs import customer_ref, subscription_ref

TOLERANCE_SECONDS = 300
MOST_EVENTS = 500
_TYPE = "com.hikitome.{}.v1"
# What a shop may tell; what we concluded or did ourselves it may not.
_FAMILIES = (
    *("order", "subscription", "payment", "customer", "contact", "consent"),
    *("page", "mail", "line", "survey", "support", "referral", "review", "duplicate"),
)
_ALLOWED = tuple(f"com.hikitome.{family}." for family in _FAMILIES)
_OURS = tuple(_TYPE.format(name) for name in ("customer.merged", "customer.separated", "duplicate.suspected"))
_ABOUT_A_PERSON = (
    *(CustomerSeen, CustomerErased, ContactChanged, ConsentGranted, ConsentWithdrawn),
    *(DuplicateConfirmed, DuplicateDenied),
)

# A tilde marks the references that are no customer's (shared.events.refs).
_OWNER = r"\A[^~\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,199}\Z"
Owner = Annotated[str, msgspec.Meta(pattern=_OWNER)]


class Item(msgspec.Struct, frozen=True):
    type: str
    time: Moment
    data: msgspec.Raw
    customer: Owner | None = None
    subscription: Owner | None = None


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
    facts = [_fact(item, delivery) for item in items]
    broken = next((fact for fact in facts if isinstance(fact, Untranslatable)), None)
    if broken is not None:
        return broken
    whole = [fact for fact in facts if isinstance(fact, Fact)]
    message = delivery.header("webhook-id") or ""
    return translated(delivery, "standard", message, whole, delivery.business_time)


def _claims(header: str) -> list[str]:
    """The header lists signatures, one for each secret during a rotation; only v1 is HMAC."""
    pairs = (entry.partition(",") for entry in header.split(" "))
    return [signature for version, _, signature in pairs if version == "v1"]


def _is_recent(sent: str, now: datetime) -> bool:
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 12):
        return False
    return abs(now.timestamp() - int(sent)) <= TOLERANCE_SECONDS


def _fact(item: Item, delivery: Delivery) -> Fact | Untranslatable:
    event_type = item.type if item.type.startswith("com.hikitome.") else _TYPE.format(item.type)
    if not event_type.startswith(_ALLOWED) or event_type in _OURS:
        return Untranslatable("not_yours_to_send")
    try:
        event = read_data(event_type, bytes(item.data))
    except InvalidEvent as error:
        return Untranslatable("unknown_type" if error.reason == "unknown_type" else "wrong_shape")
    except RecursionError:
        return Untranslatable("not_json")
    cart = delivery.customers_of or delivery.cart
    if isinstance(event, DuplicateConfirmed | DuplicateDenied):
        if not re.match(_OWNER, event.other):
            return Untranslatable("wrong_shape")
        event = replace(event, other=customer_ref(delivery.shop, cart, event.other))
    if item.customer is not None:
        return Fact(customer_ref(delivery.shop, cart, item.customer), event, item.time)
    if item.subscription is None or isinstance(event, _ABOUT_A_PERSON):
        return Untranslatable("no_subject")
    return Fact(subscription_ref(delivery.shop, cart, item.subscription), event, item.time)


CART = Cart("standard", read_secret, verify, translate, ("webhook-id",), may_borrow=True)
