"""Bands: from a probability to low, medium, high or critical, without flickering at the edges."""

import msgspec

from shared.events.risk import Band

ORDER: tuple[Band, ...] = ("low", "medium", "high", "critical")
AT_RISK: frozenset[Band] = frozenset({"high", "critical"})
"""The bands whose stay is an episode."""


class Bands(msgspec.Struct, frozen=True):
    """Probabilities at which a band is entered; it is left below that less `margin` of it (0.1 = a tenth)."""

    medium: float
    high: float
    critical: float
    margin: float = 0.1


def band(bands: Bands, probability: float, previous: Band) -> Band:
    """Up at the threshold, down only once clearly below the threshold of the band one is in."""
    entered = _highest(bands, probability, 1.0)
    held = _highest(bands, probability, 1.0 - bands.margin)
    return max(entered, min(held, previous, key=ORDER.index), key=ORDER.index)


def _highest(bands: Bands, probability: float, share: float) -> Band:
    thresholds: tuple[tuple[Band, float], ...] = (
        ("critical", bands.critical),
        ("high", bands.high),
        ("medium", bands.medium),
    )
    return next((name for name, threshold in thresholds if probability >= threshold * share), "low")
