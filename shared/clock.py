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
    """Business time that started at `origin` when real time was `started`, and runs `speed` times as fast.

    Every process that is given the same three values shows the same time.
    """

    origin: datetime
    started: datetime
    speed: float

    def __call__(self) -> datetime:
        return self.origin + (system_clock() - self.started) * self.speed

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds to wait until business time reaches `moment`; negative when past."""
        return (moment - self()) / timedelta(seconds=1) / self.speed


def monotonic() -> float:
    """Real seconds for measuring durations; never goes back."""
    return time.monotonic()
