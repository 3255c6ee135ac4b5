"""Time inside the folds: moments are epoch seconds, lengths are days, what is not known is nan."""

from datetime import UTC, datetime
from math import nan

DAY = 86_400.0


def seconds(moment: datetime) -> float:
    """Epoch seconds; a double keeps microseconds apart until the year 2242."""
    return moment.timestamp()


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def days_since(at: float | None, now: float) -> float:
    return nan if at is None else (now - at) / DAY


def ratio(part: float, whole: float) -> float:
    """nan where there is nothing to compare with."""
    return part / whole if whole > 0 else nan
