"""Subscription: how far a contract (定期) has come and what its customer has done to it.

Source: subscription.*; order.placed and order.paid that name a subscription; payment.failed (final) and
payment.recovered.
A customer may have several contracts; the readings are those of the one most at risk.
"""

from datetime import datetime
from math import nan

import msgspec

from services.scoring.features.contract import SHIPMENT_LEAD_DAYS, STEPS, Contract, due
from services.scoring.features.days import DAY, days_since, ratio, seconds
from shared.events.envelope import Envelope

REMEMBERED = 4
"""Contracts kept; beyond these the one that ended longest ago is forgotten."""

LATELY = 3
"""Cycles within which a skip is a recent one."""


class Subscriptions(msgspec.Struct, frozen=True, array_like=True):
    contracts: tuple[Contract, ...] = ()


def update(state: Subscriptions, envelope: Envelope) -> Subscriptions:
    """A contract we never saw start is as good as one we did: history may begin in its middle."""
    step = STEPS.get(type(envelope.data))
    wanted: str | None = getattr(envelope.data, "subscription", None)
    if step is None or wanted is None:
        return state
    at = seconds(envelope.time)
    known = next((each for each in state.contracts if each.id == wanted), Contract(wanted))
    stepped = msgspec.structs.replace(step(known, envelope.data, at), touched=at)
    others = tuple(each for each in state.contracts if each.id != wanted)
    return Subscriptions(_kept((*others, stepped)))


def _kept(contracts: tuple[Contract, ...]) -> tuple[Contract, ...]:
    if len(contracts) <= REMEMBERED:
        return contracts
    forgotten = min(contracts, key=lambda each: (each.ended is None, each.touched))
    return tuple(each for each in contracts if each is not forgotten)


def at_risk(state: Subscriptions) -> Contract | None:
    """The active contract its customer seems readiest to give up; among equals the one last heard of."""
    active = (each for each in state.contracts if each.ended is None)
    return max(active, key=_readiness, default=None)


def _readiness(contract: Contract) -> tuple[bool, int, float]:
    return contract.requested is not None, len(contract.open_skips), contract.touched


def find(state: Subscriptions, contract: str) -> Contract | None:
    return next((each for each in state.contracts if each.id == contract), None)


def last_end(state: Subscriptions) -> float | None:
    """Epoch seconds of the newest end of a contract."""
    return max((each.ended for each in state.contracts if each.ended is not None), default=None)


def read(state: Subscriptions, cutoff: datetime) -> dict[str, float]:
    """Counts and days; nan where there is no such thing (no contract, no bound, no skip yet).

    cycles_since_delivery: days since the last delivery ÷ cycle; skip_share: skips ÷ (deliveries + skips);
    skips_3_cycles: skips of the last three cycles; bound_left: deliveries still promised (回数縛り);
    deliveries_since_bound, days_since_bound: since that was kept; cycle_longer: 1 if the last change made the
    cycle longer; days_to_due, days_overdue: 0 on the other side of the due date, and overdue is 0
    for a parcel that only waits for its money; days_to_cutoff: until the
    next parcel can't be changed any more (次回発送の締切), 0 after it; days_bound: until the parcel that
    fulfils the promise; days_just_free: until the first parcel after it.
    """
    now, contract = seconds(cutoff), at_risk(state)
    ended = sum(each.ended is not None for each in state.contracts)
    counts = {"contracts": float(len(state.contracts) - ended), "contracts_ended": float(ended)}
    if contract is None:
        return counts | dict.fromkeys(CONTRACT_NAMES, nan)
    shipment = _shipment(contract, now)
    free = _freedom(contract, shipment["days_to_due"])
    return counts | _course(contract, now) | _changes(contract, now) | shipment | free


def _course(contract: Contract, now: float) -> dict[str, float]:
    bound = contract.min_deliveries
    since_delivery = days_since(contract.last_delivery, now)
    return {
        "contract_days": days_since(contract.started, now),
        "cycle_days": contract.cycle_days or nan,
        "deliveries": float(contract.deliveries),
        "days_since_delivery": since_delivery,
        "cycles_since_delivery": ratio(since_delivery, contract.cycle_days),
        "bound_left": float(max(bound - contract.deliveries, 0)) if bound else nan,
        "deliveries_since_bound": nan if contract.bound_ended is None else float(contract.deliveries - bound),
        "days_since_bound": days_since(contract.bound_ended, now),
    }


def _changes(contract: Contract, now: float) -> dict[str, float]:
    lately = now - LATELY * contract.cycle_days * DAY
    return {
        "skips": float(contract.skips),
        "skips_in_a_row": float(len(contract.open_skips)),
        "skip_share": ratio(contract.skips, contract.deliveries + contract.skips),
        "skips_3_cycles": float(sum(skip.at >= lately for skip in contract.skipped)),
        "days_since_skip": days_since(contract.skipped[-1].at if contract.skipped else None, now),
        "unskips": float(contract.unskips),
        "pauses": float(contract.pauses),
        "paused": float(contract.paused is not None),
        "days_since_resume": days_since(contract.resumed, now),
        "days_paused": 0.0 if contract.paused is None else days_since(contract.paused, now),
        "cycle_changes": float(contract.cycle_changes),
        "days_since_cycle_change": days_since(contract.cycle_changed, now),
        "cycle_longer": float(contract.longer),
        "days_since_request": days_since(contract.requested, now),
    }


def _shipment(contract: Contract, now: float) -> dict[str, float]:
    next_due = due(contract)
    left = nan if next_due is None else -days_since(next_due, now)
    return {
        "days_to_due": nan if next_due is None else max(left, 0.0),
        "days_overdue": 0.0 if next_due is None or contract.unpaid is not None else max(-left, 0.0),
        "days_to_cutoff": nan if next_due is None else max(left - SHIPMENT_LEAD_DAYS, 0.0),
    }


def _freedom(contract: Contract, days_to_due: float) -> dict[str, float]:
    """How much of the horizon a promise covers: a count of parcels says it only together with the cycle and
    the due date, which features that are looked at one by one can't do.
    """
    promised = contract.min_deliveries - contract.deliveries if contract.min_deliveries else nan
    bound = 0.0 if promised <= 0 else days_to_due + (promised - 1) * contract.cycle_days
    return {"days_bound": bound, "days_just_free": days_to_due if promised == 0 else nan}


CONTRACT_NAMES = tuple(
    _course(Contract(""), 0.0)
    | _changes(Contract(""), 0.0)
    | _shipment(Contract(""), 0.0)
    | _freedom(Contract(""), nan)
)
