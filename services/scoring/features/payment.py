"""Payment: charges that fail, which is neither the wish to leave nor the end of service.

Source: payment.failed, payment.recovered, order.paid.
"""

from datetime import datetime

import msgspec

from services.scoring.features.days import days_since, seconds
from shared.events.commerce import OrderPaid
from shared.events.envelope import Envelope
from shared.events.payment import PaymentFailed, PaymentRecovered

REMEMBERED = 4
"""Contracts that may be failing at once."""


class Failing(msgspec.Struct, frozen=True, array_like=True):
    """A run of failures with no success in between; a failure that names no contract runs under None."""

    subscription: str | None
    count: int
    since: float
    final: bool


class Payment(msgspec.Struct, frozen=True, array_like=True):
    failures: int = 0
    recoveries: int = 0
    last: float | None = None
    failing: tuple[Failing, ...] = ()


def update(state: Payment, envelope: Envelope) -> Payment:
    match envelope.data:
        case PaymentFailed(subscription=subscription, final=final):
            return _failed(state, subscription, final, seconds(envelope.time))
        case PaymentRecovered(subscription=None):
            return _succeeded(state, tuple(run.subscription for run in state.failing))
        case PaymentRecovered(subscription=subscription) | OrderPaid(subscription=subscription):
            return _succeeded(state, (subscription, None))
        case _:
            return state


def _failed(state: Payment, subscription: str | None, final: bool, at: float) -> Payment:
    run = next((each for each in state.failing if each.subscription == subscription), None)
    longer = Failing(
        subscription,
        count=(run.count if run else 0) + 1,
        since=run.since if run else at,
        final=final or (run is not None and run.final),
    )
    others = tuple(each for each in state.failing if each is not run)
    return Payment(state.failures + 1, state.recoveries, at, (*others, longer)[-REMEMBERED:])


def _succeeded(state: Payment, subscriptions: tuple[str | None, ...]) -> Payment:
    """A one-off order that is paid says nothing about a contract whose card is refused."""
    failing = tuple(each for each in state.failing if each.subscription not in subscriptions)
    if len(failing) == len(state.failing):
        return state
    return msgspec.structs.replace(state, recoveries=state.recoveries + 1, failing=failing)


def read(state: Payment, cutoff: datetime) -> dict[str, float]:
    """Counts and days, of the contract that fails most.

    failures_open: since the last success; days_failing: since the first of those, 0 if none; failures,
    recoveries: ever; failed_finally: 1 when nobody will try again.
    """
    now = seconds(cutoff)
    worst = max(state.failing, key=lambda run: (run.final, run.count, run.since), default=None)
    return {
        "failures_open": float(worst.count) if worst else 0.0,
        "failures": float(state.failures),
        "days_since_failure": days_since(state.last, now),
        "days_failing": days_since(worst.since, now) if worst else 0.0,
        "failed_finally": float(worst is not None and worst.final),
        "recoveries": float(state.recoveries),
    }
