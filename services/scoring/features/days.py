"""Time inside the folds: moments are epoch seconds, lengths are days, what is not known is nan."""

from datetime import UTC, datetime, timedelta, timezone
from math import nan

DAY = 86_400.0

TOKYO = timezone(timedelta(hours=9), "Asia/Tokyo")
"""The shop's zone: its customers' midnight. Japan has no summer time."""

_MIDNIGHT = 9 * 3600.0


def seconds(moment: datetime) -> float:
    """Epoch seconds; a double keeps microseconds apart until the year 2242."""
    return moment.timestamp()


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def days_since(at: float | None, now: float) -> float:
    return nan if at is None else (now - at) / DAY


def calendar_day(at: float) -> int:
    """The number of the day in the shop's zone: two moments of one date have the same."""
    return int((at + _MIDNIGHT) // DAY)


def ratio(part: float, whole: float) -> float:
    """nan where there is nothing to compare with."""
    return part / whole if whole > 0 else nan
