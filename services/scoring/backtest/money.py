"""Money: what calling the top of each list would save, under assumptions that are stated, not measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

YEAR = 365.0
FEWEST_DAYS = 90.0
"""A customer's spending is taken to be spread over at least so long: one big first order is no habit."""


@dataclass(frozen=True, slots=True)
class Calls:
    """`capacity`: calls at each cut-off, or the share of its customers if below 1; `success`: share of
    leavers whom a call keeps for another year (assumed); `cost` of a call, in the currency's minor unit.
    """

    capacity: float
    success: float
    cost: float


@dataclass(frozen=True, slots=True)
class Saved:
    """Over all cut-offs, in the currency's minor unit."""

    calls: int
    leavers_called: float
    value: float


def yearly(spent: Array, days: Array) -> Array:
    """What each customer spends in a year at the pace so far."""
    return np.asarray(np.nan_to_num(spent) / np.maximum(np.nan_to_num(days), FEWEST_DAYS) * YEAR)


def saved(
    lists: Mapping[str, Array], left: Array, values: Array, cutoffs: Array, plan: Calls
) -> dict[str, Saved]:
    """For each list of probabilities: call by probability × value; `random` calls just anybody (expected)."""
    everybody = {**{name: chance * values for name, chance in lists.items()}, "biggest": values}
    found = {name: _called(order, left, values, cutoffs, plan) for name, order in everybody.items()}
    return {**found, "random": _anybody(left, values, cutoffs, plan)}


def _called(order: Array, left: Array, values: Array, cutoffs: Array, plan: Calls) -> Saved:
    calls, leavers, value = 0, 0.0, 0.0
    for cutoff in np.unique(cutoffs):
        rows = np.flatnonzero(cutoffs == cutoff)
        top = rows[np.argsort(-order[rows], kind="stable")[: _capacity(plan, len(rows))]]
        calls += len(top)
        leavers += float(left[top].sum())
        value += float((left[top] * values[top]).sum()) * plan.success - plan.cost * len(top)
    return Saved(calls, leavers, value)


def _anybody(left: Array, values: Array, cutoffs: Array, plan: Calls) -> Saved:
    calls, leavers, value = 0, 0.0, 0.0
    for cutoff in np.unique(cutoffs):
        rows = np.flatnonzero(cutoffs == cutoff)
        count = _capacity(plan, len(rows))
        calls += count
        leavers += float(left[rows].mean()) * count
        value += (float((left[rows] * values[rows]).mean()) * plan.success - plan.cost) * count
    return Saved(calls, leavers, value)


def _capacity(plan: Calls, customers: int) -> int:
    return min(customers, round(plan.capacity * customers if plan.capacity < 1 else plan.capacity))
