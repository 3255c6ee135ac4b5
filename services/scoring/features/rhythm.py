"""Rhythm: how often a customer orders, and how long this silence is in their own usual gaps.

Source: order.placed, order.cancelled, order.refunded. A valid order has an amount and was neither cancelled
nor refunded whole. Orders within half a day of each other are one occasion.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from math import exp, log, nan, sqrt

import msgspec

from services.scoring.features.days import DAY, days_since, ratio, seconds
from shared.events.commerce import OrderCancelled, OrderPlaced, OrderRefunded
from shared.events.envelope import Envelope

REMEMBERED = 8
"""Orders that can still be taken back; an order older than these stays counted."""

ONE_OCCASION = DAY / 2
FEWEST_DAYS = 7.0
"""A usual gap is taken to be at least a week, else two orders in two days make every silence look endless."""

HALF_LIVES = (15.0, 45.0, 120.0)
"""Days: a fortnight's, a season's and a year's habit, told apart by the pace at which they are forgotten."""

NEWEST_WEIGHS = 0.3

PRIOR_GAP_DAYS = 45.0
PRIOR_SPREAD = 1.0
PRIOR_GAPS = 3.0
"""A customer of whom nothing is known buys about every 45 days, give or take a factor e."""

PRIOR_ORDERS = 0.5
PRIOR_DAYS = 60.0
"""Gamma prior of the rate of orders, weaker than one order: shops differ more than any prior could say."""


BUYING_R, BUYING_ALPHA, BUYING_A, BUYING_B = 0.5, 45.0, 0.5, 2.5
"""BG/NBD of a middling shop (alpha in days): how a customer's few orders are read before any is known."""

LOOK_DAYS = 60.0

AS_GOOD_AS_GONE = 500.0
"""Log-odds past which e^x would overflow, and nothing changes any more."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    id: str
    at: float
    total: int


class Past(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of any number of occasions. Gaps are days; `spread` and `log_spread` are sums of squares
    about the mean (Welford 1962); `decayed` counts orders as of the last occasion, one for each half-life.
    What takes a second or third occasion is 0 before it.
    """

    count: int = 0
    first: float = 0.0
    last: float = 0.0
    mean: float = 0.0
    spread: float = 0.0
    log_mean: float = 0.0
    log_spread: float = 0.0
    newest: float = 0.0
    previous: float = 0.0
    longest: float = 0.0
    smoothed: float = 0.0
    decayed: tuple[float, float, float] = (0.0, 0.0, 0.0)


NOTHING = Past()


class Rhythm(msgspec.Struct, frozen=True, array_like=True):
    """`settled` occasions are older than the `recent` orders (newest last)."""

    settled: Past = NOTHING
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
        return Rhythm(state.settled, recent)
    return Rhythm(_and(state.settled, recent[0].at), recent[1:])


def _without(state: Rhythm, order: str) -> Rhythm:
    return Rhythm(state.settled, tuple(each for each in state.recent if each.id != order))


def _refunded(state: Rhythm, order: str, amount: int | None) -> Rhythm:
    """A part given back makes the order smaller; a refund that names no amount is the whole of it."""
    kept = (
        each if each.id != order else Order(each.id, each.at, 0 if amount is None else each.total - amount)
        for each in state.recent
    )
    return Rhythm(state.settled, tuple(each for each in kept if each.total > 0))


def _and(past: Past, at: float) -> Past:
    """One order more; it is of the last occasion if that is half a day old at most."""
    if past.count == 0:
        return Past(count=1, first=at, last=at, decayed=(1.0, 1.0, 1.0))
    if at - past.last <= ONE_OCCASION:
        return past
    gap = (at - past.last) / DAY
    long = log(gap)
    off, log_off = gap - past.mean, long - past.log_mean
    mean, log_mean = past.mean + off / past.count, past.log_mean + log_off / past.count
    short, middle, lasting = _faded(past.decayed, gap)
    return Past(
        past.count + 1,
        past.first,
        at,
        mean,
        past.spread + off * (gap - mean),
        log_mean,
        past.log_spread + log_off * (long - log_mean),
        gap,
        past.newest,
        max(gap, past.longest),
        past.smoothed + NEWEST_WEIGHS * (gap - past.smoothed) if past.count > 1 else gap,
        (short + 1, middle + 1, lasting + 1),
    )


def _faded(decayed: Iterable[float], days: float) -> list[float]:
    return [count * 0.5 ** (days / half) for count, half in zip(decayed, HALF_LIVES, strict=True)]


def _past(state: Rhythm) -> Past:
    return reduce(_and, (order.at for order in state.recent), state.settled)


def last_order(state: Rhythm) -> float | None:
    """Epoch seconds of the newest valid order."""
    if state.recent:
        return state.recent[-1].at
    return state.settled.last if state.settled.count else None


def usual_gap_days(state: Rhythm) -> float:
    """Mean days between occasions, at least a week; nan before the second."""
    return _usual(_past(state))


def _usual(past: Past) -> float:
    return max(past.mean, FEWEST_DAYS) if past.count > 1 else nan


def buyer(state: Rhythm, now: float) -> tuple[float, float, float] | None:
    """What BG/NBD knows of a customer: repeat occasions, days from the first to the last, and to `now`."""
    past = _past(state)
    if not past.count:
        return None
    return float(past.count - 1), (past.last - past.first) / DAY, (now - past.first) / DAY


