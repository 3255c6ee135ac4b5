"""One contract (定期): what each fact changes about it, and when its next parcel is due."""

from collections.abc import Callable
from typing import Any

import msgspec

from services.scoring.features.days import DAY
from shared.events import commerce, payment, subscription

REMEMBERED = 4
"""Orders remembered as counted: carts tell of one delivery twice, and of a late payment after the next."""

SHIPMENT_LEAD_DAYS = 7.0
"""次回発送の締切: a parcel can be changed until so many days before it is due."""

MOST_SKIPS = 24
"""Skips remembered one by one; who leaves out more in a row has long stopped being a subscriber."""


class Skip(msgspec.Struct, frozen=True, array_like=True):
    """`due` is when the parcel left out would have come, `at` when the customer left it out."""

    due: float
    at: float


class Contract(msgspec.Struct, frozen=True, array_like=True):
    """Moments are epoch seconds. `unpaid` is since when the charge fails.

    `open_skips` are the due dates left out since the last delivery, `skipped` the newest skips that stand.
    """

    id: str
    started: float | None = None
    cycle_days: float = 0.0
    min_deliveries: int = 0
    deliveries: int = 0
    last_delivery: float | None = None
    counted: tuple[str, ...] = ()
    bound_ended: float | None = None
    skips: int = 0
    open_skips: tuple[float, ...] = ()
    skipped: tuple[Skip, ...] = ()
    unskips: int = 0
    paused: float | None = None
    pauses: int = 0
    resumed: float | None = None
    cycle_changes: int = 0
    cycle_changed: float | None = None
    longer: bool = False
    requested: float | None = None
    ended: float | None = None
    end: str = ""
    unpaid: float | None = None
    touched: float = 0.0


_with = msgspec.structs.replace


def due(contract: Contract) -> float | None:
    """When the next parcel is due: last delivery plus a cycle, and a cycle more for each one skipped.

    A pause that outlasted the due date starts the cycle anew. None while paused, ended, or unknown.
    """
    anchor = contract.started if contract.last_delivery is None else contract.last_delivery
    if contract.ended is not None or contract.paused is not None or anchor is None or not contract.cycle_days:
        return None
    cycle = contract.cycle_days * DAY
    next_due = _unskipped(contract, anchor + cycle, cycle)
    if contract.resumed is not None and contract.resumed >= next_due:
        return _unskipped(contract, contract.resumed + cycle, cycle)
    return next_due


def _unskipped(contract: Contract, moment: float, cycle: float) -> float:
    while any(abs(skip - moment) < cycle / 2 for skip in contract.open_skips):
        moment += cycle
    return moment


def _started(contract: Contract, event: subscription.SubscriptionStarted, at: float) -> Contract:
    started = _with(
        contract,
        started=at,
        cycle_days=event.cycle.days(),
        min_deliveries=event.min_deliveries or contract.min_deliveries,
    )
    return _delivered(started, event.order, at) if event.order else started


def _delivered(contract: Contract, order: str, at: float) -> Contract:
    """Counted when placed or paid, whichever is told first: 後払い parcels ship before the money comes."""
    if order in contract.counted:
        return contract
    deliveries = contract.deliveries + 1
    bound_over = contract.bound_ended is None and 0 < contract.min_deliveries <= deliveries
    half_cycle = contract.cycle_days * DAY / 2
    return _with(
        contract,
        deliveries=deliveries,
        last_delivery=at,
        unpaid=None,
        counted=(*contract.counted, order)[-REMEMBERED:],
        bound_ended=at if bound_over else contract.bound_ended,
        open_skips=tuple(skip for skip in contract.open_skips if skip > at + half_cycle),
        **({"ended": None, "end": ""} if contract.end == "failed" else {}),
    )


def _placed(contract: Contract, event: commerce.OrderPlaced, at: float) -> Contract:
    """A cart that numbers its deliveries (定期回数) knows better: we may not have seen the first."""
    placed = _delivered(contract, event.order, at)
    return _with(placed, deliveries=max(placed.deliveries, event.delivery_number or 0))


