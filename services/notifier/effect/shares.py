"""Shares: how much greater one arm's share is than the other's, by score intervals."""

import math

from services.notifier.effect.arms import Arms, Floats
from services.notifier.effect.difference import NOTHING, Difference
from services.notifier.effect.quantiles import p_of, z_of


def shares(arms: Arms, values: Floats) -> Difference:
    """`values` are 0 or 1 for each row; each customer counts once, however many rows there are of him.

    The interval is Newcombe's hybrid of two Wilson intervals (Newcombe 1998, Statistics in Medicine 17,
    method 10), which holds for small arms and for shares near 0 and 1. Of rows of the same customers it
    takes the number of independent ones that have the same error (Kish's design effect).
    """
    if not arms.size(True) or not arms.size(False):
        return NOTHING
    one, other = arms.share(values, True), arms.share(values, False)
    n_one, n_other = effective(arms, values, True), effective(arms, values, False)
    low, high = newcombe((one, n_one), (other, n_other))
    error = math.sqrt(one * (1 - one) / n_one + other * (1 - other) / n_other)
    return Difference(one - other, low, high, error, _p((one, n_one), (other, n_other)))


def effective(arms: Arms, values: Floats, first: bool) -> float:
    """How many independent rows would tell as much as an arm's rows; never more than there are."""
    size, share = arms.size(first), arms.share(values, first)
    spread = float((arms.influence(values, first) ** 2).sum())
    if spread <= 0:
        return float(arms.clusters(first))
    return min(float(size), share * (1 - share) / spread)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % score interval of a share of `n` (Wilson 1927)."""
    z2 = z_of() ** 2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z_of() / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def newcombe(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The 95 % interval of the difference of two shares, each with its number."""
    low_one, high_one = wilson(*one)
    low_other, high_other = wilson(*other)
    difference = one[0] - other[0]
    down = math.hypot(one[0] - low_one, high_other - other[0])
    up = math.hypot(high_one - one[0], other[0] - low_other)
    return difference - down, difference + up


def _p(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Of the score test, whose error is that of the two arms together."""
    n = one[1] + other[1]
    pooled = (one[0] * one[1] + other[0] * other[1]) / n
    error = math.sqrt(pooled * (1 - pooled) * (1 / one[1] + 1 / other[1]))
    return p_of((one[0] - other[0]) / error) if error > 0 else 1.0
