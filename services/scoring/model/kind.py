"""What is known about one kind of leaving: the tables, the bands, and how people usually leave."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.scoring.model.bands import Bands
from services.scoring.model.step_tables import Additive
from shared.events.risk import RiskKind, Rung


@dataclass(frozen=True, slots=True)
class KindModel:
    """`base_rate`: the share that left within the horizon in training, so what an average customer does.

    `survival[n - 1]`: the share that goes on to delivery (or order) n + 1 after the nth; the last one holds
    for all after it; empty where the model was made without.
    """

    additive: Additive
    bands: Bands
    horizon_days: float
    base_rate: float
    rung: Rung = "full"
    survival: tuple[float, ...] = ()


Models = Mapping[RiskKind, KindModel]
"""A kind with too little data to learn from is simply not there."""
