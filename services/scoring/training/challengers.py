"""Challengers: what other models say of the same rows, so that one sees what taking this one costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from services.scoring.training.bootstrap import Interval, mean_interval
from services.scoring.training.dataset import Dataset, Progress
from services.scoring.training.evaluate import metrics
from services.scoring.training.fit import calibrated, varying
from services.scoring.training.split import SEED, by_customer
from shared.events.risk import RiskKind

Array = npt.NDArray[Any]

SURE = 1e-9
"""No probability is nearer to 0 or 1 than this when its logarithm is taken."""


@dataclass(frozen=True, slots=True)
class Challenger:
    """`better_by`: the log loss of the model taken less this one's, with its 95 % interval."""

    name: str
    probability: Array
    metrics: Mapping[str, float]
    better_by: float
    interval: Interval


def interactions(kind: RiskKind, data: Dataset, progress: Progress) -> Array:
    """Boosted trees that may combine features: no reason of theirs is exact. Out of fold, calibrated."""
    raw, folds = np.zeros(len(data.left)), by_customer(data)
    with threadpool_limits(limits=1, user_api="openmp"):
        for number, (seen, unseen) in enumerate(folds):
            columns = varying(data.features[seen])
            model = _trees().fit(data.features[np.ix_(seen, columns)], data.left[seen])
            raw[unseen] = model.decision_function(data.features[np.ix_(unseen, columns)])
            progress(f"challenger of {kind}", number + 1, len(folds))
    platt = calibrated(raw, data.left)
    return np.asarray(expit(platt.slope * raw + platt.intercept))


def _trees() -> HistGradientBoostingClassifier:
    """The best single model on five public data sets."""
    return HistGradientBoostingClassifier(
        learning_rate=0.03,
        max_iter=300,
        max_leaf_nodes=8,
        min_samples_leaf=80,
        l2_regularization=5.0,
        max_features=0.3,
        early_stopping=False,
        random_state=SEED,
    )


def challenged(name: str, data: Dataset, taken: Array, probability: Array) -> Challenger:
    """Beside the model taken, whose probabilities of the same rows are `taken`."""
    gain = _losses(data.left, taken) - _losses(data.left, probability)
    interval = mean_interval(gain, data.customers)
    return Challenger(name, probability, metrics(data.left, probability), float(gain.mean()), interval)


def _losses(left: Array, probability: Array) -> Array:
    chance = np.where(left == 1, probability, 1 - probability)
    return np.asarray(-np.log(chance.clip(min=SURE)))