def read(state: Rhythm, cutoff: datetime) -> dict[str, float]:
    """Occasions, gaps and silence at `cutoff`; nan before the first order, or the second."""
    past, now = _past(state), seconds(cutoff)
    silence = days_since(last_order(state), now)
    return _counts(past, now, silence) | _gaps(past) | _silence(past, now, silence)


def _counts(past: Past, now: float, silence: float) -> dict[str, float]:
    """orders: occasions; orders_15, orders_45, orders_120: each worth half after so many days;
    orders_45_share: how much of the slow counter the middle one still holds, as if both began full;
    order_rate: orders in 30 days, shrunk to a gamma prior (the mean of Gamma(r + orders, alpha + tenure)).
    """
    if not past.count:
        return dict.fromkeys(("orders", "orders_15", "orders_45", "orders_120"), 0.0) | dict.fromkeys(
            ("tenure_days", "orders_45_share", "order_rate"), nan
        )
    tenure = days_since(past.first, now)
    short, middle, lasting = _faded(past.decayed, silence)
    return {
        "orders": float(past.count),
        "orders_15": short,
        "orders_45": middle,
        "orders_120": lasting,
        "tenure_days": tenure,
        "orders_45_share": ratio(middle, lasting),
        "order_rate": 30 * (PRIOR_ORDERS + past.count) / (PRIOR_DAYS + tenure),
    }


def _gaps(past: Past) -> dict[str, float]:
    """Days: the mean (at least a week), last, previous and longest gap, their standard deviation, and an
    exponentially weighted mean (.3 for the newest); gap_stretch: last ÷ mean; gap_cv: deviation ÷ mean;
    gap_typical_days: the median gap of a log-normal, shrunk to the prior.
    """
    deviation = sqrt(past.spread / (past.count - 2)) if past.count > 2 else nan
    usual, gaps = _usual(past), past.count - 1
    return {
        "gap_mean_days": usual,
        "gap_last_days": past.newest if gaps >= 1 else nan,
        "gap_previous_days": past.previous if gaps >= 2 else nan,
        "gap_max_days": past.longest if gaps >= 1 else nan,
        "gap_smoothed_days": past.smoothed if gaps >= 1 else nan,
        "gap_sd_days": deviation,
        "gap_stretch": ratio(past.newest, usual),
        "gap_cv": ratio(deviation, past.mean),
        "gap_typical_days": exp(_typical(past)[0]) if past.count else nan,
    }


def _silence(past: Past, now: float, silence: float) -> dict[str, float]:
    """days_since_order; silence_gaps, silence_of_longest, silence_of_tenure: the same ÷ usual gap, ÷ longest
    gap, ÷ days since the first order; silence_z: how unusual it is for them, in standard deviations of their
    log gaps shrunk to the prior; silence_evidence: log-odds of BG/NBD that they are gone (Fader, Hardie & Lee
    2005, eq. 11) but for its constant: x · log of how much longer the clock has run than the orders have;
    still_buying, quiet_60: P(not gone) and P(no order in 60 days) by that model with a middling shop's four
    parameters, the same for everybody, so that they are readings and not a fit.
    """
    span = (past.last - past.first) / DAY
    typical, width = _typical(past)
    return {
        "days_since_order": silence,
        "silence_gaps": ratio(silence, _usual(past)),
        "silence_of_longest": ratio(silence, past.longest),
        "silence_of_tenure": ratio(silence, span + silence),
        "silence_z": (log(max(silence, 0.5)) - typical) / width if past.count else nan,
        "silence_evidence": past.count * log((PRIOR_DAYS + span + silence) / (PRIOR_DAYS + span))
        if past.count
        else nan,
    } | _buying(past.count - 1, span, span + silence)


def _buying(repeats: int, span: float, age: float) -> dict[str, float]:
    """BG/NBD's two answers (see backtest.bgnbd for the sources); nan before the first order."""
    if repeats < 0:
        return {"still_buying": nan, "quiet_60": nan}
    gone = BUYING_A / (BUYING_B + repeats - 1) if repeats else 0.0
    shape = BUYING_R + repeats
    fading = shape * log((BUYING_ALPHA + age) / (BUYING_ALPHA + span))
    alive = 1 / (1 + gone * exp(min(fading, AS_GOOD_AS_GONE)))
    silent = ((BUYING_ALPHA + age) / (BUYING_ALPHA + age + LOOK_DAYS)) ** shape
    return {"still_buying": alive, "quiet_60": 1 - alive + alive * silent}


def _typical(past: Past) -> tuple[float, float]:
    """Mean and standard deviation of the customer's log gaps, as if they had had the prior's gaps before."""
    gaps = max(past.count - 1, 0)
    prior = log(PRIOR_GAP_DAYS)
    mean = (PRIOR_GAPS * prior + gaps * past.log_mean) / (PRIOR_GAPS + gaps)
    between = PRIOR_GAPS * gaps / (PRIOR_GAPS + gaps) * (past.log_mean - prior) ** 2
    squares = PRIOR_GAPS * PRIOR_SPREAD**2 + past.log_spread + between
    return mean, sqrt(squares / (PRIOR_GAPS + gaps))
