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


class Bucket(msgspec.Struct, frozen=True):
    """The tokens that were there at a moment (monotonic seconds); fewer than none while a debt is paid."""

    tokens: float
    at: float

    def now(self, allowed: Allowance, at: float) -> "Bucket":
        return Bucket(min(allowed.burst, self.tokens + (at - self.at) * allowed.rate), at)


class Allowances:
    """Owns one bucket for each shop that ever proved a signature; strangers leave no trace here."""

    def __init__(self, usual: Allowance, seconds: Callable[[], float] = monotonic) -> None:
        self._usual = usual
        self._seconds = seconds
        self._buckets: dict[str, Bucket] = {}

    def wait(self, account: Account | Sender, cost: int = 1) -> float:
        """Take `cost` and give 0, or take nothing and give the seconds until that much is there.

        What costs more than the whole burst is let in when the bucket is full, and paid for afterwards.
        """
        allowed = self._allowed(account)
        at = self._seconds()
        bucket = self._buckets.get(account.shop, Bucket(allowed.burst, at)).now(allowed, at)
        missing = min(cost, allowed.burst) - bucket.tokens
        if missing > 0:
            return missing / allowed.rate
        self._buckets[account.shop] = Bucket(bucket.tokens - cost, at)
        return 0.0

    def _allowed(self, account: Account | Sender) -> Allowance:
        return Allowance(account.rate or self._usual.rate, account.burst or self._usual.burst)


def cost_of_lines(lines: int) -> int:
    """What a bulk request takes from the allowance."""
    return max(1, -(-lines // LINES_FOR_ONE))
