"""Outcome: who left, and when, as far as the replayed days show it."""

from dataclasses import dataclass

from services.scoring.features import rhythm
from services.scoring.features.days import days_since, seconds
from services.scoring.features.state import CustomerState
from services.scoring.model.kind import Models
from services.scoring.model.sight import ASKED
from services.scoring.replay.alerts import Alert
from services.scoring.replay.days import Days
from services.scoring.training.labels import left, populations
from shared.events.risk import RiskKind

CONTRACT = ASKED["subscription"]


@dataclass(frozen=True, slots=True)
class Leaver:
    """A customer who left on a day; positions in `Days`."""

    customer: int
    day: int


def left_after(days: Days, alert: Alert, horizon_days: float) -> bool | None:
    """Whether who was alerted left within the horizon, in whatever way; None while that is not known."""
    ripe = alert.began + round(horizon_days)
    if ripe >= len(days.moments):
        return None
    kinds = CONTRACT if alert.kind in CONTRACT else (alert.kind,)
    return _left(days, kinds, alert.customer, alert.began, ripe)


def _left(days: Days, kinds: tuple[RiskKind, ...], customer: int, before: int, after: int) -> bool | None:
    told = [
        left(
            kind,
            days.states[before][customer],
            days.moments[before],
            days.states[after][customer],
            days.moments[after],
        )
        for kind in kinds
    ]
    return None if all(each is None for each in told) else any(told)


def leavers(days: Days, models: Models, counted: int) -> list[Leaver]:
    """Who left on one of the last `counted` days.

    A contract is left on the day it ends, or its parcel is missed. Without one nobody says goodbye: left is
    who has been silent for one horizon of the model.
    """
    last = len(days.moments)
    return [
        Leaver(customer, day)
        for day in range(max(last - counted, 1), last)
        for customer in range(len(days.refs))
        if _leaves(days, models, customer, day)
    ]


def _leaves(days: Days, models: Models, customer: int, day: int) -> bool:
    before = days.states[day - 1][customer]
    asked = populations(before, days.moments[day - 1])
    if "subscription" in asked:
        return bool(_left(days, CONTRACT, customer, day - 1, day))
    return "repeat" in asked and "repeat" in models and _falls_silent(days, models, customer, day)


def _falls_silent(days: Days, models: Models, customer: int, day: int) -> bool:
    horizon = models["repeat"].horizon_days
    return _silent(days, customer, day - 1) < horizon <= _silent(days, customer, day)


def _silent(days: Days, customer: int, day: int) -> float:
    state: CustomerState = days.states[day][customer]
    return days_since(rhythm.last_order(state.rhythm), seconds(days.moments[day]))
