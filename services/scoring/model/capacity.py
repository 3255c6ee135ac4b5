"""Capacity: thresholds at which no more episodes begin in a day than a desk can take up."""

from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.model.bands import Bands

Array = npt.NDArray[Any]

CRITICAL_SHARE = 1 / 3
"""Of the alerts of a day so many may be critical: what one looks at first must not be most of it."""

MEDIUM_TIMES, MEDIUM_LEAST = 2.0, 0.5
"""Medium begins where twice as many alerts would, those who may be next; not below half of high."""

AS_GOOD_AS_LOST = 0.9
"""Who is likelier to leave is critical, however many they are."""

CANDIDATES = 400


def begun(probabilities: Array, high: float, margin: float) -> Array:
    """Where episodes begin, for days × customers of probabilities (nan: not asked that day).

    The same as `bands.band` day by day: at risk from `high` on, until below it by more than `margin` of it.
    """
    began = np.zeros(probabilities.shape, dtype=bool)
    inside = np.zeros(probabilities.shape[1], dtype=bool)
    for day, chances in enumerate(probabilities):
        now = (chances >= high) | (inside & (chances >= high * (1 - margin)))
        began[day] = now & ~inside
        inside = now
    return began


def per_day(probabilities: Array, high: float, margin: float, counted: int) -> float:
    """Episodes that begin in a day, on average of the last `counted` days; those before set the scene."""
    return float(begun(probabilities, high, margin)[-counted:].sum()) / counted


def threshold(probabilities: Array, alerts_per_day: float, margin: float, counted: int) -> float:
    """The lowest threshold such that it and every higher one stay within `alerts_per_day`.

    Searched from the top: far down everybody is at risk all the time, and nothing ever begins. 1 if even the
    likeliest customers are too many.
    """
    best = 1.0
    for candidate in _candidates(probabilities[-counted:]):
        if per_day(probabilities, candidate, margin, counted) > alerts_per_day:
            break
        best = candidate
    return best


def _candidates(probabilities: Array) -> list[float]:
    """Probabilities that occur, falling; dense where few customers are."""
    known = np.sort(probabilities[~np.isnan(probabilities)])[::-1]
    if not len(known):
        return []
    ranks = np.unique(np.geomspace(1, len(known), CANDIDATES).astype(int))
    found: list[float] = known[ranks - 1].tolist()
    return found


def fitted(probabilities: Array, alerts_per_day: float, margin: float, counted: int) -> Bands:
    """Bands whose high and critical begin at most `alerts_per_day` episodes a day, on this replay."""

    def at(share: float) -> float:
        return threshold(probabilities, alerts_per_day * share, margin, counted)

    high = at(1.0)
    critical = max(high, min(at(CRITICAL_SHARE), AS_GOOD_AS_LOST))
    medium = max(MEDIUM_LEAST * high, min(high, at(MEDIUM_TIMES)))
    return Bands(medium=medium, high=high, critical=critical, margin=margin)
