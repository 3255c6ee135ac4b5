"""Clocks: business time is a parameter, so that months can pass in minutes and tests never wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Now = Callable[[], datetime]
"""A clock is anything that tells the time, timezone-aware UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FastClock:
    """Business time that began at `origin` when real time was `started`, and runs `speed` times as fast.

    At first it sprints: `sprint` of business time passes at `sprint_speed`, so that a simulated shop has a
    past before anybody looks. Every process that is given the same values shows the same time.
    """

    origin: datetime
    started: datetime
    speed: float
    sprint: timedelta = timedelta(0)
    sprint_speed: float = 1.0

    def __call__(self) -> datetime:
        passed = system_clock() - self.started
        sprinted = self.sprint / self.sprint_speed
        if passed < sprinted:
            return self.origin + passed * self.sprint_speed
        return self.origin + self.sprint + (passed - sprinted) * self.speed


monotonic: Callable[[], float] = time.monotonic
"""Real seconds for measuring durations; never goes back."""
