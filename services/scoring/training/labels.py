"""Labels: who counts as someone who may leave, and who then did, and of which of two causes."""

from datetime import datetime
from typing import Literal

from services.scoring.features import rhythm, subscription
from services.scoring.features.contract import Contract, due
from services.scoring.features.days import days_since, seconds
from services.scoring.features.state import CustomerState, standing
from shared.events.risk import RiskKind

HORIZON_DAYS: dict[RiskKind, float] = {"subscription": 30.0, "repeat": 60.0, "payment": 30.0}

GRACE_DAYS = 14.0
"""How much later than due a parcel may be before its contract counts as left."""

Outcome = Literal["kept", "given_up", "unpaid", "expired"]
"""How a contract stands: it goes on, ended of one of the competing causes, or ran its course (満了)."""

CAUSE: dict[RiskKind, Outcome] = {"subscription": "given_up", "payment": "unpaid"}


def populations(state: CustomerState, cutoff: datetime) -> tuple[RiskKind, ...]:
    """The kinds of leaving to ask about; none for who has left already, or is not known yet.

    A contract may end of two causes, so its customer is asked about both.
    """
    kind = standing(state, cutoff)
    if kind == "subscription":
        contract = subscription.at_risk(state.subscription)
        return () if contract is None or _missed(contract, cutoff) else ("subscription", "payment")
    return ("repeat",) if kind == "repeat" else ()


def left(
    kind: RiskKind, before: CustomerState, cutoff: datetime, after: CustomerState, ripe: datetime
) -> bool | None:
    """Whether who was there at `cutoff` has left by `ripe`, a horizon later; None if that can't be said.

    Of competing causes each has its own label over the same horizon: who left of the other one did not leave
    of this one (cumulative incidence, not the hazard of a world without the other cause).
    """
    if kind == "repeat":
        newest = rhythm.last_order(after.rhythm)
        return newest is None or newest <= seconds(cutoff)
    contract = subscription.at_risk(before.subscription)
    later = subscription.find(after.subscription, contract.id) if contract else None
    ended = outcome(later, after, ripe) if later else "expired"
    return None if ended == "expired" else ended == CAUSE[kind]


def outcome(contract: Contract, state: CustomerState, moment: datetime) -> Outcome:
    """How this contract of the customer in `state` stands at `moment`.

    A parcel missed while its charge keeps failing was not given up: the money did not come.
    """
    if contract.end == "expired":
        return "expired"
    if contract.end == "failed":
        return "unpaid"
    if contract.ended is not None:
        return "given_up"
    if not _missed(contract, moment):
        return "kept"
    return "unpaid" if _unpaid(contract, state) else "given_up"


def _unpaid(contract: Contract, state: CustomerState) -> bool:
    return any(run.subscription in (contract.id, None) for run in state.payment.failing)


def _missed(contract: Contract, moment: datetime) -> bool:
    parcel = due(contract)
    return parcel is not None and days_since(parcel, seconds(moment)) > GRACE_DAYS
