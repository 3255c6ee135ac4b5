"""Risk: how likely a customer is to leave, why, and how urgent it is."""

from datetime import datetime
from typing import Literal

import msgspec

from shared.events.money import Money

RiskKind = Literal["subscription", "repeat", "payment"]
"""Giving a contract up, not ordering again, and a contract that ends because it can't be charged."""

Rung = Literal["prior", "rfm", "full"]
"""What a model could be taught: nothing but the level, three features, or all."""

Band = Literal["low", "medium", "high", "critical"]
Phase = Literal["entered", "changed", "left"]

FactValue = str | int | float


class Reason(msgspec.Struct, frozen=True):
    """One cause of a score: its code, its Japanese sentence, the facts in it, its share in log-odds."""

    code: str
    text: str
    facts: dict[str, FactValue]
    contribution: float


class RiskAssessed(msgspec.Struct, frozen=True, omit_defaults=True):
    """Emitted when a customer enters or leaves a high band, or the priority changes materially.

    `probability` is calibrated: of leaving within `horizon_days`. `episode` names one stay in a high band.
    `due` and `cutoff` are the next shipment and the last moment to change it. `noticed_at` is real time: when
    the cause reached us (the webhook's receipt, or the sweep's look), so that latency can be measured.
    `strengths` are what speaks against leaving: reasons with a negative contribution.
    """

    kind: RiskKind
    probability: float
    band: Band
    previous_band: Band
    phase: Phase
    episode: str
    priority: float
    value_at_risk: Money
    reasons: tuple[Reason, ...]
    model: str
    horizon_days: float
    assessed_at: datetime
    noticed_at: datetime
    subscription: str | None = None
    delivery_number: int | None = None
    min_deliveries: int | None = None
    due: datetime | None = None
    cutoff: datetime | None = None
    strengths: tuple[Reason, ...] = ()
    rung: Rung = "full"
