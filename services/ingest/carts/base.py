"""What every cart gets and gives: a delivery in; envelopes, or the reason why there are none, out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from services.ingest.carts.storable import is_storable
from shared.events.catalogue import Event
from shared.events.envelope import Envelope
from shared.events.ids import event_id

Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
"""A platform's whole-number id: larger than a float can hold, so it must never become one."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time; one without an offset is refused, for nobody knows which zone was meant."""


class Delivery(msgspec.Struct, frozen=True):
    """One webhook call, as it came in.

    `received_at` is real time, `business_time` the shop's: they differ only in a simulation. `customers_of`
    is the cart whose ids name the customers, if not this one.
    """

    shop: str
    cart: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    business_time: datetime
    customers_of: str | None = None

    def header(self, *names: str) -> str | None:
        """The first of these headers (in lower case) that is there and not empty."""
        for name in names:  # a loop: three times as fast as next() with a generator
            if value := self.headers.get(name):
                return value
        return None


class Translated(msgspec.Struct, frozen=True):
    envelopes: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class Ignored:
    """Genuine, and of no use to us; `for_a_person` when somebody still has to act on it."""

    reason: str
    for_a_person: bool = False


@dataclass(frozen=True, slots=True)
class Untranslatable:
    """Genuine, but we can't read it; it is kept until we can."""

    reason: Literal[
        "no_topic",
        "not_json",
        "wrong_shape",
        "unknown_type",
        "not_yours_to_send",
        "no_subject",
        "too_many",
        "too_long",
        "out_of_range",
    ]


Translation = Translated | Ignored | Untranslatable


@dataclass(frozen=True, slots=True)
class Cart:
    """A platform: how its secrets are written, how it signs, what its payloads mean.

    `headers` are those that `translate` reads; they are kept beside the body of what can't be translated.
    `proofs` are those that `verify` reads. Neither reads any other.
    `may_borrow` says that it may speak of another cart's customers.
    """

    name: str
    read_secret: Callable[[str], bytes]
    verify: Callable[[Delivery, Sequence[bytes], datetime], bool]
    translate: Callable[[Delivery], Translation]
    headers: tuple[str, ...]
    proofs: tuple[str, ...]
    may_borrow: bool = False


class Fact(msgspec.Struct, frozen=True):
    """One event, whom it is about, and when it happened if the payload says so."""

    subject: str
    event: Event
    time: datetime | None = None


Shape = TypeVar("Shape")


def read(body: bytes, decoder: msgspec.json.Decoder[Shape]) -> Shape | Untranslatable:
    """Decode a body that may be anything at all."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        return Untranslatable("wrong_shape")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Untranslatable("not_json")


def read_time(text: str | None) -> datetime | None:
    """A header's ISO 8601 time in UTC, nanosecond digits and all; None if it is not one."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def translated(
    delivery: Delivery, topic: str, delivery_id: str, facts: Iterable[Fact], otherwise: datetime
) -> Translated | Untranslatable:
    """Put facts into envelopes; `otherwise` is the time of a fact that has none of its own."""
    envelopes: list[Envelope] = []
    first_id = None
    for part, fact in enumerate(facts):
        if not is_storable(fact.subject, fact.time, fact.event):
            return Untranslatable("out_of_range")
        own_id = event_id(delivery.shop, delivery.cart, topic, delivery_id, part)
        first_id = first_id or own_id
        envelopes.append(
            Envelope(
                id=own_id,
                source=f"/shops/{delivery.shop}/{delivery.cart}",
                subject=fact.subject,
                time=(fact.time or otherwise).astimezone(UTC),
                shop=delivery.shop,
                receivedat=delivery.received_at,
                correlationid=first_id,
                data=fact.event,
            )
        )
    return Translated(tuple(envelopes))
