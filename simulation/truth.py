"""PURE. The truth: the exact probability of leaving within a horizon, summed over every course of events."""

from collections import defaultdict
from datetime import datetime
from typing import Literal

import msgspec

from simulation import course, hazard
from simulation.contract import ENDED, LEFT, Contract, Profile
from simulation.customer import GAP_LOG_SD, Customer, Repeater

HORIZON_DAYS = 30


class Truth(msgspec.Struct, frozen=True):
    """One customer at one cutoff: the true probability, and what then happened."""

    customer: str
    kind: Literal["subscriber", "repeater"]
    cutoff: datetime
    horizon_days: int
    p_true: float
    left: bool


def true_probability(customer: Customer, day: int, horizon_days: int = HORIZON_DAYS) -> float:
    """P(leaves on `day` or in the days after it), for the customer as it stands on the morning of `day`.

    A subscriber leaves by cancelling or by the last failed charge; a repeater by not ordering at all.
    """
    match customer.state:
        case Contract() as contract:
            return _contract_ends(customer.profile, contract, day, horizon_days)
        case Repeater() as repeater:
            return _no_order(repeater, customer.profile, day, horizon_days)


def _no_order(repeater: Repeater, profile: Profile, day: int, horizon_days: int) -> float:
    """Bayes: either stopped already, or the gap is a long one; nobody sees which."""
    stop = hazard.stop_probability(repeater.orders, profile.discount_led)
    silent = day - 1 - repeater.last_order_on
    so_far = hazard.gap_survival(silent, repeater.log_median_gap, GAP_LOG_SD)
    to_the_end = hazard.gap_survival(silent + horizon_days, repeater.log_median_gap, GAP_LOG_SD)
    return (stop + (1 - stop) * to_the_end) / (stop + (1 - stop) * so_far)


def _contract_ends(profile: Profile, contract: Contract, day: int, horizon_days: int) -> float:
    left = 0.0
    alive = {contract: 1.0}
    for today in range(day, day + horizon_days):
        alive, lost = _one_day(profile, alive, today)
        left += lost
    return left


def _one_day(profile: Profile, alive: dict[Contract, float], day: int) -> tuple[dict[Contract, float], float]:
    lost = 0.0
    after: defaultdict[Contract, float] = defaultdict(float)
    for contract, weight in alive.items():
        cancels = weight * hazard.daily_hazard(profile, contract, day)
        lost += cancels
        for probability, state, _ in course.branches(profile, contract, day):
            if state.status in LEFT:
                lost += (weight - cancels) * probability
            elif state.status not in ENDED:
                after[state] += (weight - cancels) * probability
    return after, lost
