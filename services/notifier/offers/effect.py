"""Effect: which parcel a change made now still reaches."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

NextParcel = Literal["stopped", "leaves", "unknown"]
State = Literal["active", "paused", "cancel_requested", "payment_stopped", "cancelled", "expired"]
OVER: frozenset[State] = frozenset({"cancelled", "expired"})


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as far as offers and its end depend on it; all times are business time.

    `deliveries` have come so far; the next is `due` and can be changed until `cutoff`. `paused_at` is when it
    was last paused, `requested_at` when its customer asked to leave, `ended_at` when it was over.
    """

    subscription: str
    state: State = "active"
    deliveries: int | None = None
    min_deliveries: int | None = None
    cycle_days: float | None = None
    due: datetime | None = None
    cutoff: datetime | None = None
    skips_in_a_row: int = 0
    paused_at: datetime | None = None
    requested_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def minimum_left(self) -> int:
        """Deliveries still promised (回数縛り)."""
        return max((self.min_deliveries or 0) - (self.deliveries or 0), 0)


@dataclass(frozen=True, slots=True)
class Effect:
    """`delivery` is the first that the change reaches (which parcel it is), `at` when that is due.

    Either is None where nobody knows. `next_parcel`: whether the very next one can still be stopped.
    """

    delivery: int | None
    at: datetime | None
    next_parcel: NextParcel


def effect(contract: Contract, now: datetime) -> Effect:
    """Of a change made at `now` (business time)."""
    coming = None if contract.deliveries is None else contract.deliveries + 1
    if contract.state == "paused" or contract.state in OVER:
        return Effect(coming, None, "stopped")
    if contract.due is None or contract.cutoff is None:
        return Effect(None, None, "unknown")
    if now < contract.cutoff:
        return Effect(coming, contract.due, "stopped")
    return Effect(None if coming is None else coming + 1, _one_later(contract), "leaves")


def _one_later(contract: Contract) -> datetime | None:
    if contract.due is None or not contract.cycle_days:
        return None
    return contract.due + timedelta(days=round(contract.cycle_days))
