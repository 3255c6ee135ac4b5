"""Labels: who counts as someone who may leave, and who then did."""

from datetime import datetime

from services.scoring.features import rhythm, subscription
from services.scoring.features.contract import Contract, due
from services.scoring.features.days import days_since, seconds
from services.scoring.features.state import CustomerState, standing
from shared.events.risk import RiskKind

HORIZON_DAYS: dict[RiskKind, float] = {"subscription": 30.0, "repeat": 60.0}

GRACE_DAYS = 14.0
"""How much later than due a parcel may be before its contract counts as left."""


def population(state: CustomerState, cutoff: datetime) -> RiskKind | None:
    """The kind of leaving to ask about; None for who has left already, or is not known yet."""
    kind = standing(state, cutoff)
    if kind == "subscription":
        contract = subscription.at_risk(state.subscription)
        return None if contract is None or _missed(contract, cutoff) else "subscription"
    return "repeat" if kind == "repeat" else None


def left(
    kind: RiskKind, before: CustomerState, cutoff: datetime, after: CustomerState, ripe: datetime
) -> bool | None:
    """Whether who was there at `cutoff` has left by `ripe`, a horizon later; None if that can't be said."""
    if kind == "repeat":
        newest = rhythm.last_order(after.rhythm)
        return newest is None or newest <= seconds(cutoff)
    contract = subscription.at_risk(before.subscription)
    later = subscription.find(after.subscription, contract.id) if contract else None
    return None if later is None else _given_up(later, ripe)


def _given_up(contract: Contract, ripe: datetime) -> bool | None:
    """Cancelled, finally unpaid, or its parcel missed; one that ran its course was neither left nor kept."""
    if contract.end == "expired":
        return None
    return contract.ended is not None or _missed(contract, ripe)


def _missed(contract: Contract, moment: datetime) -> bool:
    parcel = due(contract)
    return parcel is not None and days_since(parcel, seconds(moment)) > GRACE_DAYS
