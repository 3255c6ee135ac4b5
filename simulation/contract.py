"""PURE. A subscriber as the simulation knows one: what never changes, and the contract's state on a day."""

from enum import Enum
from typing import Literal

import msgspec

Media = Literal["search", "sns", "affiliate", "line", "magazine"]
Status = Literal["active", "paused", "cancelled", "failed", "expired"]

NEVER = -10_000
"""A day long before the shop opened."""

LEFT: frozenset[Status] = frozenset({"cancelled", "failed"})
ENDED: frozenset[Status] = frozenset({"cancelled", "failed", "expired"})


class Fact(Enum):
    """What can happen to a customer on one day; never two of them at once."""

    ORDERED = "ordered"
    CHARGED = "charged"
    CHARGED_SHIPS_LATE = "charged, ships late"
    CHARGE_FAILED = "charge failed"
    GAVE_UP_CHARGING = "gave up charging"
    SKIPPED = "skipped"
    UNSKIPPED = "unskipped"
    SLOWED_DOWN = "slowed down"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Profile(msgspec.Struct, frozen=True, gc=False):
    """What never changes about a customer; `frailty` shifts the log hazard and is hidden from the shop."""

    product: int
    quantity: int
    media: Media
    discount_led: bool
    min_deliveries: int = 0
    max_deliveries: int = 0
    frailty: float = 0.0


class Contract(msgspec.Struct, frozen=True, gc=False):
    """One 定期 contract at the start of a day; days count from the shop's first.

    `cycle_index` counts cycles charged or skipped, `skips` the ones in a row since the last parcel,
    `failures` the failed attempts at the open charge; `failed_before` remembers that a charge ever failed.
    """

    cycle_days: int
    charge_on: int
    status: Status = "active"
    deliveries: int = 1
    cycle_index: int = 1
    skips: int = 0
    skipped_on: int = NEVER
    failures: int = 0
    failed_before: bool = False
    resume_on: int = NEVER
    resumed_on: int = NEVER
    late_order_on: int = NEVER

    def bound(self, profile: Profile) -> bool:
        """Still inside the promised number of deliveries (回数縛り)."""
        return self.deliveries < profile.min_deliveries
