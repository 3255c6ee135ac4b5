"""Logistic regression that starts from what was believed before, and moves as far as the rows can tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Belief:
    """A weight before any row was seen: its value, how sure that is (1 ÷ variance), and its bounds."""

    value: float = 0.0
    precision: float = 1.0
    low: float | None = None
    high: float | None = None


def logistic(design: Array, left: Array, weight: float, beliefs: Sequence[Belief]) -> Array:
    """The likeliest weights, one for each column of `design` (maximum a posteriori, Gaussian beliefs).

    `weight`: what a row counts; rows whose horizons overlap tell of the same event, and count less than one.
    """
    start = np.array([belief.value for belief in beliefs])
    precision = np.array([belief.precision for belief in beliefs])
    sign = np.where(left == 1, -1.0, 1.0)

    def loss(weights: Array) -> tuple[float, Array]:
        margin = sign * (design @ weights)
        pull = weights - start
        chance = np.exp(margin - np.logaddexp(0, margin))
        gradient = weight * (design.T @ (sign * chance)) + precision * pull
        return weight * float(np.logaddexp(0, margin).sum()) + float(precision @ pull**2) / 2, gradient

    bounds = [(belief.low, belief.high) for belief in beliefs]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x)
