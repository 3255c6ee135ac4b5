"""Bootstrap: how sure a figure is, by drawing customers again, never rows: one customer's rows are alike."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Interval = tuple[float, float]

DRAWS = 100
SEED = 20_262
SHARES = (0.025, 0.975)
"""The ends of a 95 % interval."""


def auc_interval(left: Array, probability: Array, customers: Array) -> Interval:
    """Of the area under the ROC curve; sorted once, then each draw is a weighted sum over the ranks."""
    order = np.argsort(probability, kind="stable")
    ranked = probability[order]
    ties = np.flatnonzero(np.r_[True, ranked[1:] > ranked[:-1]])
    gone, whose = left[order] == 1, np.unique(customers, return_inverse=True)[1][order]
    found = [_auc(weights[whose], gone, ties) for weights in _draws(int(whose.max()) + 1)]
    return _interval(np.array([auc for auc in found if auc == auc]))


def _auc(weights: Array, gone: Array, ties: Array) -> float:
    """nan where a draw has only leavers, or none."""
    positive = np.add.reduceat(weights * gone, ties)
    negative = np.add.reduceat(weights * ~gone, ties)
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else float("nan")


def mean_interval(values: Array, customers: Array) -> Interval:
    """Of the mean of `values` over rows: a paired difference where they are differences of two models."""
    whose = np.unique(customers, return_inverse=True)[1]
    sums, rows = np.bincount(whose, values), np.bincount(whose)
    return _interval(np.array([weights @ sums / (weights @ rows) for weights in _draws(len(rows))]))


def _draws(customers: int) -> Iterator[Array]:
    """How often each customer is drawn."""
    random = np.random.default_rng(SEED)
    for _ in range(DRAWS):
        yield np.bincount(random.integers(customers, size=customers), minlength=customers).astype(float)


def _interval(values: Array) -> Interval:
    low, high = np.quantile(values, SHARES)
    return float(low), float(high)
