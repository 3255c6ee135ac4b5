"""RFM: logistic regression on how recent, how often and of what value, served as step tables like any model.

What a few hundred customers can teach, and the standing challenger of everything larger. Each reading is
brought to steps at its quantiles before the regression sees it, so that the tables are the fitted model.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from services.scoring.features.state import NAMES
from services.scoring.model.step_tables import Platt, StepTables, Table, batch, compiled
from services.scoring.training.dataset import BETWEEN_CUTOFFS, Dataset, Progress
from services.scoring.training.fit import MONOTONE, Fitted
from services.scoring.training.logistic import Belief, logistic
from services.scoring.training.split import by_customer
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

READINGS: dict[RiskKind, tuple[str, ...]] = {
    "subscription": ("days_since_delivery", "skips_in_a_row", "deliveries", "spend_mean"),
    "repeat": ("days_since_order", "orders", "spend_mean"),
    "payment": ("days_since_failure", "failures_open", "days_to_due", "deliveries"),
}
"""Recency, frequency, value; a contract's are its parcels and skips, a charge's its failures and its day."""

STEPS = 16


@dataclass(frozen=True, slots=True)
class Scale:
    """One reading's steps and how high each stands: mean log(1 + reading) within it, standardised."""

    name: str
    thresholds: Array
    heights: Array

    def of(self, column: Array) -> Array:
        """Heights of readings; 0, the average, where there is none."""
        steps = self.heights[np.searchsorted(self.thresholds, column).clip(max=len(self.thresholds))]
        return np.where(np.isnan(column), 0.0, steps)


def fit_rfm(kind: RiskKind, data: Dataset, horizon_days: float, progress: Progress) -> Fitted:
    """A ridge of one prior standard deviation for each weight; signs as common sense has them."""
    probability = np.zeros(len(data.left))
    folds = by_customer(data)
    for number, (seen, unseen) in enumerate(folds):
        tables = rfm_tables(kind, data.rows(seen), horizon_days)
        probability[unseen] = chances(tables, data.features[unseen])
        progress(f"rfm {kind}", number + 1, len(folds) + 1)
    fitted = Fitted(rfm_tables(kind, data, horizon_days), 0, probability)
    progress(f"rfm {kind}", len(folds) + 1, len(folds) + 1)
    return fitted


def rfm_tables(kind: RiskKind, data: Dataset, horizon_days: float) -> StepTables:
    columns = {name: data.features[:, NAMES.index(name)] for name in READINGS[kind]}
    scales = [_scale(name, column) for name, column in columns.items() if _known(column)]
    heights = [scale.of(columns[scale.name]) for scale in scales]
    missing = [np.isnan(columns[scale.name]).astype(float) for scale in scales]
    design = np.column_stack([*heights, *missing, np.ones(len(data.left))])
    beliefs = [_belief(kind, scale.name) for scale in scales]
    free = [Belief() for _ in scales]
    weight = BETWEEN_CUTOFFS / timedelta(days=horizon_days)
    weights = logistic(design, data.left, weight, [*beliefs, *free, Belief(precision=1e-6)])
    tables = [
        _table(scale, weights[number], weights[number + len(scales)], columns[scale.name])
        for number, scale in enumerate(scales)
    ]
    return StepTables(float(weights[-1]), tuple(tables), Platt(1.0, 0.0))


def _known(column: Array) -> bool:
    known = column[~np.isnan(column)]
    return len(known) > 0 and bool(known.min() < known.max())


def _scale(name: str, column: Array) -> Scale:
    known = column[~np.isnan(column)]
    shares = np.linspace(0, 1, STEPS + 1)[1:-1]
    edges = np.unique(np.quantile(known, shares, method="lower"))
    thresholds = edges[edges < known.max()]
    raw, step = np.log1p(known.clip(min=0)), np.searchsorted(thresholds, known)
    heights = np.bincount(step, raw) / np.bincount(step)
    spread = float(heights[step].std()) or 1.0
    return Scale(name, thresholds, (heights - heights[step].mean()) / spread)


def _belief(kind: RiskKind, name: str) -> Belief:
    sign = MONOTONE[kind].get(name, 0)
    return Belief(low=0.0 if sign > 0 else None, high=0.0 if sign < 0 else None)


def _table(scale: Scale, weight: float, missing: float, column: Array) -> Table:
    mean = float(np.where(np.isnan(column), missing, weight * scale.of(column)).mean())
    values = tuple(float(weight * height) for height in scale.heights)
    return Table(scale.name, tuple(scale.thresholds.tolist()), values, float(missing), mean)


def chances(tables: StepTables, features: Array) -> Array:
    """Probabilities of many rows."""
    scores, _ = batch(compiled(tables, NAMES), features)
    return np.asarray(expit(scores))
