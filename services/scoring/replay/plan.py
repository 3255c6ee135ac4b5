"""Plan: bands for a stated capacity, which the kinds of leaving share by what they cost."""

from collections.abc import Mapping

from services.scoring.model.bands import Bands
from services.scoring.model.capacity import AS_GOOD_AS_LOST, fitted
from services.scoring.model.kind import Models
from services.scoring.replay.alerts import KindBands
from services.scoring.replay.days import Days
from shared.events.risk import RiskKind

Wanted = Mapping[RiskKind, float]
"""Alerts per day."""


def shared_out(days: Days, models: Models, alerts_per_day: float, counted: int) -> dict[RiskKind, float]:
    """One capacity for all kinds, divided as the money that a day is expected to lose to each of them.

    Expected: Σ of the priorities of all customers who are not as good as lost, ÷ horizon.
    """
    losses = {kind: _priorities(days, kind, counted) / model.horizon_days for kind, model in models.items()}
    total = sum(losses.values())
    return {kind: alerts_per_day * loss / total for kind, loss in losses.items()} if total else {}


def _priorities(days: Days, kind: RiskKind, counted: int) -> float:
    chances, weight = days.chances[kind][-counted:], days.weight[kind][-counted:]
    return float((chances * weight)[chances < AS_GOOD_AS_LOST].sum())


def planned(days: Days, now: KindBands, wanted: Wanted, counted: int) -> dict[RiskKind, Bands]:
    """Each kind's bands fitted to its capacity; a kind without one keeps what it has."""
    return {
        kind: fitted(days.chances[kind], wanted[kind], bands.margin, counted) if kind in wanted else bands
        for kind, bands in now.items()
    }
