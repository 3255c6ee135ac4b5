"""Payment: charges that fail, which is neither the wish to leave nor the end of service.

Source: payment.failed, payment.recovered, payment.method_changed, order.paid.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.days import days_since, seconds
from services.scoring.features.decay import NEVER, Decayed, bumped, worth
from shared.events.commerce import OrderPaid
from shared.events.envelope import Envelope
from shared.events.payment import PaymentFailed, PaymentMethodChanged, PaymentRecovered

REMEMBERED = 4
"""Contracts that may be failing at once, and orders known to be paid: carts tell of one payment twice."""

HALF_LIFE_DAYS = 90.0


class Failing(msgspec.Struct, frozen=True, array_like=True):
    """A run of failures with no success in between; a failure that names no contract runs under None.

    `expired`: the newest of them because the card is out of date.
    """

    subscription: str | None
    count: int
    since: float
    final: bool
    expired: bool = False


class Payment(msgspec.Struct, frozen=True, array_like=True):
    paid: int = 0
    failures: int = 0
    recoveries: int = 0
    last: float | None = None
    lately: Decayed = NEVER
    method_changed: float | None = None
    failing: tuple[Failing, ...] = ()
    counted: tuple[str, ...] = ()


_with = msgspec.structs.replace


def update(state: Payment, envelope: Envelope) -> Payment:
    match envelope.data:
        case PaymentFailed() as failed:
            return _failed(state, failed, seconds(envelope.time))
        case PaymentRecovered(subscription=None):
            return _succeeded(state, tuple(run.subscription for run in state.failing))
        case PaymentRecovered(subscription=subscription):
            return _succeeded(state, (subscription, None))
        case OrderPaid(order=order, subscription=subscription):
            return _succeeded(_paid(state, order), (subscription, None))
        case PaymentMethodChanged():
            return _with(state, method_changed=seconds(envelope.time))
        case _:
            return state


def _failed(state: Payment, event: PaymentFailed, at: float) -> Payment:
    run = next((each for each in state.failing if each.subscription == event.subscription), None)
    longer = Failing(
        event.subscription,
        count=(run.count if run else 0) + 1,
        since=run.since if run else at,
        final=event.final or (run is not None and run.final),
        expired="expired" in (event.code or "").casefold(),
    )
    others = tuple(each for each in state.failing if each is not run)
    return _with(
        state,
        failures=state.failures + 1,
        last=at,
        lately=bumped(state.lately, at, HALF_LIFE_DAYS),
        failing=(*others, longer)[-REMEMBERED:],
    )


def _paid(state: Payment, order: str) -> Payment:
    if order in state.counted:
        return state
    return _with(state, paid=state.paid + 1, counted=(*state.counted, order)[-REMEMBERED:])


def _succeeded(state: Payment, subscriptions: tuple[str | None, ...]) -> Payment:
    """A one-off order that is paid says nothing about a contract whose card is refused."""
    failing = tuple(each for each in state.failing if each.subscription not in subscriptions)
    if len(failing) == len(state.failing):
        return state
    return _with(state, recoveries=state.recoveries + 1, failing=failing)


def read(state: Payment, cutoff: datetime) -> dict[str, float]:
    """Counts, days, and flags of 0 or 1; the open failures are those of the contract that fails most.

    failures_open: since the last success; days_failing: since the first of those, 0 if none; payments (orders
    paid), failures, recoveries: ever; failures_90: failures, each worth half after 90 days; failed_finally: 1
    when nobody will try again; card_expired: 1 when that is why it failed; method_changed_since: 1 when the
    way to pay was changed after the last failure, nan when nothing ever failed.
    """
    now = seconds(cutoff)
    worst = max(state.failing, key=lambda run: (run.final, run.count, run.since), default=None)
    return {
        "payments": float(state.paid),
        "failures_open": float(worst.count) if worst else 0.0,
        "failures": float(state.failures),
        "failures_90": worth(state.lately, now, HALF_LIFE_DAYS),
        "days_since_failure": days_since(state.last, now),
        "days_failing": days_since(worst.since, now) if worst else 0.0,
        "failed_finally": float(worst is not None and worst.final),
        "card_expired": float(worst is not None and worst.expired),
        "recoveries": float(state.recoveries),
        "days_since_method_change": days_since(state.method_changed, now),
        "method_changed_since": nan
        if state.last is None
        else float((state.method_changed or 0) > state.last),
    }
