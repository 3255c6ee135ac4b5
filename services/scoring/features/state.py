"""The state of one customer: every family's fold, and the vector that trains and serves alike.

Facts are folded in order of (time, id), each once. When one arrives late, the caller folds again from its
event log: `refold` of any arrival order, with any repetition, gives the same state.
"""

import hashlib
from array import array
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec

from services.scoring.features import (
    advocacy,
    basket,
    discount,
    engagement,
    media,
    payment,
    rhythm,
    season,
    shipment,
    spend,
    subscription,
    support,
    survey,
    treatment,
)
from services.scoring.features.advocacy import Advocacy
from services.scoring.features.basket import Baskets
from services.scoring.features.contract import due
from services.scoring.features.days import DAY, days_since, seconds
from services.scoring.features.discount import Discount
from services.scoring.features.engagement import Engagement
from services.scoring.features.media import Media
from services.scoring.features.payment import Payment
from services.scoring.features.rhythm import Rhythm
from services.scoring.features.season import Season
from services.scoring.features.shipment import Shipment
from services.scoring.features.spend import Spend
from services.scoring.features.subscription import Subscriptions
from services.scoring.features.support import Support
from services.scoring.features.survey import Survey
from services.scoring.features.treatment import Treatment
from shared.events.customer import CustomerErased
from shared.events.envelope import Envelope

LAYOUT = 3
"""Raised when a state written before can't be read as it stands; part of the schema hash."""

DORMANT_DAYS = 120.0
"""休眠: after so long without an order there is nobody left to lose; repeat models learn within it."""

LAPSED_DAYS = 45.0
"""A contract whose parcel is overdue by more has lapsed, whatever the cart says."""


class Family(Protocol):
    """A module of this package: one family of features and its part of the state."""

    def update(self, state: Any, envelope: Envelope, /) -> Any: ...

    def read(self, state: Any, cutoff: datetime, /) -> dict[str, float]: ...


FAMILIES: dict[str, Family] = {
    "rhythm": rhythm,
    "spend": spend,
    "basket": basket,
    "discount": discount,
    "media": media,
    "subscription": subscription,
    "payment": payment,
    "shipment": shipment,
    "engagement": engagement,
    "support": support,
    "survey": survey,
    "advocacy": advocacy,
    "season": season,
}
"""Each is a field of `CustomerState`; the vector is their readings in this order."""


class CustomerState(msgspec.Struct, frozen=True, array_like=True):
    events: int = 0
    last_time: datetime | None = None
    last_id: str = ""
    erased: bool = False
    rhythm: Rhythm = Rhythm()
    spend: Spend = Spend()
    subscription: Subscriptions = Subscriptions()
    payment: Payment = Payment()
    shipment: Shipment = Shipment()
    basket: Baskets = Baskets()
    discount: Discount = Discount()
    media: Media = Media()
    engagement: Engagement = Engagement()
    support: Support = Support()
    survey: Survey = Survey()
    advocacy: Advocacy = Advocacy()
    season: Season = Season()
    treatment: Treatment = Treatment()


EMPTY = CustomerState()

Standing = Literal["subscription", "repeat", "gone", "unknown"]


class OutOfOrder(Exception):
    """This event belongs before the last one folded; fold again from the log."""


def comes_after(state: CustomerState, envelope: Envelope) -> bool:
    return state.last_time is None or (envelope.time, envelope.id) > (state.last_time, state.last_id)


def fold(state: CustomerState, envelope: Envelope) -> CustomerState:
    """One more fact.

    :raises OutOfOrder: if it does not come after the last one.
    """
    if not comes_after(state, envelope):
        raise OutOfOrder(envelope.id)
    families = {name: family.update(getattr(state, name), envelope) for name, family in FAMILIES.items()}
    return CustomerState(
        events=state.events + 1,
        last_time=envelope.time.astimezone(UTC),
        last_id=envelope.id,
        erased=state.erased or isinstance(envelope.data, CustomerErased),
        treatment=treatment.update(state.treatment, envelope),
        **families,
    )


def refold(envelopes: Iterable[Envelope]) -> CustomerState:
    """The state after these facts, in whatever order and however often they are given."""
    state = EMPTY
    for envelope in in_order(envelopes):
        state = fold(state, envelope)
    return state


def in_order(envelopes: Iterable[Envelope]) -> list[Envelope]:
    """By (time, id), each id once; of two that share an id the earlier counts."""
    kept: dict[str, Envelope] = {}
    for envelope in sorted(envelopes, key=lambda each: (each.time, each.id)):
        kept.setdefault(envelope.id, envelope)
    return list(kept.values())


def readings(state: CustomerState, cutoff: datetime) -> dict[str, float]:
    """Every feature by name at `cutoff`, which must not lie before the last fact folded."""
    seen: dict[str, float] = {}
    for name, family in FAMILIES.items():
        seen |= family.read(getattr(state, name), cutoff)
    return seen


def rounded(values: Iterable[float]) -> list[float]:
    """To single precision, as the model was taught: else a value next to a threshold may cross it."""
    return array("f", values).tolist()


def vector(state: CustomerState, cutoff: datetime) -> list[float]:
    return rounded(readings(state, cutoff).values())


NAMES = tuple(readings(EMPTY, datetime(2000, 1, 1, tzinfo=UTC)))


def schema_hash(layout: int, names: Iterable[str]) -> str:
    """What a model must have been trained on: the names in their order, and the states they are read from."""
    return hashlib.sha256("\n".join((f"layout {layout}", *names)).encode()).hexdigest()


SCHEMA_HASH = schema_hash(LAYOUT, NAMES)


def standing(state: CustomerState, cutoff: datetime) -> Standing:
    """Which model applies: a contract's, repeat purchase's, or none because nobody is left (or yet known)."""
    now = seconds(cutoff)
    contract = subscription.at_risk(state.subscription)
    if state.erased:
        return "gone"
    if contract is not None:
        parcel = due(contract)
        return "gone" if parcel is not None and days_since(parcel, now) > LAPSED_DAYS else "subscription"
    return _without_contract(state, now)


def _without_contract(state: CustomerState, now: float) -> Standing:
    ended, ordered = subscription.last_end(state.subscription), rhythm.last_order(state.rhythm)
    if ended is not None and (ordered is None or ordered <= ended + DAY):
        return "gone"
    if ordered is None:
        return "unknown"
    return "repeat" if days_since(ordered, now) <= DORMANT_DAYS else "gone"


def to_bytes(state: CustomerState) -> bytes:
    return msgspec.msgpack.encode(state)


_decoder = msgspec.msgpack.Decoder(CustomerState)


def from_bytes(data: bytes) -> CustomerState:
    """Read a state written by `to_bytes`.

    :raises msgspec.DecodeError: if the layout is another one.
    """
    return _decoder.decode(data)
