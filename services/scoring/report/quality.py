"""Quality: the curves and bins that show how well probabilities rank, and how true they are."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

Array = npt.NDArray[Any]

POINTS = 150
"""Of a curve: more can't be seen."""

BINS = 10
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Curve:
    x: Array
    y: Array


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like probability: what was predicted on average, the share that left, and its 95 % interval."""

    rows: int
    customers: int
    predicted: float
    actual: float
    low: float
    high: float


def roc(left: Array, probability: Array) -> Curve:
    """x: share of those who stayed that is called leaving; y: share of the leavers that is."""
    false, true, _ = roc_curve(left, probability)
    return _thinned(false, true)


def precision_recall(left: Array, probability: Array) -> Curve:
    """x: share of the leavers that is found; y: share of those called leaving who do leave."""
    precision, recall, _ = precision_recall_curve(left, probability)
    return _thinned(recall[::-1], precision[::-1])


def average_precision(left: Array, probability: Array) -> float:
    return float(average_precision_score(left, probability))


def gains(left: Array, probability: Array) -> Curve:
    """x: share of customers looked at, the likeliest to leave first; y: share of the leavers among them."""
    found = np.cumsum(left[np.argsort(-probability, kind="stable")])
    shares = np.arange(1, len(left) + 1) / len(left)
    return _thinned(np.append(0.0, shares), np.append(0.0, found / found[-1]))


def lifts(left: Array, probability: Array) -> list[float]:
    """How many times the average share left, in each tenth of the customers, the likeliest first."""
    order = np.argsort(-probability, kind="stable")
    return [float(np.mean(left[rows]) / np.mean(left)) for rows in np.array_split(order, BINS)]


def calibration(left: Array, probability: Array, customers: Array) -> tuple[Bin, ...]:
    """Ten bins of equal size.

    The interval (Wilson) counts customers, not rows: the weekly rows of one customer say nearly the same.
    """
    order = np.argsort(probability, kind="stable")
    bins = [rows for rows in np.array_split(order, BINS) if len(rows)]
    return tuple(_bin(left[rows], probability[rows], customers[rows]) for rows in bins)


def _bin(left: Array, probability: Array, customers: Array) -> Bin:
    people, actual = len(np.unique(customers)), float(np.mean(left))
    low, high = wilson(actual, people)
    return Bin(len(left), people, float(np.mean(probability)), actual, low, high)


def wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share among `count` (Wilson 1927, JASA 22: 209-212)."""
    square = NORMAL_95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = NORMAL_95 * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))


def _thinned(x: Array, y: Array) -> Curve:
    kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
    return Curve(x[kept], y[kept])
