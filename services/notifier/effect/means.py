"""Means: how much more one arm has than the other, where a few have most of it and one arm is small."""

import math

from services.notifier.effect.arms import Arms, Floats
from services.notifier.effect.difference import NOTHING, Difference
from services.notifier.effect.quantiles import LEVEL, p_of, t_of, z_of

_LEAST = 5


def means(arms: Arms, values: Floats, level: float = LEVEL) -> Difference:
    """Of any outcome, orders or money. Below five customers in an arm only the difference itself is told.

    Welch's interval, freed of the skewness of what people spend by Hall's monotone transformation (Hall
    1992, J. R. Stat. Soc. B 54; for two samples Zhou & Dinh 2005, Biostatistics 6). It is second-order
    correct as the bootstrap-t is, and comes out the same each time. Rows of one customer are one drawing.
    """
    if not arms.size(True) or not arms.size(False):
        return NOTHING
    value = arms.share(values, True) - arms.share(values, False)
    if min(arms.clusters(True), arms.clusters(False)) < _LEAST:
        return Difference(value)
    error, freedom, skewness = _spread(arms, values)
    if error <= 0:
        return Difference(value, value, value, 0.0, 1.0)
    wide = t_of(freedom, level)
    low = value - error * _back(wide, skewness)
    high = value - error * _back(-wide, skewness)
    p = p_of(_straight(value / error, skewness) * z_of(level) / wide)
    return Difference(value, low, high, error, p)


def _spread(arms: Arms, values: Floats) -> tuple[float, float, float]:
    """Standard error, Welch's degrees of freedom, and skewness of the difference."""
    one, other = arms.influence(values, True), arms.influence(values, False)
    parts = []
    for found, first in ((one, True), (other, False)):
        many = arms.clusters(first)
        parts.append((float((found**2).sum()) * many / (many - 1), many - 1))
    # Who is in both arms, after the share left alone was changed, makes them depend on each other.
    variance = sum(part for part, _ in parts) - 2 * float((one * other).sum())
    if variance <= 0:
        return 0.0, 1.0, 0.0
    freedom = sum(part for part, _ in parts) ** 2 / sum(part * part / many for part, many in parts)
    return math.sqrt(variance), freedom, float(((one - other) ** 3).sum()) / variance**1.5


def _straight(t: float, skewness: float) -> float:
    """Hall's transformation: makes the studentised difference nearly normal."""
    return t + skewness * t * t / 3 + skewness**2 * t**3 / 27 + skewness / 6


def _back(quantile: float, skewness: float) -> float:
    """The inverse of `_straight`."""
    if abs(skewness) < 1e-6:
        return quantile
    return 3 / skewness * (math.cbrt(1 + skewness * (quantile - skewness / 6)) - 1)
