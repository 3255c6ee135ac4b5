"""Rate: how much one shop may send, so that its flood is its own trouble and nobody else's."""

from collections.abc import Callable

import msgspec

from services.ingest.shops import Account, Sender
from shared.clock import monotonic

LINES_FOR_ONE = 100
"""So many lines of a bulk request weigh as much as one webhook."""


class Allowance(msgspec.Struct, frozen=True):
    """`rate` a second for long, `burst` at once."""

    rate: float
    burst: int


class Allowances:
    """Owns one bucket for each shop that ever proved a signature; strangers leave no trace here."""

    def __init__(self, usual: Allowance, seconds: Callable[[], float] = monotonic) -> None:
        self._usual = usual
        self._seconds = seconds
        # The tokens that were there at a moment; fewer than none while a debt is paid.
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, account: Account | Sender, cost: int = 1) -> float:
        """Take `cost` and give 0, or take nothing and give the seconds until that much is there.

        What costs more than the whole burst is let in when the bucket is full, and paid for afterwards.
        """
        rate, burst = account.rate or self._usual.rate, account.burst or self._usual.burst
        now = self._seconds()
        left, at = self._buckets.get(account.shop, (burst, now))
        tokens = min(burst, left + (now - at) * rate)
        missing = min(cost, burst) - tokens
        if missing > 0:
            return missing / rate
        self._buckets[account.shop] = (tokens - cost, now)
        return 0.0


def cost_of_lines(lines: int) -> int:
    """What a bulk request takes from the allowance."""
    return max(1, -(-lines // LINES_FOR_ONE))
