"""Drift: have the customers changed between the first and the last part of the training window?

Only features that stay put while a log grows are compared: counts, totals and tenure rise by themselves, and
an alarm about them is false. For the same reason customers are compared with customers known for as long: the
late part is weighted to the early part's mix of ages. The index has noise of its own; see `critical`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from services.scoring.features.state import NAMES

Array = npt.NDArray[Any]
Verdict = Literal["stable", "watch", "moved"]

STATIONARY = (
    "silence_gaps",
    "silence_of_longest",
    "gap_stretch",
    "silence_z",
    "gap_cv",
    "spend_trend",
    "discount_share",
    "ship_days",
    "cycle_days",
    "days_to_due",
    "days_overdue",
    "skips_in_a_row",
    "skip_share",
    "paused",
    "failures_open",
    "cancel_pages_30",
    "line_blocked",
)
AGES = (15.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 270.0, 365.0, 730.0)
"""Days since the first order at which a customer becomes one of the next age."""

PART = 0.3
"""Of the window, at each end."""

BINS = 10
WATCH, MOVED = 0.1, 0.25
"""The customary limits; no more than conventions (Yurdakul 2018)."""


@dataclass(frozen=True, slots=True)
class Shift:
    """`name` is a feature, or "score"; below `critical` the index is no more than chance (5 % level)."""

    name: str
    psi: float
    critical: float

    @property
    def verdict(self) -> Verdict:
        if self.psi < max(WATCH, self.critical):
            return "stable"
        return "watch" if self.psi < MOVED else "moved"


@dataclass(frozen=True, slots=True)
class Ends:
    """Rows of the early and of the late part, what each late one weighs, and how many customers they are."""

    early: Array
    late: Array
    weights: Array
    before: int
    after: int


def shifts(probability: Array, features: Array, customers: Array, cutoffs: Sequence[datetime]) -> list[Shift]:
    """The score's shift first, then the stationary features', the largest first."""
    ages = np.searchsorted(AGES, features[:, NAMES.index("tenure_days")])
    ends = _ends(cutoffs, ages, customers)
    if ends is None:
        return []
    columns = {name: features[:, NAMES.index(name)] for name in STATIONARY if name in NAMES}
    moved = [_shift(name, column, ends) for name, column in columns.items()]
    return [_shift("score", probability, ends), *sorted(moved, key=lambda shift: -shift.psi)]


def psi(before: Array, after: Array, weights: Array | None = None) -> float:
    """Population stability index: Σ (share after − share before) · ln(share after ÷ share before).

    Bins are the tenths of `before`, and one for what is unknown. Half a row is added to each bin: an empty
    one would make it infinite. `weights` are of the rows of `after`, 1 on average.
    """
    edges = _edges(before)
    old = _shares(before, edges, np.ones(len(before)))
    new = _shares(after, edges, np.ones(len(after)) if weights is None else weights)
    return float(np.sum((new - old) * np.log(new / old)))


def critical(bins: int, before: int, after: int) -> float:
    """What the index stays below 95 times of 100 if nothing changed: (1/n + 1/m) · χ²₀.₉₅(bins − 1).

    (Yurdakul 2018, "Statistical properties of population stability index".)
    """
    return float((1 / before + 1 / after) * chi2.ppf(0.95, max(bins - 1, 1)))


def _shift(name: str, values: Array, ends: Ends) -> Shift:
    before = values[ends.early]
    bins = len(_edges(before)) + 2
    return Shift(name, psi(before, values[ends.late], ends.weights), critical(bins, ends.before, ends.after))


def _ends(cutoffs: Sequence[datetime], ages: Array, customers: Array) -> Ends | None:
    """None where no two customers of an age are in both parts."""
    times = np.array([cutoff.timestamp() for cutoff in cutoffs])
    first, last = times.min(), times.max()
    reach = PART * (last - first)
    early, late = np.flatnonzero(times <= first + reach), np.flatnonzero(times >= last - reach)
    common = np.intersect1d(ages[early], ages[late])
    early, late = early[np.isin(ages[early], common)], late[np.isin(ages[late], common)]
    before, after = len(np.unique(customers[early])), len(np.unique(customers[late]))
    if min(before, after) < 2:
        return None
    weights = _weights(ages[early], ages[late])
    # Kish 1965: so many rows of equal weight would tell as much.
    effective = float(weights.sum() ** 2 / (weights**2).sum()) / len(weights)
    return Ends(early, late, weights, before, max(2, round(after * effective)))


def _weights(early: Array, late: Array) -> Array:
    places = int(max(early.max(), late.max())) + 1
    old, new = np.bincount(early, minlength=places), np.bincount(late, minlength=places)
    return np.asarray(old[late] / len(early) * len(late) / new[late])


def _edges(before: Array) -> Array:
    known = before[~np.isnan(before)]
    return np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.array([])


def _shares(values: Array, edges: Array, weights: Array) -> Array:
    known = ~np.isnan(values)
    places = np.searchsorted(edges, values[known], side="left")
    counts = np.bincount(places, weights=weights[known], minlength=len(edges) + 1)
    padded = np.append(counts, weights[~known].sum()) + 0.5
    return np.asarray(padded / padded.sum())
