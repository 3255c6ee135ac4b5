"""Rhythm: how often a customer orders, and how long this silence is in their own usual gaps.

Source: order.placed, order.cancelled, order.refunded. A valid order has an amount and was neither cancelled
nor refunded whole. Orders within half a day of each other are one occasion.
"""

from datetime import datetime
from itertools import pairwise
from math import nan, sqrt

import msgspec

from services.scoring.features.days import DAY, days_since, ratio, seconds
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope

REMEMBERED = 8
"""Orders that can still be taken back; an order older than these stays counted."""

ONE_OCCASION = DAY / 2
FEWEST_DAYS = 7.0
"""A usual gap is taken to be at least a week, else two orders in two days make every silence look endless."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    id: str
    at: float
    total: int


class Rhythm(msgspec.Struct, frozen=True, array_like=True):
    """`settled` occasions are older than the `recent` orders (newest last)."""

    first: float | None = None
    settled: int = 0
    settled_gap: float = 0.0
    recent: tuple[Order, ...] = ()


def update(state: Rhythm, envelope: Envelope) -> Rhythm:
    match envelope.data:
        case OrderPlaced(order=order, total=total) if total.amount > 0:
            return _with(state, Order(order, seconds(envelope.time), total.amount))
        case OrderCancelled(order=order):
            return _without(state, order)
        case OrderRefunded(order=order, amount=amount):
            return _refunded(state, order, None if amount is None else amount.amount)
        case _:
            return state


def _with(state: Rhythm, order: Order) -> Rhythm:
    if any(known.id == order.id for known in state.recent):
        return state
    recent = (*state.recent, order)
    if len(recent) <= REMEMBERED:
        return msgspec.structs.replace(state, recent=recent)
    gap = recent[1].at - recent[0].at
    return Rhythm(
        first=recent[0].at if state.first is None else state.first,
        settled=state.settled + (gap > ONE_OCCASION),
        settled_gap=max(state.settled_gap, gap),
        recent=recent[1:],
    )


def _without(state: Rhythm, order: str) -> Rhythm:
    return msgspec.structs.replace(state, recent=tuple(each for each in state.recent if each.id != order))


def _refunded(state: Rhythm, order: str, amount: int | None) -> Rhythm:
    """A part given back makes the order smaller; a refund that names no amount is the whole of it."""
    kept = (
        each if each.id != order else Order(each.id, each.at, 0 if amount is None else each.total - amount)
        for each in state.recent
    )
    return msgspec.structs.replace(state, recent=tuple(each for each in kept if each.total > 0))


def last_order(state: Rhythm) -> float | None:
    """Epoch seconds of the newest valid order."""
    return state.recent[-1].at if state.recent else None


def usual_gap_days(state: Rhythm) -> float:
    """Mean days between occasions, at least a week; nan before the second."""
    times = _occasions(state)
    count = state.settled + len(times)
    if count < 2 or not times:
        return nan
    return max((times[-1] - _first(state, times)) / DAY / (count - 1), FEWEST_DAYS)


def read(state: Rhythm, cutoff: datetime) -> dict[str, float]:
    """Days, counts and ratios; nan before the first order, or the second where it takes two.

    orders: occasions; silence_gaps, silence_of_longest: days since the last order ÷ usual gap, ÷ longest gap;
    gap_stretch: last gap ÷ usual gap; gap_cv: spread ÷ mean of the recent gaps; orders_30, orders_90: recent
    orders, each worth half after so many days.
    """
    now, times = seconds(cutoff), _occasions(state)
    gaps = [(later - earlier) / DAY for earlier, later in pairwise(times)]
    longest = max([*gaps, state.settled_gap / DAY]) if gaps or state.settled else nan
    usual = usual_gap_days(state)
    silence = days_since(times[-1] if times else None, now)
    return {
        "orders": float(state.settled + len(times)),
        "tenure_days": days_since(_first(state, times) if times else None, now),
        "days_since_order": silence,
        "gap_mean_days": usual,
        "gap_last_days": gaps[-1] if gaps else nan,
        "gap_max_days": longest,
        "gap_stretch": ratio(gaps[-1], usual) if gaps else nan,
        "gap_cv": _spread(gaps),
        "silence_gaps": ratio(silence, usual),
        "silence_of_longest": ratio(silence, longest),
        "orders_30": _decayed(times, now, 30.0),
        "orders_90": _decayed(times, now, 90.0),
    }


def _occasions(state: Rhythm) -> list[float]:
    times: list[float] = []
    for order in state.recent:
        if not times or order.at - times[-1] > ONE_OCCASION:
            times.append(order.at)
    return times


def _first(state: Rhythm, times: list[float]) -> float:
    return times[0] if state.first is None else state.first


def _spread(gaps: list[float]) -> float:
    if len(gaps) < 2:
        return nan
    mean = sum(gaps) / len(gaps)
    return ratio(sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps)), mean)


def _decayed(times: list[float], now: float, half_life_days: float) -> float:
    return float(sum(0.5 ** ((now - at) / DAY / half_life_days) for at in times))
