"""Retries: when a webhook that was not taken is sent again, and when its endpoint is given up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

MINUTE, HOUR = 60.0, 3600.0
# Real seconds after the first attempt, the second, and so on: the schedule that Standard Webhooks proposes.
SCHEDULE = (5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR)
# Share of a wait that is random, so that what failed together does not come together.
JITTER = 0.2
LONGEST_ASKED = 10 * HOUR
GIVEN_UP_AFTER = timedelta(days=5)
GONE = 410


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver's status; `retry_after` is its wish in seconds."""

    status: int
    retry_after: float | None = None

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer, for a reason of ours or the network's."""

    reason: Literal["forbidden_address", "unknown_host", "no_connection", "cut", "timeout"]


Outcome = Answered | Unanswered


def next_wait(tries: int, outcome: Outcome, random: Callable[[], float]) -> float | None:
    """Seconds until the attempt after `tries` failed ones (at least 1); None: it is the end.

    The receiver may ask for longer than the schedule, never for shorter, and not without limit.
    """
    if tries > len(SCHEDULE) or is_gone(outcome):
        return None
    planned = SCHEDULE[tries - 1]
    planned *= 1 + JITTER * random()
    asked = outcome.retry_after if isinstance(outcome, Answered) else None
    return planned if asked is None else max(planned, min(asked, LONGEST_ASKED))


def is_gone(outcome: Outcome) -> bool:
    """The receiver wants nothing any more."""
    return isinstance(outcome, Answered) and outcome.status == GONE


def is_given_up(failing_since: datetime, now: datetime) -> bool:
    return now - failing_since >= GIVEN_UP_AFTER
