"""Fit: boosted trees of one feature each, their number and their calibration found on customers not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from services.scoring.features.state import NAMES
from services.scoring.model.step_tables import Platt, StepTables
from services.scoring.training.dataset import Dataset, Progress
from services.scoring.training.export import step_tables
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

FOLDS = 3
TREES = (50, 100, 150, 200, 300)
LEARNING_RATE = 0.1
LEAVES = 4
L2 = 5.0
FEATURES_PER_SPLIT = 0.3
SEED = 20_261

# Where common sense has a direction the model must not find another one: each sign costs next to nothing, and
# keeps a reason from saying the opposite of what it means.
MONOTONE: dict[RiskKind, dict[str, int]] = {
    "subscription": {
        "skips_in_a_row": 1,
        "days_overdue": 1,
        "failures_open": 1,
        "failed_finally": 1,
        "paused": 1,
        "days_since_request": -1,
    },
    "repeat": {"days_since_order": 1, "orders_30": -1, "orders_90": -1, "orders": -1},
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """`probability` is of each row, by a model that had not seen its customer."""

    tables: StepTables
    trees: int
    probability: Array


def fit(kind: RiskKind, data: Dataset, progress: Progress) -> Fitted:
    """On one thread: trees of a few leaves are too little to share, and waiting for one another costs three
    times the work on a busy machine.
    """
    with threadpool_limits(limits=1, user_api="openmp"):
        return _fit(kind, data, progress)


def _fit(kind: RiskKind, data: Dataset, progress: Progress) -> Fitted:
    raw = _out_of_fold(kind, data, progress)
    columns = _varying(data.features)
    losses = [float(log_loss(data.left, _sigmoid(column))) for column in raw.T]
    best = int(np.argmin(losses))
    platt = calibrated(raw[:, best], data.left)
    features = data.features[:, columns]
    model = _classifier(kind, columns, len(features), TREES[best]).fit(features, data.left)
    progress(f"fit {kind}", FOLDS + 1, FOLDS + 1)
    return Fitted(
        tables=step_tables(model, [NAMES[column] for column in columns], features, platt),
        trees=TREES[best],
        probability=_sigmoid(platt.slope * raw[:, best] + platt.intercept),
    )


def _out_of_fold(kind: RiskKind, data: Dataset, progress: Progress) -> Array:
    """Raw scores, a column for each number of trees. One customer's rows are alike: never split them."""
    raw = np.zeros((len(data.left), len(TREES)))
    folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(data.features, groups=data.customers)
    for fold, (seen, unseen) in enumerate(folds):
        columns = _varying(data.features[seen])
        model = _classifier(kind, columns, len(seen), TREES[-1])
        model.fit(data.features[np.ix_(seen, columns)], data.left[seen])
        raw[unseen] = _staged(model, data.features[np.ix_(unseen, columns)], TREES)
        progress(f"fit {kind}", fold + 1, FOLDS + 1)
    return raw


def _staged(model: HistGradientBoostingClassifier, features: Array, trees: Sequence[int]) -> Array:
    stages = enumerate(model.staged_decision_function(features), start=1)
    return np.column_stack([score.ravel().copy() for stage, score in stages if stage in trees])


def _varying(features: Array) -> Array:
    """Columns with something to split; scikit-learn can't bin one that is never known."""
    return np.array([column for column, values in enumerate(features.T) if _varies(values)], dtype=np.int64)


def _varies(values: Array) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool(known.min() < known.max())


def _classifier(kind: RiskKind, columns: Array, rows: int, trees: int) -> HistGradientBoostingClassifier:
    """No early stopping: it would judge by rows of customers it has learned from."""
    return HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        monotonic_cst=[MONOTONE[kind].get(NAMES[column], 0) for column in columns],
        learning_rate=LEARNING_RATE,
        max_iter=trees,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=min(80, max(20, rows // 100)),
        l2_regularization=L2,
        max_features=FEATURES_PER_SPLIT,
        early_stopping=False,
        random_state=SEED,
    )


def calibrated(raw: Array, left: Array) -> Platt:
    """Platt's two numbers by Newton's method; convex, so a few steps do."""
    design = np.column_stack([raw, np.ones(len(raw))])
    weights = np.array([1.0, 0.0])
    for _ in range(25):
        chance = _sigmoid(design @ weights)
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-6 * np.eye(2)
        weights = weights + np.linalg.solve(curvature, design.T @ (left - chance))
    return Platt(float(weights[0]), float(weights[1]))


def _sigmoid(score: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-score)))
