"""PURE. The truth: the exact probability of leaving within a horizon, summed over every course of events."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from simulation import course, hazard
from simulation.contract import ENDED, Contract, Profile
from simulation.customer import GAP_LOG_SD, Customer, Repeater

Kind = Literal["subscription", "payment", "repeat"]
"""Giving a contract up, a contract that ends because it can't be charged, and not buying again."""

HORIZON_DAYS: dict[Kind, int] = {"subscription": 30, "payment": 30, "repeat": 60}


class Truth(msgspec.Struct, frozen=True):
    """One customer at one cutoff: the true probability of one kind of leaving, and what then happened.

    Who has a contract has two truths, and one cause takes from the other: whoever cancels can't be left
    unpaid, so that the two probabilities add up to that of losing the contract at all.
    """

    customer: str
    kind: Kind
    cutoff: datetime
    horizon_days: int
    p_true: float
    left: bool


class Ends(NamedTuple):
    """How a contract may end: P(given up), P(the last attempt to charge it fails)."""

    cancelled: float
    failed: float


def true_probabilities(
    customer: Customer, day: int, horizon_days: Mapping[Kind, int] = HORIZON_DAYS
) -> dict[Kind, float]:
    """P(leaves on `day` or in the days after it) by kind, for the customer as of the morning of `day`."""
    match customer.state:
        case Contract() as contract:
            days = {horizon_days["subscription"], horizon_days["payment"]}
            ends = {each: contract_ends(customer.profile, contract, day, each) for each in days}
            return {
                "subscription": ends[horizon_days["subscription"]].cancelled,
                "payment": ends[horizon_days["payment"]].failed,
            }
        case Repeater() as repeater:
            return {"repeat": no_order(repeater, customer.profile, day, horizon_days["repeat"])}


def no_order(repeater: Repeater, profile: Profile, day: int, horizon_days: int) -> float:
    """Bayes: either stopped already, or the gap is a long one; nobody sees which."""
    stop = hazard.stop_probability(repeater.orders, profile.discount_led)
    silent = day - 1 - repeater.last_order_on
    so_far = hazard.gap_survival(silent, repeater.log_median_gap, GAP_LOG_SD)
    to_the_end = hazard.gap_survival(silent + horizon_days, repeater.log_median_gap, GAP_LOG_SD)
    return (stop + (1 - stop) * to_the_end) / (stop + (1 - stop) * so_far)


def contract_ends(profile: Profile, contract: Contract, day: int, horizon_days: int) -> Ends:
    """The share of all courses of `horizon_days` days that end in each way."""
    cancelled = failed = 0.0
    alive = {contract: 1.0}
    for today in range(day, day + horizon_days):
        alive, lost = _one_day(profile, alive, today)
        cancelled, failed = cancelled + lost.cancelled, failed + lost.failed
    return Ends(cancelled, failed)


def _one_day(profile: Profile, alive: dict[Contract, float], day: int) -> tuple[dict[Contract, float], Ends]:
    cancelled = failed = 0.0
    after: defaultdict[Contract, float] = defaultdict(float)
    for contract, weight in alive.items():
        cancels = weight * hazard.daily_hazard(profile, contract, day)
        cancelled += cancels
        for probability, state, _ in course.branches(profile, contract, day):
            if state.status == "failed":
                failed += (weight - cancels) * probability
            elif state.status not in ENDED:
                after[state] += (weight - cancels) * probability
    return after, Ends(cancelled, failed)
