"""Frequency cap (配信上限): how many messages a customer may get, over all channels together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `count` messages in any stretch of `within`."""

    count: int
    within: timedelta


CAPS = (Cap(1, timedelta(days=3)), Cap(4, timedelta(days=30)))


def longest(caps: Sequence[Cap]) -> timedelta:
    """How far back the sends must be known."""
    return max((cap.within for cap in caps), default=timedelta())


def free_at(caps: Sequence[Cap], sends: Sequence[datetime], now: datetime) -> datetime:
    """The first moment from `now` on at which one more message keeps every cap."""
    newest_first = sorted(sends, reverse=True)
    return max([now, *(_free(cap, newest_first) for cap in caps if len(newest_first) >= cap.count)])


def _free(cap: Cap, newest_first: Sequence[datetime]) -> datetime:
    return newest_first[cap.count - 1] + cap.within
