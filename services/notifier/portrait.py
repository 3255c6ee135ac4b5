"""A portrait: all that a card tells of a customer beside the alert, put together from what is known."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from services.notifier.contract import Contract, State, going_on, state_of
from services.notifier.happening import Facts
from services.notifier.purchases import Purchases
from services.notifier.timeline import Line
from shared.events.money import Money

MOST_SCORES = 60
CHANNELS = ("mail", "line", "postal_dm", "phone")

Key = tuple[str, str]
"""A contract: its cart and its number there."""


class Parcel(msgspec.Struct, frozen=True):
    """What was said at a moment of a contract's next parcel; all times are business time."""

    at: datetime
    delivery_number: int | None = None
    min_deliveries: int | None = None
    due: datetime | None = None
    cutoff: datetime | None = None


class Leaving(msgspec.Struct, frozen=True):
    """The newest wish to leave a contract; the times are business time."""

    number: str
    requested_at: datetime
    next_parcel: str
    state: Literal["requested", "done", "taken_back"]
    done_at: datetime | None = None


class Agreed(msgspec.Struct, frozen=True):
    """A contract as it stands since `state_since`; it was first heard of at `since`."""

    subscription: str
    cart: str
    state: State
    state_since: datetime
    since: datetime
    cycle: Facts | None
    deliveries: int
    min_deliveries: int | None
    due: datetime | None
    cutoff: datetime | None
    amount: Money | None
    product: str | None
    skips: int
    skipped_in_a_row: int
    pauses: int
    payment_failures: int
    cancellation: Leaving | None


class Score(msgspec.Struct, frozen=True):
    at: datetime
    probability: float
    band: str
    kind: str
    subscription: str | None


class Customer(msgspec.Struct, frozen=True):
    """Mail and phone are masked. `accounts` are all of the person's; a consent is None where none was said.

    `alert` is the open one's id. Of who is erased nothing but the reference is told.
    """

    customer_ref: str
    name: str | None = None
    kana: str | None = None
    mail: str | None = None
    phone: str | None = None
    prefecture: str | None = None
    accounts: tuple[str, ...] = ()
    erased: bool = False
    do_not_contact: bool = False
    consents: Mapping[str, bool | None] = {}
    since: datetime | None = None
    orders: int = 0
    spent: Money | None = None
    last_order: datetime | None = None
    alert: str | None = None
    contracts: tuple[Agreed, ...] = ()
    scores: tuple[Score, ...] = ()
    timeline: tuple[Line, ...] = ()


def bought(purchases: Purchases, contracts: Iterable[Contract]) -> dict[str, Any]:
    """The fields of a customer that tell of orders."""
    moments = [order.at for order in purchases.orders.values()]
    return {
        "since": min([*moments, *(one.started for one in contracts)], default=None),
        "orders": len(moments),
        "spent": purchases.spent,
        "last_order": max(moments, default=None),
    }


def agreed(
    contract: Contract, purchases: Purchases, parcels: Sequence[Parcel], leaving: Leaving | None
) -> Agreed:
    """What was told of the next parcel holds until the contract moves."""
    state, state_since = _state(contract, leaving)
    told = max(parcels, key=lambda parcel: parcel.at, default=None)
    holds = told is not None and told.at >= contract.moved and contract.ended is None
    last = purchases.orders.get((contract.cart, contract.orders[-1])) if contract.orders else None
    return Agreed(
        subscription=contract.subscription,
        cart=contract.cart,
        state=state,
        state_since=state_since,
        since=contract.started,
        cycle=contract.cycle,
        deliveries=max([contract.deliveries, *(parcel.delivery_number or 0 for parcel in parcels)]),
        min_deliveries=contract.min_deliveries or (told.min_deliveries if told else None),
        due=told.due if told and holds else None,
        cutoff=told.cutoff if told and holds else None,
        amount=last.amount if last else None,
        product=last.product if last else None,
        skips=len(contract.skipped),
        skipped_in_a_row=len(contract.in_a_row),
        pauses=contract.pauses,
        payment_failures=contract.payment_failures,
        cancellation=leaving,
    )


def _state(contract: Contract, leaving: Leaving | None) -> tuple[State, datetime]:
    """The cart's word of the end counts most; before it comes, what was asked for and done at the desk."""
    if contract.ended is not None or leaving is None:
        return state_of(contract)
    if leaving.state == "requested":
        return "cancel_requested", leaving.requested_at
    if leaving.state == "done" and contract.active_since <= leaving.requested_at:
        return "cancelled", leaving.done_at or leaving.requested_at
    asked_since = contract.requested is not None and contract.requested > leaving.requested_at
    return state_of(contract) if asked_since else going_on(contract)
