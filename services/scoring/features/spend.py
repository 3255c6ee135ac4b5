"""Spend: how much a customer buys for, where it is heading, and how much of it hangs on a discount.

Source: order.placed, order.cancelled, order.refunded. Amounts are minor units of the shop's currency (yen).
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import ratio
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope

REMEMBERED = 6
"""Orders that can still be taken back; an older one is taken off the total by the amount refunded."""


class Purchase(msgspec.Struct, frozen=True, array_like=True):
    order: str
    amount: int
    discount: int


class Spend(msgspec.Struct, frozen=True, array_like=True):
    """`count`, `total`, `discounted` are of the purchases older than the `recent` ones (newest last).

    `trial`: whether the very first purchase had a discount (初回割引).
    """

    currency: str = ""
    count: int = 0
    total: int = 0
    discounted: int = 0
    cancelled: int = 0
    refunds: int = 0
    trial: bool | None = None
    recent: tuple[Purchase, ...] = ()


def update(state: Spend, envelope: Envelope) -> Spend:
    match envelope.data:
        case OrderPlaced() as placed if placed.total.amount > 0:
            return _with(state, placed)
        case OrderCancelled(order=order):
            return msgspec.structs.replace(_without(state, order), cancelled=state.cancelled + 1)
        case OrderRefunded(order=order, amount=amount):
            return _refunded(state, order, None if amount is None else amount.amount)
        case _:
            return state


def _with(state: Spend, placed: OrderPlaced) -> Spend:
    if any(known.order == placed.order for known in state.recent):
        return state
    discount = placed.discount.amount if placed.discount else 0
    recent = (*state.recent, Purchase(placed.order, placed.total.amount, discount))
    known = msgspec.structs.replace(
        state,
        currency=state.currency or placed.total.currency,
        trial=discount > 0 if state.trial is None else state.trial,
    )
    if len(recent) <= REMEMBERED:
        return msgspec.structs.replace(known, recent=recent)
    return msgspec.structs.replace(
        known,
        count=state.count + 1,
        total=state.total + recent[0].amount,
        discounted=state.discounted + (recent[0].discount > 0),
        recent=recent[1:],
    )


def _without(state: Spend, order: str) -> Spend:
    return msgspec.structs.replace(state, recent=tuple(each for each in state.recent if each.order != order))


def _refunded(state: Spend, order: str, amount: int | None) -> Spend:
    counted = msgspec.structs.replace(state, refunds=state.refunds + 1)
    known = next((each for each in state.recent if each.order == order), None)
    if known is None:
        return msgspec.structs.replace(counted, total=max(state.total - (amount or 0), 0))
    left = 0 if amount is None else known.amount - amount
    if left <= 0:
        return _without(counted, order)
    smaller = Purchase(order, left, known.discount)
    return msgspec.structs.replace(
        counted, recent=tuple(smaller if each is known else each for each in state.recent)
    )


def usual_amount(state: Spend) -> float:
    """What one delivery brings: the mean of the recent purchases, a trial price taken for the full one."""
    amounts = [each.amount for each in state.recent]
    if state.count == 0 and state.trial and amounts:
        amounts[0] += state.recent[0].discount
    return sum(amounts) / len(amounts) if amounts else 0.0


def read(state: Spend, cutoff: datetime) -> dict[str, float]:
    """Yen, counts and shares; nan before the first purchase.

    spend_trend: last amount ÷ mean of the recent ones before it; discount_share: purchases with a discount ÷
    purchases; discounted_only: 1 when the only purchase had one; began_discounted: 1 when the first one had.
    """
    amounts = [each.amount for each in state.recent]
    before = amounts[:-1]
    count = state.count + len(amounts)
    discounted = state.discounted + sum(each.discount > 0 for each in state.recent)
    return {
        "spend_total": float(state.total + sum(amounts)),
        "spend_mean": ratio(state.total + sum(amounts), count),
        "spend_last": float(amounts[-1]) if amounts else nan,
        "spend_trend": ratio(amounts[-1], sum(before) / len(before)) if before else nan,
        "discount_share": ratio(discounted, count),
        "discounted_only": float(count == 1 and discounted == 1),
        "began_discounted": nan if state.trial is None else float(state.trial),
        "cancelled_orders": float(state.cancelled),
        "refunds": float(state.refunds),
    }
