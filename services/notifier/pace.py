"""Pace: how often each may ask: so many at once, and then so many a second."""

from dataclasses import dataclass, field

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """`at_once` may come together; what was taken comes back at `per_second`."""

    per_second: float
    at_once: float
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, whose: str, now: float) -> float:
        """Seconds to wait before one is free, and nothing is taken; 0: one was taken. `now` is in seconds."""
        left, since = self._left.get(whose, (self.at_once, now))
        left = min(self.at_once, left + (now - since) * self.per_second)
        if left < 1:
            return (1 - left) / self.per_second
        if len(self._left) >= _MOST_KNOWN:
            self._left.clear()
        self._left[whose] = (left - 1, now)
        return 0.0