def _paid(contract: Contract, event: commerce.OrderPaid, at: float) -> Contract:
    return _delivered(contract, event.order, at)


def _changed(contract: Contract, event: subscription.SubscriptionChanged, at: float) -> Contract:
    """Carts tell of every edit; only another cycle counts as a change."""
    cycle_days, bound = event.cycle.days(), event.min_deliveries or contract.min_deliveries
    known = _with(contract, cycle_days=cycle_days, min_deliveries=bound)
    if contract.cycle_days in (0.0, cycle_days):
        return known
    return _with(
        known,
        cycle_changes=contract.cycle_changes + 1,
        cycle_changed=at,
        longer=cycle_days > contract.cycle_days,
    )


def _skipped(contract: Contract, event: subscription.SubscriptionSkipped, at: float) -> Contract:
    skip = event.due.timestamp() if event.due else due(contract) or at
    known = any(abs(skip - open_skip) < contract.cycle_days * DAY / 2 for open_skip in contract.open_skips)
    if known:
        return contract
    return _with(
        contract,
        skips=contract.skips + 1,
        open_skips=(*contract.open_skips, skip)[-MOST_SKIPS:],
        skipped=(*contract.skipped, Skip(skip, at))[-MOST_SKIPS:],
    )


def _unskip(contract: Contract, event: subscription.SubscriptionUnskipped, at: float) -> Contract:
    if not contract.open_skips:
        return _with(contract, unskips=contract.unskips + 1)
    wanted = event.due.timestamp() if event.due else contract.open_skips[-1]
    undone = min(contract.open_skips, key=lambda skip: abs(skip - wanted))
    return _with(
        contract,
        skips=contract.skips - 1,
        unskips=contract.unskips + 1,
        open_skips=tuple(skip for skip in contract.open_skips if skip != undone),
        skipped=tuple(skip for skip in contract.skipped if skip.due != undone),
    )


def _paused(contract: Contract, event: subscription.SubscriptionPaused, at: float) -> Contract:
    return contract if contract.paused is not None else _with(contract, paused=at, pauses=contract.pauses + 1)


def _resumed(contract: Contract, event: subscription.SubscriptionResumed, at: float) -> Contract:
    """Also how carts say that an ended contract was taken up again."""
    return _with(contract, paused=None, resumed=at, requested=None, ended=None, end="")


def _requested(contract: Contract, event: subscription.SubscriptionCancelRequested, at: float) -> Contract:
    return contract if contract.requested is not None else _with(contract, requested=at)


def _cancelled(contract: Contract, event: subscription.SubscriptionCancelled, at: float) -> Contract:
    return _ended(contract, "cancelled", at)


def _expired(contract: Contract, event: subscription.SubscriptionExpired, at: float) -> Contract:
    return _ended(contract, "expired", at)


def _failed(contract: Contract, event: payment.PaymentFailed, at: float) -> Contract:
    unpaid = _with(contract, unpaid=at if contract.unpaid is None else contract.unpaid)
    return _ended(unpaid, "failed", at) if event.final else unpaid


def _recovered(contract: Contract, event: payment.PaymentRecovered, at: float) -> Contract:
    paid = _with(contract, unpaid=None)
    return _with(paid, ended=None, end="") if contract.end == "failed" else paid


def _ended(contract: Contract, end: str, at: float) -> Contract:
    return contract if contract.ended is not None else _with(contract, ended=at, end=end)


STEPS: dict[type[msgspec.Struct], Callable[[Contract, Any, float], Contract]] = {
    commerce.OrderPlaced: _placed,
    commerce.OrderPaid: _paid,
    subscription.SubscriptionStarted: _started,
    subscription.SubscriptionChanged: _changed,
    subscription.SubscriptionSkipped: _skipped,
    subscription.SubscriptionUnskipped: _unskip,
    subscription.SubscriptionPaused: _paused,
    subscription.SubscriptionResumed: _resumed,
    subscription.SubscriptionCancelRequested: _requested,
    subscription.SubscriptionCancelled: _cancelled,
    subscription.SubscriptionExpired: _expired,
    payment.PaymentFailed: _failed,
    payment.PaymentRecovered: _recovered,
}
