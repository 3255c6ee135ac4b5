"""Basket: how much is in an order, how many different products, and how much of it is new to them.

Source: the lines of order.placed, order.cancelled, order.refunded. An order without lines tells nothing.
"""

from datetime import datetime
from hashlib import blake2b
from math import log, nan

import msgspec

from services.scoring.features.days import ratio
from shared.events.commerce import Line, OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope

REMEMBERED = 6
"""Orders that can still be taken back; an older one stays counted."""

BITS = 512
"""Of the map of products had: counts some hundreds well (linear counting, Whang et al. 1990)."""


class Basket(msgspec.Struct, frozen=True, array_like=True):
    """`fresh` are the lines of products that the customer never had before."""

    order: str
    units: int
    lines: int
    fresh: int


class Baskets(msgspec.Struct, frozen=True, array_like=True):
    """Counts are of the baskets older than the `recent` ones (newest last).

    A product stays in the map `had` when its order is taken back: the customer did want it.
    """

    had: bytes = b""
    count: int = 0
    units: int = 0
    lines: int = 0
    fresh: int = 0
    recent: tuple[Basket, ...] = ()


def update(state: Baskets, envelope: Envelope) -> Baskets:
    match envelope.data:
        case OrderPlaced(order=order, total=total, lines=lines) if total.amount > 0 and lines:
            return _with(state, order, lines)
        case OrderCancelled(order=order) | OrderRefunded(order=order, amount=None):
            return _without(state, order)
        case _:
            return state


def _with(state: Baskets, order: str, lines: tuple[Line, ...]) -> Baskets:
    if any(known.order == order for known in state.recent):
        return state
    before = int.from_bytes(state.had, "little")
    had = before
    for line in lines:
        had |= 1 << _bit(line.product)
    units = sum(max(line.quantity, 0) for line in lines)
    basket = Basket(order, units, len(lines), had.bit_count() - before.bit_count())
    recent = (*state.recent, basket)
    written = had.to_bytes((had.bit_length() + 7) // 8, "little")
    if len(recent) <= REMEMBERED:
        return msgspec.structs.replace(state, had=written, recent=recent)
    oldest = recent[0]
    return Baskets(
        written,
        state.count + 1,
        state.units + oldest.units,
        state.lines + oldest.lines,
        state.fresh + oldest.fresh,
        recent[1:],
    )


def _bit(product: str) -> int:
    """The same on every machine, which Python's own hash is not."""
    return int.from_bytes(blake2b(product.encode(), digest_size=4).digest()) % BITS


def _without(state: Baskets, order: str) -> Baskets:
    return msgspec.structs.replace(state, recent=tuple(each for each in state.recent if each.order != order))


def read(state: Baskets, cutoff: datetime) -> dict[str, float]:
    """Counts and shares; nan before the first order with lines, or the second where it takes two.

    units_mean, units_last: pieces an order; units_trend: the last order's ÷ the mean of the recent ones
    before it; lines_mean: different lines an order; products: different ones ever had; new_share: lines
    of products never had before ÷ lines; new_share_recent: that of the recent orders, but for the very first.
    """
    recent = state.recent
    count = state.count + len(recent)
    lines = state.lines + sum(each.lines for each in recent)
    before = [each.units for each in recent[:-1]]
    later = recent if state.count else recent[1:]
    return {
        "units_mean": ratio(state.units + sum(each.units for each in recent), count),
        "units_last": float(recent[-1].units) if recent else nan,
        "units_trend": ratio(recent[-1].units, sum(before) / len(before)) if before else nan,
        "lines_mean": ratio(lines, count),
        "products": _different(state.had),
        "new_share": ratio(state.fresh + sum(each.fresh for each in recent), lines),
        "new_share_recent": ratio(sum(each.fresh for each in later), sum(each.lines for each in later)),
    }


def _different(had: bytes) -> float:
    taken = min(int.from_bytes(had, "little").bit_count(), BITS - 1)
    return BITS * -log(1 - taken / BITS) if taken else 0.0
