"""Items: our own event shapes, as a shop that needs no adapter tells them.

`{"type": "order.placed", "time": "2026-04-01T09:00:00+09:00", "customer": "c-1", "data": {...}}`.
Where the sender does not know the customer, `"subscription"` says whose event it is.
"""

import re
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec.structs import replace

from services.ingest.carts.base import Fact, Moment, Untranslatable
from shared.events.catalogue import TYPES, Event
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

_TYPE = "com.hikitome.{}.v1"
# What a shop may tell; what we concluded or did ourselves it may not.
_FAMILIES = (
    *("order", "subscription", "payment", "customer", "contact", "consent"),
    *("page", "mail", "line", "survey", "support", "referral", "review", "duplicate"),
)
_ALLOWED = tuple(f"com.hikitome.{family}." for family in _FAMILIES)
_OURS = tuple(_TYPE.format(name) for name in ("customer.merged", "customer.separated", "duplicate.suspected"))
_ABOUT_TWO = (DuplicateConfirmed, DuplicateDenied)
_ABOUT_A_PERSON = (
    *(CustomerSeen, CustomerErased, ContactChanged, ConsentGranted, ConsentWithdrawn),
    *_ABOUT_TWO,
)

# A tilde marks the references that are no customer's (shared.events.refs).
_LONGEST_OWNER = 200
_MONTH_AND_DAY = 5
_OWNER = rf"\A[^~\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{{0,{_LONGEST_OWNER - 1}}}\Z"
Owner = Annotated[str, msgspec.Meta(pattern=_OWNER)]


class Item(msgspec.Struct, frozen=True):
    type: str
    time: Moment
    data: msgspec.Raw
    customer: Owner | None = None
    subscription: Owner | None = None


def is_owner(text: str | None) -> bool:
    """What `Owner | None` demands; most are letters and digits, which is seen much faster."""
    if text is None or (text.isalnum() and len(text) <= _LONGEST_OWNER):
        return True
    return re.match(_OWNER, text) is not None


def full_type(name: str) -> str:
    """The short name of a type is as good as the full one."""
    return name if name.startswith("com.hikitome.") else _TYPE.format(name)


def short_type(name: str) -> str:
    """Of a full name."""
    return name.removeprefix("com.hikitome.").removesuffix(".v1")


def may_tell(event_type: str) -> bool:
    """Is this full name one that a shop may use, if there is such a type?"""
    return event_type.startswith(_ALLOWED) and event_type not in _OURS


def tellable() -> dict[str, type[msgspec.Struct]]:
    """Every type that a shop may tell, by its full name."""
    return {name: struct for name, struct in TYPES.items() if may_tell(name)}


def fact_of(item: Item, shop: str, cart: str) -> Fact | Untranslatable:
    """What an item says; `cart` is the one whose customer ids it uses."""
    event_type = full_type(item.type)
    if not may_tell(event_type):
        return Untranslatable("not_yours_to_send")
    try:
        event = read_data(event_type, bytes(item.data))
    except InvalidEvent as error:
        return Untranslatable("unknown_type" if error.reason == "unknown_type" else "wrong_shape")
    return about(event, item.time, item.customer, item.subscription, shop, cart)


def about(
    event: Event, time: datetime, customer: str | None, subscription: str | None, shop: str, cart: str
) -> Fact | Untranslatable:
    """The event with whom it is about."""
    if isinstance(event, _ABOUT_TWO):
        if not is_owner(event.other):
            return Untranslatable("wrong_shape")
        event = replace(event, other=customer_ref(shop, cart, event.other))
    if isinstance(event, ContactChanged) and event.birthday is not None:
        # Shops tell the year as well, which is nobody's business.
        event = replace(event, birthday=event.birthday[-_MONTH_AND_DAY:])
    if customer is not None:
        return Fact(customer_ref(shop, cart, customer), event, time)
    if subscription is None or isinstance(event, _ABOUT_A_PERSON):
        return Untranslatable("no_subject")
    return Fact(subscription_ref(shop, cart, subscription), event, time)
