"""Decayed counters: what happened lately counts most; each occurrence is worth half after a half-life."""

import msgspec

from services.scoring.features.days import DAY


class Decayed(msgspec.Struct, frozen=True, array_like=True):
    """Σ 0.5 ** (days since each occurrence ÷ half-life), as it stood at `at` (epoch seconds)."""

    value: float = 0.0
    at: float = 0.0


NEVER = Decayed()


def bumped(counter: Decayed, at: float, half_life_days: float) -> Decayed:
    """One more occurrence, not before the last one."""
    return Decayed(worth(counter, at, half_life_days) + 1.0, at)


def worth(counter: Decayed, now: float, half_life_days: float) -> float:
    """What is left of the counter at `now`, not before the last occurrence."""
    return float(counter.value * 0.5 ** ((now - counter.at) / DAY / half_life_days))
