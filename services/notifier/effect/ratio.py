"""Ratio: what a yen spent brought in, with Fieller's interval."""

import math
from dataclasses import dataclass

from services.notifier.effect.arms import Arms, Floats
from services.notifier.effect.quantiles import z_of


@dataclass(frozen=True, slots=True)
class Ratio:
    """More gained for each unit more spent; None where nothing more was spent, limits where none exist."""

    value: float | None
    low: float | None = None
    high: float | None = None


def ratio(arms: Arms, gained: Floats, spent: Floats) -> Ratio:
    """Both as differences of means between the arms.

    Fieller (1954), J. R. Stat. Soc. B 16: the ratios that the two differences, which go together, do not
    contradict. Where what was spent may as well be nothing there are no limits.
    """
    if not arms.size(True) or not arms.size(False):
        return Ratio(None)
    gain = arms.share(gained, True) - arms.share(gained, False)
    cost = arms.share(spent, True) - arms.share(spent, False)
    if cost <= 0:
        return Ratio(None)
    of_gain = arms.influence(gained, True) - arms.influence(gained, False)
    of_cost = arms.influence(spent, True) - arms.influence(spent, False)
    limits = _fieller(gain, cost, of_gain, of_cost)
    return Ratio(gain / cost, *limits) if limits else Ratio(gain / cost)


def _fieller(gain: float, cost: float, of_gain: Floats, of_cost: Floats) -> tuple[float, float] | None:
    z2 = z_of() ** 2
    a = cost * cost - z2 * float((of_cost**2).sum())
    b = gain * cost - z2 * float((of_gain * of_cost).sum())
    c = gain * gain - z2 * float((of_gain**2).sum())
    inside = b * b - a * c
    if a <= 0 or inside < 0:
        return None
    root = math.sqrt(inside)
    return (b - root) / a, (b + root) / a
