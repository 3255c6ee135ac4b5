"""Discount: how much of what a customer buys hangs on a discount (割引).

Source: order.placed with an amount, order.cancelled, order.refunded. An order taken back whole was none.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import ratio, seconds
from services.scoring.features.decay import NEVER, Decayed, bumped, worth
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope

REMEMBERED = 6
"""Orders that can still be taken back; an order older than these stays counted."""

HALF_LIFE_DAYS = 90.0


class Bought(msgspec.Struct, frozen=True, array_like=True):
    """`left` is the amount not refunded yet; `depth` the discount's share of the full price."""

    order: str
    at: float
    left: int
    depth: float


class Discount(msgspec.Struct, frozen=True, array_like=True):
    """`recent` are the newest orders, newest last; the counters are of those older than these."""

    began: bool | None = None
    orders: int = 0
    discounted: int = 0
    orders_lately: Decayed = NEVER
    discounted_lately: Decayed = NEVER
    recent: tuple[Bought, ...] = ()


_with = msgspec.structs.replace


def update(state: Discount, envelope: Envelope) -> Discount:
    match envelope.data:
        case OrderPlaced() as placed if placed.total.amount > 0:
            return _bought(state, placed, seconds(envelope.time))
        case OrderCancelled(order=order):
            return _taken_back(state, order, None)
        case OrderRefunded(order=order, amount=amount):
            return _taken_back(state, order, None if amount is None else amount.amount)
        case _:
            return state


def _bought(state: Discount, placed: OrderPlaced, at: float) -> Discount:
    if any(known.order == placed.order for known in state.recent):
        return state
    discount = max(placed.discount.amount, 0) if placed.discount else 0
    total = placed.total.amount
    bought = Bought(placed.order, at, total, discount / (total + discount))
    began = discount > 0 if state.began is None else state.began
    known = _with(state, began=began, recent=(*state.recent, bought))
    return known if len(known.recent) <= REMEMBERED else _settled(known)


def _settled(state: Discount) -> Discount:
    """The oldest of the recent orders can't be taken back any more."""
    oldest = state.recent[0]
    known = _with(
        state,
        orders=state.orders + 1,
        orders_lately=bumped(state.orders_lately, oldest.at, HALF_LIFE_DAYS),
        recent=state.recent[1:],
    )
    if not oldest.depth:
        return known
    lately = bumped(state.discounted_lately, oldest.at, HALF_LIFE_DAYS)
    return _with(known, discounted=state.discounted + 1, discounted_lately=lately)


def _taken_back(state: Discount, order: str, amount: int | None) -> Discount:
    left = (
        each if each.order != order else _with(each, left=0 if amount is None else each.left - amount)
        for each in state.recent
    )
    return _with(state, recent=tuple(each for each in left if each.left > 0))


def read(state: Discount, cutoff: datetime) -> dict[str, float]:
    """Shares of 0 to 1; nan before the first order.

    discount_share: orders with a discount ÷ orders; discount_share_90: the same, each order worth half after
    90 days; discount_depth: what was taken off the newest order ÷ its full price; discounted_only: 1 when the
    only order had a discount; began_discounted: 1 when the first one had (初回割引).
    """
    now = seconds(cutoff)
    cut = [each for each in state.recent if each.depth]
    orders, discounted = state.orders + len(state.recent), state.discounted + len(cut)
    return {
        "discount_share": ratio(discounted, orders),
        "discount_share_90": ratio(
            _lately(state.discounted_lately, cut, now), _lately(state.orders_lately, state.recent, now)
        ),
        "discount_depth": state.recent[-1].depth if state.recent else nan,
        "discounted_only": float(orders == 1 and discounted == 1) if orders else nan,
        "began_discounted": nan if state.began is None else float(state.began),
    }


def _lately(settled: Decayed, recent: list[Bought] | tuple[Bought, ...], now: float) -> float:
    since = worth(settled, now, HALF_LIFE_DAYS)
    return since + sum(worth(Decayed(1.0, each.at), now, HALF_LIFE_DAYS) for each in recent)
