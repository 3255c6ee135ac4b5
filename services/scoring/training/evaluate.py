"""Evaluate: how well probabilities rank, how true they are, and how near to the truth where it is known."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import log_loss, roc_auc_score

Array = npt.NDArray[Any]

BINS = 10


def metrics(left: Array, probability: Array) -> dict[str, float]:
    """ece: mean |share that left − probability| over ten bins of equal size; lift10: how many times the
    average share left among the tenth with the highest probability.
    """
    return {
        "auc": float(roc_auc_score(left, probability)),
        "log_loss": float(log_loss(left, probability)),
        "brier": float(np.mean((probability - left) ** 2)),
        "ece": calibration_error(left, probability),
        "lift10": _lift(left, probability, 0.1),
        "base_rate": float(np.mean(left)),
    }


def against_truth(left: Array, probability: Array, truth: Array) -> dict[str, float]:
    """auc_of_truth is what knowing the true probability would reach: nothing can rank better.

    The errors compare the probability with the true one, row by row and as a calibration over ten bins.
    """
    return {
        "auc": float(roc_auc_score(left, probability)),
        "auc_of_truth": float(roc_auc_score(left, truth)),
        "mean_absolute_error": float(np.mean(np.abs(probability - truth))),
        "calibration_error": calibration_error(truth, probability),
        "correlation": float(np.corrcoef(probability, truth)[0, 1]),
    }


def calibration_error(actual: Array, probability: Array) -> float:
    order = np.argsort(probability, kind="stable")
    gaps = [
        abs(float(np.mean(actual[rows]) - np.mean(probability[rows]))) * len(rows)
        for rows in np.array_split(order, BINS)
        if len(rows)
    ]
    return sum(gaps) / len(probability)


def _lift(left: Array, probability: Array, share: float) -> float:
    top = np.argsort(-probability, kind="stable")[: max(1, int(len(left) * share))]
    return float(np.mean(left[top]) / np.mean(left))
