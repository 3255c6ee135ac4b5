"""Accept a delivery: verify, translate, make durable; only then is it ours."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from secrets import token_bytes

import msgspec

from services.ingest.carts import CARTS
from services.ingest.carts.base import Cart, Delivery, Ignored, Translated, Untranslatable
from services.ingest.durable import Keep, Kept, NotKept
from services.ingest.identifiers import identified
from services.ingest.shops import Account
from shared.events.catalogue import topic_of
from shared.events.customer import CustomerErased
from shared.events.envelope import Envelope, encode
from shared.events.record import Record
from shared.events.topics import CUSTOMER_CONTACTS, dead_letter

# Strangers are checked like everybody else, so that the time taken does not tell which shops there are.
_ANY_CART = next(iter(CARTS.values()))
_NOBODYS_SECRET = (token_bytes(32),)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Its events are durable."""


@dataclass(frozen=True, slots=True)
class Parked:
    """It is durable as it came, for we can't read it yet; the platform must not send it again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unverified:
    """Unknown shop, unknown cart, wrong or no signature: the outside never learns which."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Perhaps durable, perhaps not; the platform must send it again, and readers drop what they have seen."""

    reason: str


Answer = Accepted | Parked | Ignored | Unverified | Unavailable


class ParkedDelivery(msgspec.Struct, frozen=True):
    """A dead letter of ours: all that a second translation needs, and nothing that could sign."""

    shop: str
    cart: str
    reason: str
    headers: dict[str, str]
    body: str
    received_at: datetime
    business_time: datetime


async def accept(delivery: Delivery, account: Account | None, keep: Keep) -> Answer:
    """`account` is None where the delivery names a shop or cart that is not ours."""
    cart = account.cart if account else CARTS.get(delivery.cart, _ANY_CART)
    secrets = account.secrets if account else _NOBODYS_SECRET
    genuine = cart.verify(delivery, secrets, delivery.received_at)
    if account is None or not genuine:
        return Unverified()
    delivery = replace(delivery, customers_of=account.customers_of)
    match cart.translate(delivery):
        case Translated(envelopes):
            told = identified(envelopes, account.pepper)
            records = [record for envelope in told for record in _records(envelope)]
            return await _keep(keep, records, Accepted())
        case Untranslatable(reason):
            return await _keep(keep, [_dead_letter(delivery, cart, reason)], Parked(reason))
        case Ignored() as ignored:
            return ignored


async def _keep(keep: Keep, records: Sequence[Record], durable: Accepted | Parked) -> Answer:
    match await keep(records):
        case Kept():
            return durable
        case NotKept(reason):
            return Unavailable(reason)


def _records(envelope: Envelope) -> Iterator[Record]:
    """An erasure is a fact for everybody, and a tombstone where the personal data is."""
    key = envelope.subject.encode()
    yield Record(topic_of(envelope.data).name, key, encode(envelope))
    if isinstance(envelope.data, CustomerErased):
        yield Record(CUSTOMER_CONTACTS.name, key, None)


def _dead_letter(delivery: Delivery, cart: Cart, reason: str) -> Record:
    parked = ParkedDelivery(
        shop=delivery.shop,
        cart=delivery.cart,
        reason=reason,
        headers={name: delivery.headers[name] for name in cart.headers if name in delivery.headers},
        body=base64.b64encode(delivery.body).decode(),
        received_at=delivery.received_at,
        business_time=delivery.business_time,
    )
    return Record(dead_letter("ingest").name, None, msgspec.json.encode(parked))
