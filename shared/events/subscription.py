"""Subscriptions (定期): start, change, skip, pause, the wish to leave, and the end."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec


class Cycle(msgspec.Struct, frozen=True):
    """Every `count` `unit`s a parcel is due."""

    unit: Literal["day", "week", "month", "year"]
    count: Annotated[int, msgspec.Meta(ge=1, le=3650)]

    def days(self) -> float:
        """Length in days; a month counts 30.44 days, a year 365.25."""
        return self.count * {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}[self.unit]


class SubscriptionStarted(msgspec.Struct, frozen=True, omit_defaults=True):
    """`min_deliveries` is the promised minimum (回数縛り)."""

    subscription: str
    cycle: Cycle
    min_deliveries: int | None = None
    order: str | None = None


class SubscriptionChanged(msgspec.Struct, frozen=True, omit_defaults=True):
    subscription: str
    cycle: Cycle
    min_deliveries: int | None = None


class SubscriptionSkipped(msgspec.Struct, frozen=True, omit_defaults=True):
    """One delivery is left out (スキップ); `due` is when it would have been charged."""

    subscription: str
    cycle_index: int | None = None
    due: datetime | None = None


class SubscriptionUnskipped(msgspec.Struct, frozen=True, omit_defaults=True):
    """The skip of that delivery was taken back."""

    subscription: str
    cycle_index: int | None = None
    due: datetime | None = None


class SubscriptionPaused(msgspec.Struct, frozen=True, omit_defaults=True):
    """休止."""

    subscription: str


class SubscriptionResumed(msgspec.Struct, frozen=True, omit_defaults=True):
    """再開."""

    subscription: str


class SubscriptionCancelRequested(msgspec.Struct, frozen=True, omit_defaults=True):
    """The customer asked to leave (解約申込); the service goes on until it is cancelled."""

    subscription: str
    reason: str | None = None


class SubscriptionCancelled(msgspec.Struct, frozen=True, omit_defaults=True):
    """The service ended (解約)."""

    subscription: str
    reason: str | None = None


class SubscriptionExpired(msgspec.Struct, frozen=True, omit_defaults=True):
    """The agreed number of deliveries is over; nobody left."""

    subscription: str
