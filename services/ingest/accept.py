"""Accept deliveries: verify, translate, make durable; only then are they ours."""

import base64
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes

import msgspec
from msgspec.structs import replace

from services.ingest.carts import CARTS
from services.ingest.carts.base import Cart, Delivery, Ignored, Translated, Untranslatable
from services.ingest.durable import Keep, NotKept
from services.ingest.identifiers import identified
from services.ingest.rate import Allowances
from services.ingest.shops import Account
from shared.events.catalogue import topic_of
from shared.events.customer import CustomerErased
from shared.events.envelope import Envelope, encode
from shared.events.record import Record
from shared.events.topics import CUSTOMER_CONTACTS, dead_letter

LARGEST_EVENT = 512 * 1024
"""No broker would ever take a record beyond its own limit: all that waits behind it would wait for ever."""

# Strangers are checked like everybody else, so that the time taken does not tell which shops there are.
_ANY_CART = next(iter(CARTS.values()))
_NOBODYS_SECRETS = (token_bytes(32), token_bytes(32))


@dataclass(frozen=True, slots=True)
class Accepted:
    """Its events are durable."""


_ACCEPTED = Accepted()


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


@dataclass(frozen=True, slots=True)
class Limited:
    """Genuine, but more than its shop may send; nothing of it is kept, and it fits in after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """An error of ours: its type, and the lines that led to it; its message may hold what a sender wrote."""

    error: str
    where: tuple[str, ...]

    @classmethod
    def by(cls, error: Exception) -> "Failed":
        frames = traceback.extract_tb(error.__traceback__)
        where = tuple(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        return cls(type(error).__name__, where)


Answer = Accepted | Parked | Ignored | Unverified | Limited | Unavailable | Failed


class ToKeep(msgspec.Struct, frozen=True):
    """What it will be once these records are durable, and not before."""

    records: Sequence[Record]
    durable: Accepted | Parked


Judgement = ToKeep | Ignored | Unverified | Limited | Failed


class ParkedDelivery(msgspec.Struct, frozen=True):
    """A dead letter of ours: all that a second translation needs, and nothing that could sign."""

    shop: str
    cart: str
    reason: str
    headers: dict[str, str]
    body: str
    received_at: datetime
    business_time: datetime


async def accept(
    calls: Sequence[tuple[Delivery, Account | None]], keep: Keep, allowances: Allowances | None = None
) -> list[Answer]:
    """The answer to each. All that is worth keeping is kept at once: one wait, however many they are.

    The account is None where a delivery names a shop or cart that is not ours. What fails, fails alone.
    """
    judged = [_judged(delivery, account, allowances) for delivery, account in calls]
    records = [record for each in judged if isinstance(each, ToKeep) for record in each.records]
    try:
        kept = await keep(records) if records else None
    except Exception as error:  # noqa: BLE001
        failed = Failed.by(error)
        return [failed if isinstance(each, ToKeep) else each for each in judged]
    if isinstance(kept, NotKept):
        unavailable = Unavailable(kept.reason)
        return [unavailable if isinstance(each, ToKeep) else each for each in judged]
    return [each.durable if isinstance(each, ToKeep) else each for each in judged]


def judge(delivery: Delivery, account: Account | None, allowances: Allowances | None = None) -> Judgement:
    """Verify and translate.

    The allowance is asked for once the signature is proved: strangers can't use up a shop's.
    """
    cart = account.cart if account else CARTS.get(delivery.cart, _ANY_CART)
    secrets = account.secrets if account else _NOBODYS_SECRETS[:1]
    genuine = cart.verify(delivery, secrets, delivery.received_at)
    if account is None or not genuine:
        # As much work as for a shop that is just changing its secret, and so has two.
        cart.verify(delivery, _NOBODYS_SECRETS[len(secrets) :], delivery.received_at)
        return Unverified()
    if allowances and (seconds := allowances.wait(account)):
        return Limited(seconds)
    if account.customers_of is not None:
        delivery = replace(delivery, customers_of=account.customers_of)
    match cart.translate(delivery):
        case Translated(envelopes):
            records = records_of(envelopes, account.pepper)
            if all([len(record.value or b"") <= LARGEST_EVENT for record in records]):
                return ToKeep(records, _ACCEPTED)
            return _parked(delivery, cart, "too_large")
        case Untranslatable(reason):
            return _parked(delivery, cart, reason)
        case Ignored() as ignored:
            return ignored


def records_of(envelopes: Sequence[Envelope], pepper: bytes | None) -> list[Record]:
    """All that a delivery's events are on Kafka; the same for the same delivery, today and at a replay."""
    records: list[Record] = []
    for envelope in identified(envelopes, pepper):
        key = envelope.subject.encode()
        records.append(Record(topic_of(envelope.data).name, key, encode(envelope)))
        if isinstance(envelope.data, CustomerErased):
            # A fact for everybody, and a tombstone where the personal data is.
            records.append(Record(CUSTOMER_CONTACTS.name, key, None))
    return records


def _judged(delivery: Delivery, account: Account | None, allowances: Allowances | None) -> Judgement:
    try:
        return judge(delivery, account, allowances)
    except Exception as error:  # noqa: BLE001
        return Failed.by(error)


def _parked(delivery: Delivery, cart: Cart, reason: str) -> ToKeep:
    return ToKeep([_dead_letter(delivery, cart, reason)], Parked(reason))


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
