"""Capacity: the priority above which a desk's hands suffice, and what is lost below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, nextafter

# Round numbers to choose among.
LADDER = (5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000)
_MOST_CHOICES = 6


@dataclass(frozen=True, slots=True)
class Load:
    """One alert of the last weeks; `value` is in the currency's smallest unit."""

    priority: float
    value: int
    waiting: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a capacity would mean: alerts a day that come `through`, their share of the value, what is parked.

    `per_day` is None for no limit.
    """

    per_day: int | None
    threshold: float
    through: float
    covered: float | None
    parked: int
    waiting: int


def threshold_for(loads: Sequence[Load], days: float, per_day: int | None) -> float:
    """The lowest priority with which no more than `per_day` alerts a day come through, over `days` days.

    Alerts of equal priority come through together or not at all.
    """
    if per_day is None:
        return 0.0
    most = floor(per_day * days)
    ranked = sorted((one.priority for one in loads), reverse=True)
    return 0.0 if len(ranked) <= most else max(0.0, nextafter(ranked[most], inf))


def effect(loads: Sequence[Load], days: float, per_day: int | None) -> Effect:
    threshold = threshold_for(loads, days, per_day)
    let = [one for one in loads if one.priority >= threshold]
    value = sum(one.value for one in loads)
    waiting = sum(one.waiting for one in let)
    return Effect(
        per_day=per_day,
        threshold=threshold,
        through=len(let) / days,
        covered=sum(one.value for one in let) / value if value else None,
        parked=sum(one.waiting for one in loads) - waiting,
        waiting=waiting,
    )


def choices(loads: Sequence[Load], days: float, wanted: Sequence[int]) -> list[int]:
    """Capacities worth comparing: those wanted, and round ones up to what comes in."""
    arriving = len(loads) / days
    lower = [step for step in LADDER if step < arriving][-_MOST_CHOICES:]
    return sorted({*wanted, *lower})
