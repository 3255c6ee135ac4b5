"""Shipment: whether the shop keeps its customer waiting.

Source: order.placed, order.delivered (it left the shop; carts rarely tell when it arrived), order.cancelled.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import DAY, days_since, seconds
from shared.events.commerce import OrderCancelled, OrderDelivered, OrderPlaced
from shared.events.envelope import Envelope

REMEMBERED = 3
"""Orders that are still waited for."""

FELT_DAYS = 30.0
"""How long after an order its customer may still mind that it came late."""


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    order: str
    at: float


class Shipment(msgspec.Struct, frozen=True, array_like=True):
    """`placed` and `days` are of the order shipped last."""

    shipped: int = 0
    placed: float | None = None
    days: float = 0.0
    waiting: tuple[Waiting, ...] = ()


def update(state: Shipment, envelope: Envelope) -> Shipment:
    match envelope.data:
        case OrderPlaced(order=order):
            waiting = (*state.waiting, Waiting(order, seconds(envelope.time)))[-REMEMBERED:]
            return msgspec.structs.replace(state, waiting=waiting)
        case OrderCancelled(order=order):
            return msgspec.structs.replace(state, waiting=_without(state, order))
        case OrderDelivered(order=order):
            return _shipped(state, order, seconds(envelope.time))
        case _:
            return state


def _shipped(state: Shipment, order: str, at: float) -> Shipment:
    placed = next((each.at for each in state.waiting if each.order == order), None)
    if placed is None:
        return state
    return Shipment(state.shipped + 1, placed, (at - placed) / DAY, _without(state, order))


def _without(state: Shipment, order: str) -> tuple[Waiting, ...]:
    return tuple(each for each in state.waiting if each.order != order)


def read(state: Shipment, cutoff: datetime) -> dict[str, float]:
    """ship_days: days the newest order took to leave the shop, or has waited so far.

    nan when it is more than a month old, or when no order has ever been told to be shipped.
    """
    now = seconds(cutoff)
    placed = state.waiting[-1].at if state.waiting else state.placed
    if not state.shipped or placed is None or days_since(placed, now) > FELT_DAYS:
        return {"ship_days": nan}
    return {"ship_days": days_since(placed, now) if state.waiting else state.days}
