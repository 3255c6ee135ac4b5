"""The truth: what scoring says of subscribers against what the simulation knows, once the shop is old."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from deploy.simulated import CART, SHOP
from simulation.history import WARM_UP_DAYS, history
from simulation.shop import opening_day
from simulation.truth import HORIZON_DAYS

FEWEST = 30


@dataclass(frozen=True, slots=True)
class Lived:
    """Which shop ran, and from when until when in business time."""

    seed: int
    customers: int
    began: datetime
    ended: datetime

    def days(self) -> int:
        return (self.ended - opening_day(self.began)) // timedelta(days=1)


def against_the_truth(lived: Lived, stored: Mapping[str, float]) -> dict[str, float] | None:
    """`stored` are subscribers' probabilities by customer_ref. None if there are too few, or no leavers.

    The shop is lived anew, and a month longer, to see who left.
    """
    days = lived.days()
    if days < WARM_UP_DAYS:
        return None
    again = history(
        lived.seed,
        lived.customers,
        days + HORIZON_DAYS["subscription"],
        lived.began,
        truth_every_days=days,
        truth_sample=2000,
    )
    known = [
        (truth.left, stored[ref], truth.p_true)
        for truth in again.truths
        if truth.kind == "subscription" and (ref := f"{SHOP}/{CART}/{truth.customer}") in stored
    ]
    if len(known) < FEWEST or len({left for left, _, _ in known}) < 2:
        return None
    # Takes a second to import, and a demo should not begin with waiting for it.
    import numpy as np

    from services.scoring.training.evaluate import against_truth

    left, probability, truth = (np.array(column) for column in zip(*known, strict=True))
    return {"subscribers": float(len(known)), **against_truth(left.astype(int), probability, truth)}
