"""Sight: a customer at a cut-off, as every model that is asked about them sees them."""

from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from services.scoring.features import rhythm, subscription
from services.scoring.features.contract import SHIPMENT_LEAD_DAYS, Contract, due
from services.scoring.features.days import DAY, seconds
from services.scoring.features.state import CustomerState, Standing, readings, standing
from services.scoring.model.look import Silence
from services.scoring.model.priority import GAPS_LEFT
from shared.events.risk import RiskKind

ASKED: dict[Standing, tuple[RiskKind, ...]] = {
    "subscription": ("subscription", "payment"),
    "repeat": ("repeat",),
}
"""The kinds of leaving that compete for a customer; who stands nowhere here is asked about by none."""


@dataclass(frozen=True, slots=True)
class Sight:
    """`due` is the next parcel, in epoch seconds; `contract` the one readiest to be given up."""

    standing: Standing
    state: CustomerState
    cutoff: datetime
    seen: dict[str, float]
    contract: Contract | None
    due: float | None

    @property
    def shipment_cutoff(self) -> float | None:
        """Epoch seconds of the last moment at which the next parcel can be changed."""
        return None if self.due is None else self.due - SHIPMENT_LEAD_DAYS * DAY

    @property
    def order_number(self) -> int:
        """Which delivery of the contract, or which order without one, came last."""
        return self.contract.deliveries if self.contract else int(self.seen["orders"])

    def gap_days(self, otherwise: float) -> float:
        """The cycle of the contract, else the usual gap between orders, if there is one yet."""
        if self.contract is not None and self.contract.cycle_days:
            return self.contract.cycle_days
        gap = rhythm.usual_gap_days(self.state.rhythm)
        return gap if gap == gap else otherwise

    def days_left(self, otherwise: float) -> float | None:
        """Until the next parcel can't be changed any more, or who has no contract buys elsewhere."""
        if self.contract is None:
            return GAPS_LEFT * self.gap_days(otherwise) - self.seen["days_since_order"]
        closes = self.shipment_cutoff
        return None if closes is None else (closes - seconds(self.cutoff)) / DAY

    def silence(self) -> Silence:
        newest, gap = self.state.last_time, self.gap_days(0.0)
        return Silence(
            due=self.due,
            lead_days=SHIPMENT_LEAD_DAYS,
            ordered=rhythm.last_order(self.state.rhythm),
            gap_days=gap or None,
            newest=None if newest is None else seconds(newest),
            share=crc32(self.state.last_id.encode()) / 2**32,
        )


def sight(state: CustomerState, cutoff: datetime) -> Sight | None:
    """None for who is gone, or not known yet."""
    stands = standing(state, cutoff)
    if stands not in ASKED:
        return None
    contract = subscription.at_risk(state.subscription)
    return Sight(
        stands, state, cutoff, readings(state, cutoff), contract, due(contract) if contract else None
    )
