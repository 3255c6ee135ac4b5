"""Survival: the share of customers who go on from each delivery (or order) to the next, as all stand today.

Kaplan-Meier over deliveries: who has not had the time to go on yet is not counted at that step. Where few
have come so far, the shifted beta-geometric speaks (Fader & Hardie 2007, How to project customer retention).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from services.scoring.features import rhythm
from services.scoring.features.days import days_since, seconds
from services.scoring.features.state import DORMANT_DAYS, CustomerState
from services.scoring.training.labels import outcome
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

STEPS = 24
"""Deliveries told apart; the share at the last one holds for all after it."""

WORTH = 30.0
"""Customers at a step that are believed as much as the curve is."""

FEWEST = 30
"""Customers whose course is known, below which there is no table."""

EDGE = 6.0
"""The curve's parameters are looked for between e⁻⁶ and e⁶."""


@dataclass(frozen=True, slots=True)
class Course:
    """One contract, or one customer without: its number of deliveries so far, and whether it stops there.

    Not stopped: it may go on yet (censored).
    """

    number: int
    stopped: bool


def survival(kind: RiskKind, states: Iterable[CustomerState], last: datetime) -> tuple[float, ...]:
    """Shares by delivery (by order, without a contract); empty where too few customers are known."""
    known = _orders(states, last) if kind == "repeat" else _deliveries(states, last)
    courses = [course for course in known if course.number > 0]
    return smoothed(*counted(courses)) if len(courses) >= FEWEST else ()


def counted(courses: Sequence[Course]) -> tuple[Array, Array]:
    """How many went on from each step, and how many stopped there."""
    reached = Counter(min(course.number, STEPS + 1) for course in courses)
    ended = Counter(min(course.number, STEPS + 1) for course in courses if course.stopped)
    beyond = [
        sum(count for number, count in reached.items() if number > step) for step in range(1, STEPS + 1)
    ]
    return np.array(beyond, dtype=float), np.array([ended[step] for step in range(1, STEPS + 1)], dtype=float)


def smoothed(went_on: Array, stopped: Array) -> tuple[float, ...]:
    """The observed share at each step, drawn to the fitted curve as if that were `WORTH` customers."""
    curve = retention(*fit_sbg(went_on, stopped), len(went_on))
    return tuple(((went_on + WORTH * curve) / (went_on + stopped + WORTH)).tolist())


def retention(alpha: float, beta: float, steps: int) -> Array:
    """rₜ = (β + t − 1) ÷ (α + β + t − 1): who goes on from step t, of those who came so far."""
    before = beta + np.arange(steps)
    return np.asarray(before / (alpha + before))


def fit_sbg(went_on: Array, stopped: Array) -> tuple[float, float]:
    """α and β by maximum likelihood: each step is a draw of who goes on."""

    def loss(logs: Array) -> float:
        alpha, beta = np.exp(logs)
        share = retention(alpha, beta, len(went_on))
        return -float(went_on @ np.log(share) + stopped @ np.log1p(-share))

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=[(-EDGE, EDGE)] * 2).x
    return float(np.exp(found[0])), float(np.exp(found[1]))


def _deliveries(states: Iterable[CustomerState], last: datetime) -> Iterable[Course]:
    """Contracts whose beginning was seen; of the others only those that lasted are known."""
    for state in states:
        for contract in state.subscription.contracts:
            if contract.started is not None:
                yield Course(contract.deliveries, outcome(contract, state, last) in ("given_up", "unpaid"))


def _orders(states: Iterable[CustomerState], last: datetime) -> Iterable[Course]:
    """Customers who never had a contract; silence beyond dormancy is where they stopped."""
    for state in states:
        newest = rhythm.last_order(state.rhythm)
        if not state.subscription.contracts and newest is not None:
            silent = days_since(newest, seconds(last)) > DORMANT_DAYS
            yield Course(int(rhythm.read(state.rhythm, last)["orders"]), silent)
