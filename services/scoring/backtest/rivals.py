"""Rivals: what a shop could use instead, each taught on the very same rows."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from services.scoring.backtest import bgnbd
from services.scoring.backtest.snapshots import Snapshots
from services.scoring.features.state import NAMES
from services.scoring.training.fit import varying

Array = npt.NDArray[Any]
Rival = Callable[[Snapshots, Snapshots, float], Array]
"""Learns from the first, and says of each row of the second the chance to leave within so many days."""

SEED = 20_261


def _column(rows: Snapshots, name: str) -> Array:
    """0 where it is not known."""
    return np.nan_to_num(rows.features[:, NAMES.index(name)])


def recency(past: Snapshots, now: Snapshots, _: float) -> Array:
    """Days since the last order alone; a logistic curve makes a chance of them."""
    return _logistic(past, now, ("days_since_order",))


def rfm(past: Snapshots, now: Snapshots, _: float) -> Array:
    """Logistic regression on recency, frequency and money, as log(1 + x)."""
    return _logistic(past, now, ("days_since_order", "orders", "spend_total"))


def _logistic(past: Snapshots, now: Snapshots, names: tuple[str, ...]) -> Array:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    before, after = (
        np.log1p(np.column_stack([_column(rows, name) for name in names])) for rows in (past, now)
    )
    return np.asarray(model.fit(before, past.left).predict_proba(after)[:, 1])


def dropout(_: Snapshots, now: Snapshots, days: float) -> Array:
    """BG/NBD's P(no order), fitted at each cut-off to all who had ordered by then; it needs no labels."""
    chances = np.empty(len(now.left))
    age, silence = _column(now, "tenure_days"), _column(now, "days_since_order")
    repeats = np.maximum(_column(now, "orders") - 1, 0)
    for cutoff in np.unique(now.cutoffs):
        model = bgnbd.fitted(bgnbd.buyers(*now.buyers[int(cutoff)].T))
        rows = np.flatnonzero(now.cutoffs == cutoff)
        last = (age - silence)[rows]
        chances[rows] = bgnbd.no_order(model, repeats[rows], last, age[rows], days)
    return chances


def trees(past: Snapshots, now: Snapshots, _: float) -> Array:
    """Plain boosted trees, 200 of 15 leaves."""
    return _boosted(past, now, max_leaf_nodes=15, max_iter=200)


def small_trees(past: Snapshots, now: Snapshots, _: float) -> Array:
    """300 trees of 8 leaves that see a third of the features at each split."""
    return _boosted(past, now, max_leaf_nodes=8, max_iter=300, max_features=0.3)


def _boosted(past: Snapshots, now: Snapshots, **shape: float) -> Array:
    """Never early stopping: it would judge by rows of customers it has learned from."""
    columns = varying(past.features)
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, early_stopping=False, random_state=SEED, **shape
    )
    model.fit(past.features[:, columns], past.left)
    return np.asarray(model.predict_proba(now.features[:, columns])[:, 1])


RIVALS: Mapping[str, Rival] = {
    "recency": recency,
    "rfm": rfm,
    "bgnbd": dropout,
    "hgb": trees,
    "hgb_small": small_trees,
}
