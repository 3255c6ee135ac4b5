"""Lines: items in bulk, one a line, each with an answer of its own.

A line is read straight into its type. What can't be is read once more, as the item of a webhook would be: so
both ways in take the same, and the reason is the same.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Union

import msgspec

from services.ingest.carts.base import Fact, Moment, Untranslatable, read
from services.ingest.carts.items import Item, about, fact_of, is_owner, short_type, tellable
from services.ingest.carts.storable import is_storable
from shared.events.catalogue import NAMES
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope
from shared.events.ids import event_id

SOURCE = "events"
"""Stands where a cart's name does: in the source, in ids, and in the references of who has no cart."""

LineId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Line(Item, frozen=True):
    """`id` is the sender's own; unique among the shop's events of a type."""

    id: LineId | None = None


def envelope_of(raw: bytes, shop: str, cart: str, received_at: datetime) -> Envelope | Untranslatable:
    """What a line says; `cart` is the one whose customer ids it uses, `events` if they are nobody else's."""
    try:
        line = _typed.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        line = read(raw, _untyped)
        if isinstance(line, Untranslatable):
            return line
        fact = fact_of(line, shop, cart)
    else:
        if not (is_owner(line.customer) and is_owner(line.subscription)):
            return Untranslatable("wrong_shape")
        fact = about(line.data, line.time, line.customer, line.subscription, shop, cart)
    if isinstance(fact, Untranslatable):
        return fact
    if not is_storable(fact.subject, line.time, fact.event):
        return Untranslatable("out_of_range")
    return _enveloped(fact, line.time.astimezone(UTC), line.id, shop, received_at)


def _enveloped(fact: Fact, time: datetime, given: str | None, shop: str, received_at: datetime) -> Envelope:
    name = event_id(shop, SOURCE, NAMES[type(fact.event)], given) if given else _content_id(fact, time, shop)
    return Envelope(
        id=name,
        source=f"/shops/{shop}/{SOURCE}",
        subject=fact.subject,
        time=time,
        shop=shop,
        receivedat=received_at,
        correlationid=name,
        data=fact.event,
    )


def _content_id(fact: Fact, time: datetime, shop: str) -> str:
    """Who, when and what; but not what is personal, for a hash without a key can be undone by trying."""
    what = b"" if isinstance(fact.event, ContactChanged) else msgspec.json.encode(fact.event)
    about_whom = f"{NAMES[type(fact.event)]}\x1f{fact.subject}\x1f{time.isoformat()}"
    return event_id(shop, SOURCE, "content", about_whom, what.decode())


def _shapes() -> list[type[msgspec.Struct]]:
    """A line of each type, under both of its names."""
    return [
        msgspec.defstruct(
            "TypedLine",
            [
                ("time", Moment),
                ("data", struct),
                ("customer", str | None, None),
                ("subscription", str | None, None),
                ("id", LineId | None, None),
            ],
            tag_field="type",
            tag=tag,
            frozen=True,
        )
        for name, struct in tellable().items()
        for tag in (name, short_type(name))
    ]


_untyped = msgspec.json.Decoder(Line)
_typed: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[tuple(_shapes())])  # noqa: UP007
