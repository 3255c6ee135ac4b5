"""Fit: boosted trees of one feature each, their number and their calibration found on customers not seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from services.scoring.features.days import DAY
from services.scoring.features.state import NAMES
from services.scoring.model.step_tables import Platt, StepTables
from services.scoring.training.dataset import Dataset, Progress
from services.scoring.training.export import averaged, step_tables
from services.scoring.training.split import FOLDS, SEED, by_customer
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

TREES = (50, 100, 150, 200, 300, 400)
LEARNING_RATE = 0.1
LEAVES = 4
L2 = 5.0
FEATURES_PER_SPLIT = 0.3
HALF_LIFE_DAYS: dict[RiskKind, float] = {"subscription": 365.0, "payment": 365.0, "repeat": 180.0}
"""What contracts are given up for changes slowly, and who left is rare; the mix of buyers changes sooner."""

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
    "payment": {"failures_open": 1, "failures": 1, "failed_finally": 1},
    "repeat": {
        "days_since_order": 1,
        "silence_z": 1,
        "silence_evidence": 1,
        "still_buying": -1,
        "quiet_60": 1,
        "orders": -1,
        "orders_15": -1,
        "orders_45": -1,
        "orders_120": -1,
        "order_rate": -1,
    },
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """`probability` is of each row, by a model that had not seen its customer."""

    tables: StepTables
    trees: int
    probability: Array


@dataclass(frozen=True, slots=True)
class _Member:
    """A fold's model, the columns it knows, and the rows it has not seen."""

    model: HistGradientBoostingClassifier
    columns: Array
    unseen: Array


def fit(kind: RiskKind, data: Dataset, progress: Progress) -> Fitted:
    """On one thread: trees of a few leaves are too little to share, and waiting for one another costs three
    times the work on a busy machine.
    """
    with threadpool_limits(limits=1, user_api="openmp"):
        return _fit(kind, data, progress)


def _fit(kind: RiskKind, data: Dataset, progress: Progress) -> Fitted:
    """The model is the mean of the folds' models: none of its customers is unseen by all, and it varies less
    from one sample to the next than one model of everybody.
    """
    weights, members = freshness(kind, data.cutoffs), list(_members(kind, data, progress))
    scores = np.zeros((len(data.left), len(TREES)))
    for member in members:
        scores[member.unseen] = _staged(member, data.features)
    losses = [float(log_loss(data.left, expit(column), sample_weight=weights)) for column in scores.T]
    best = int(np.argmin(losses))
    platt = calibrated(scores[:, best], data.left, weights)
    return Fitted(
        tables=averaged([_tables(member, data.features, TREES[best], platt) for member in members]),
        trees=TREES[best],
        probability=expit(platt.slope * scores[:, best] + platt.intercept),
    )


def raw(kind: RiskKind, seen: Dataset, trees: int, unseen: Array) -> Array:
    """Raw scores of other rows by so many trees that learned from `seen`."""
    columns = varying(seen.features)
    with threadpool_limits(limits=1, user_api="openmp"):
        model = _classifier(kind, columns, len(seen.left), trees, SEED)
        model.fit(seen.features[:, columns], seen.left, sample_weight=freshness(kind, seen.cutoffs))
        return np.asarray(model.decision_function(unseen[:, columns]))


def _members(kind: RiskKind, data: Dataset, progress: Progress) -> Iterator[_Member]:
    """A model for each fold. One customer's rows are alike: never split them."""
    weights = freshness(kind, data.cutoffs)
    for fold, (seen, unseen) in enumerate(by_customer(data)):
        columns = varying(data.features[seen])
        model = _classifier(kind, columns, len(seen), TREES[-1], SEED + fold)
        model.fit(data.features[np.ix_(seen, columns)], data.left[seen], sample_weight=weights[seen])
        progress(f"fit {kind}", fold + 1, FOLDS)
        yield _Member(model, columns, unseen)


def _staged(member: _Member, features: Array) -> Array:
    """Raw scores of the rows not seen, a column for each number of trees."""
    rows = features[np.ix_(member.unseen, member.columns)]
    stages = enumerate(member.model.staged_decision_function(rows), start=1)
    return np.column_stack([score.ravel().copy() for stage, score in stages if stage in TREES])


def _tables(member: _Member, features: Array, trees: int, platt: Platt) -> StepTables:
    names = [NAMES[column] for column in member.columns]
    return step_tables(member.model, names, features[:, member.columns], platt, trees)


def freshness(kind: RiskKind, cutoffs: Sequence[datetime]) -> Array:
    """What each row weighs: half at `HALF_LIFE_DAYS` before the newest; customers and shops change."""
    newest = max(cutoffs)
    ages = np.array([(newest - cutoff).total_seconds() for cutoff in cutoffs]) / DAY
    return np.asarray(0.5 ** (ages / HALF_LIFE_DAYS[kind]))


def varying(features: Array) -> Array:
    """Columns with something to split; scikit-learn can't bin one that is never known."""
    return np.array([column for column, values in enumerate(features.T) if _varies(values)], dtype=np.int64)


def _varies(values: Array) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and bool(known.min() < known.max())


def _classifier(
    kind: RiskKind, columns: Array, rows: int, trees: int, seed: int
) -> HistGradientBoostingClassifier:
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
        random_state=seed,
    )


def calibrated(raw: Array, left: Array, sample: Array | None = None) -> Platt:
    """Platt's two numbers by Newton's method; convex, so a few steps do. `sample` is what each row weighs."""
    counts = np.ones(len(raw)) if sample is None else sample
    design = np.column_stack([raw, np.ones(len(raw))])
    weights = np.array([1.0, 0.0])
    for _ in range(25):
        chance = expit(design @ weights)
        curvature = (design * (counts * chance * (1 - chance))[:, None]).T @ design + 1e-6 * np.eye(2)
        weights = weights + np.linalg.solve(curvature, design.T @ (counts * (left - chance)))
    return Platt(float(weights[0]), float(weights[1]))
