"""Spend: how much a customer buys for, and where it is heading.

Source: order.placed, order.cancelled, order.refunded. Amounts are minor units of the shop's currency (yen).
"""

from datetime import datetime
from math import nan, sqrt

import msgspec

from services.scoring.features.days import DAY, ratio, seconds
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope

REMEMBERED = 6
"""Orders that can still be taken back; an older one is taken off the total by the amount refunded."""

HALF_LIVES = (45.0, 120.0)
"""Days after which an amount weighs half."""


class Purchase(msgspec.Struct, frozen=True, array_like=True):
    order: str
    amount: int
    discount: int
    at: float


class Spend(msgspec.Struct, frozen=True, array_like=True):
    """`count`, `total` and `squares` (the sum of amount²) are of the purchases older than the `recent` ones
    (newest last), and so is `decayed`, as of the newest of them, `settled_at`.

    `trial`: whether the very first purchase had a discount (初回割引).
    """

    currency: str = ""
    count: int = 0
    total: int = 0
    squares: float = 0.0
    decayed: tuple[float, float] = (0.0, 0.0)
    settled_at: float = 0.0
    cancelled: int = 0
    refunds: int = 0
    trial: bool | None = None
    recent: tuple[Purchase, ...] = ()


def update(state: Spend, envelope: Envelope) -> Spend:
    match envelope.data:
        case OrderPlaced() as placed if placed.total.amount > 0:
            return _with(state, placed, seconds(envelope.time))
        case OrderCancelled(order=order):
            return msgspec.structs.replace(_without(state, order), cancelled=state.cancelled + 1)
        case OrderRefunded(order=order, amount=amount):
            return _refunded(state, order, None if amount is None else amount.amount)
        case _:
            return state


def _with(state: Spend, placed: OrderPlaced, at: float) -> Spend:
    if any(known.order == placed.order for known in state.recent):
        return state
    discount = placed.discount.amount if placed.discount else 0
    purchase = Purchase(placed.order, placed.total.amount, discount, at)
    recent = (*state.recent, purchase)
    known = msgspec.structs.replace(
        state,
        currency=state.currency or placed.total.currency,
        trial=discount > 0 if state.trial is None else state.trial,
    )
    if len(recent) <= REMEMBERED:
        return msgspec.structs.replace(known, recent=recent)
    return msgspec.structs.replace(_settled(known, recent[0]), recent=recent[1:])


def _settled(state: Spend, oldest: Purchase) -> Spend:
    short, lasting = _faded(state, oldest.at)
    return msgspec.structs.replace(
        state,
        count=state.count + 1,
        total=state.total + oldest.amount,
        squares=state.squares + oldest.amount**2,
        decayed=(short + oldest.amount, lasting + oldest.amount),
        settled_at=oldest.at,
    )


def _faded(state: Spend, now: float) -> list[float]:
    return [
        amount * 0.5 ** ((now - state.settled_at) / DAY / half)
        for amount, half in zip(state.decayed, HALF_LIVES, strict=True)
    ]


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
    smaller = Purchase(order, left, known.discount, known.at)
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

    spend_trend: last amount ÷ mean of the recent ones before it; spend_cv: standard deviation ÷ mean;
    spend_45, spend_120: yen, each worth half after so many days.
    """
    amounts = [each.amount for each in state.recent]
    before = amounts[:-1]
    count, total = state.count + len(amounts), state.total + sum(amounts)
    short, lasting = _decayed(state, seconds(cutoff))
    return {
        "spend_total": float(total),
        "spend_mean": ratio(total, count),
        "spend_last": float(amounts[-1]) if amounts else nan,
        "spend_trend": ratio(amounts[-1], sum(before) / len(before)) if before else nan,
        "spend_cv": _variation(count, total, state.squares + sum(amount**2 for amount in amounts)),
        "spend_45": short,
        "spend_120": lasting,
        "cancelled_orders": float(state.cancelled),
        "refunds": float(state.refunds),
    }


def _variation(count: int, total: int, squares: float) -> float:
    if count < 2 or total <= 0:
        return nan
    variance = (squares - total**2 / count) / (count - 1)
    return sqrt(max(variance, 0.0)) / (total / count)


def _decayed(state: Spend, now: float) -> list[float]:
    return [
        settled + sum(each.amount * 0.5 ** ((now - each.at) / DAY / half) for each in state.recent)
        for settled, half in zip(_faded(state, now), HALF_LIVES, strict=True)
    ]
