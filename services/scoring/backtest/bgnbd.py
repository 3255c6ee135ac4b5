"""BG/NBD: buying at one's own pace until one drops out unseen (Fader, Hardie & Lee 2005).

A customer is (x, t_x, T): repeat occasions, days from the first to the last, days from the first to now.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

Array = npt.NDArray[Any]

PENALTY = 1e-4
"""On the squared logarithms, a customer: a log that begins in the middle pulls a to 0 and b to infinity."""

BOUND = 7.0
"""Of each logarithm: parameters stay within e^-7 and e^7, in units of the mean observed time."""


@dataclass(frozen=True, slots=True)
class BgNbd:
    """Gamma(r, alpha) rates of buying, alpha in days; Beta(a, b) chances to drop out after an order."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class Buyers:
    """Customers as (x, t_x, T), and how many of each there are."""

    repeats: Array
    last: Array
    age: Array
    weight: Array


def buyers(repeats: Array, last: Array, age: Array) -> Buyers:
    """Customers who look alike counted once: the likelihood is the same and far fewer rows do."""
    rows, weight = np.unique(np.column_stack([repeats, last, age]), axis=0, return_counts=True)
    return Buyers(rows[:, 0], rows[:, 1], rows[:, 2], weight.astype(float))


def fitted(seen: Buyers, penalty: float = PENALTY) -> BgNbd:
    """Maximum likelihood, kept from the border by bounds and a slight penalty."""
    scale = float(np.average(seen.age, weights=seen.weight)) or 1.0
    scaled = Buyers(seen.repeats, seen.last / scale, seen.age / scale, seen.weight)
    total = float(seen.weight.sum())

    def loss(logs: Array) -> float:
        return -log_likelihood(BgNbd(*np.exp(logs)), scaled) / total + penalty * float(logs @ logs)

    start = np.log([0.5, 0.5, 0.8, 2.4])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-BOUND, BOUND)] * 4)
    r, alpha, a, b = np.exp(found.x)
    return BgNbd(float(r), float(alpha * scale), float(a), float(b))


def log_likelihood(model: BgNbd, seen: Buyers) -> float:
    """Σ over customers of the paper's eq. (6), in its numerically stable form."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    x = seen.repeats
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + seen.age)
    again = np.maximum(x, 1)
    gone = betaln(a + 1, b + again - 1) - betaln(a, b) - (r + x) * np.log(alpha + seen.last)
    each = common + np.where(x > 0, np.logaddexp(alive, gone), alive)
    return float(each @ seen.weight)


def alive(model: BgNbd, repeats: Array, last: Array, age: Array) -> Array:
    """P(not dropped out yet); 1 for who bought once only (so never rank by it)."""
    r, alpha, a, b = model.r, model.alpha, model.a, model.b
    odds = (a / (b + np.maximum(repeats, 1) - 1)) * ((alpha + age) / (alpha + last)) ** (r + repeats)
    return np.where(repeats > 0, 1 / (1 + odds), 1.0)


def no_order(model: BgNbd, repeats: Array, last: Array, age: Array, days: float) -> Array:
    """P(no order in the next `days`): gone already, or still there and silent so long."""
    there = alive(model, repeats, last, age)
    silent = ((model.alpha + age) / (model.alpha + age + days)) ** (model.r + repeats)
    return np.asarray(1 - there + there * silent)
