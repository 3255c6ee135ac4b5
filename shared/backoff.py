"""Backoff: how long to wait before trying again, as data."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential from `first` to `limit` seconds; `jitter` is the share of each wait that is random."""

    first: float
    limit: float
    factor: float = 2.0
    jitter: float = 0.2

    def delay(self, attempt: int, random: Callable[[], float]) -> float:
        """Seconds before attempt number `attempt` (1 = the first retry); `random` gives [0, 1)."""
        base = min(self.limit, self.first * self.factor ** max(0, attempt - 1))
        return base * (1 - self.jitter + self.jitter * random())
