"""Team: what the desk's calls came to in a period, as rates with their number and their interval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from math import sqrt
from typing import Literal
from zoneinfo import ZoneInfo

from services.notifier.alert import Disposition

Slice = Literal["day", "reason", "call_reason", "kind", "product", "delivery", "agent", "band"]
Span = Literal["today", "7", "28", "90"]
Unit = Literal["day", "week"]
Count = int | float | str | None

# Whoever's call ended so was not spoken with.
UNREACHED: tuple[Disposition, ...] = ("no_answer", "wrong_number")
# Delivery numbers from this on are one.
MOST_DELIVERIES = 12
FEW = 20
LONGEST = timedelta(days=366)
_MOST_DAILY = 31
# Two-sided 95 %.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the shop's zone, both ends among them."""

    first: date
    last: date

    @property
    def unit(self) -> Unit:
        """How finely it is drawn."""
        return "day" if (self.last - self.first).days < _MOST_DAILY else "week"

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Midnight of the first day, and that after the last."""
        return start_of(self.first, zone), start_of(self.last + timedelta(days=1), zone)

    def buckets(self) -> list[date]:
        """Each day, or the Monday of each week."""
        step = timedelta(days=1 if self.unit == "day" else 7)
        at = self.first if self.unit == "day" else self.first - timedelta(days=self.first.weekday())
        found = []
        while at <= self.last:
            found.append(at)
            at += step
        return found


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `of`; `low` and `high` are the 95 % interval, `few` warns of a small number."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None
    few: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted; each field is defined in docs/team.md. `cost` is in the currency's smallest unit."""

    calls: int = 0
    reached: int = 0
    kept: int = 0
    ripe: int = 0
    durable: int = 0
    observing: int = 0
    offers: int = 0
    accepted: int = 0
    cost: int = 0
    currency: str | None = None
    alerts: int = 0
    due: int = 0
    in_time: int = 0
    minutes: float | None = None
    requests: int = 0
    ended: int = 0
    taken_back: int = 0
    dated: int = 0
    same_day: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One statement's counts of one group: of a slice's value or of all (`whole`), in a bucket or in all."""

    whole: bool
    key: str | None
    bucket: date | None
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class Point:
    """One day or week of a small chart."""

    at: date
    reached: int
    kept: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts, and the rates made of them."""

    counts: Counts
    reach: Rate
    kept: Rate
    durable: Rate
    saved: Rate
    in_time: Rate
    accepted: Rate
    same_day: Rate
    trend: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one value of the slice; None where it is not known."""

    key: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Table:
    """The team's figures of a period, together and by slice."""

    period: Period
    by: Slice
    unit: Unit
    total: Figures
    rows: Sequence[Row] = field(default_factory=list)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def period_of(span: Span | None, first: date | None, last: date | None, today: date) -> Period:
    """The days that a choice means, today the last of them, or the two that were given.

    :raises ValueError: if the days stand in the wrong order, are too many, or one is missing.
    """
    if span is not None:
        days = 1 if span == "today" else int(span)
        return Period(today - timedelta(days=days - 1), today)
    if first is None or last is None or not _within_reason(first, last):
        raise ValueError("not a period")
    return Period(first, last)


def _within_reason(first: date, last: date) -> bool:
    return date(2000, 1, 1) <= first <= last <= date(2100, 12, 31) and last - first <= LONGEST


def rate(hits: int, of: int) -> Rate:
    """With Wilson's interval, which holds near 0 and 1 and for small numbers too."""
    if of <= 0:
        return Rate(hits, 0, None, None, None, True)
    low, high = wilson(hits, of)
    return Rate(hits, of, hits / of, low, high, of < FEW)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share; `of` is at least 1."""
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def table(parts: Iterable[Part], period: Period, by: Slice) -> Table:
    """Put together what the statements counted apart."""
    groups = _merged(parts)
    keys = {key for whole, key, bucket in groups if not whole and bucket is None}
    rows = [Row(key, _figures(groups, (False, key), period)) for key in keys]
    total = _figures(groups, (True, None), period)
    return Table(period, by, period.unit, total, sorted(rows, key=lambda row: _order(row, by)))


_Group = tuple[bool, str | None, date | None]


def _merged(parts: Iterable[Part]) -> dict[_Group, Counts]:
    values: dict[_Group, dict[str, Count]] = {}
    for part in parts:
        values.setdefault((part.whole, part.key, part.bucket), {}).update(part.counts)
    known = {each.name for each in fields(Counts)}
    return {
        group: Counts(**{name: value for name, value in found.items() if name in known})  # type: ignore[arg-type]
        for group, found in values.items()
    }


def _figures(groups: Mapping[_Group, Counts], of: tuple[bool, str | None], period: Period) -> Figures:
    counts = groups.get((*of, None), Counts())
    return Figures(
        counts,
        reach=rate(counts.reached, counts.calls),
        kept=rate(counts.kept, counts.reached),
        durable=rate(counts.durable, counts.ripe),
        saved=rate(counts.taken_back, counts.ended),
        in_time=rate(counts.in_time, counts.due),
        accepted=rate(counts.accepted, counts.offers),
        same_day=rate(counts.same_day, counts.dated),
        trend=[_point(groups.get((*of, at), Counts()), at) for at in period.buckets()],
    )


def _point(counts: Counts, at: date) -> Point:
    return Point(at, counts.reached, counts.kept)


def _order(row: Row, by: Slice) -> tuple[bool, float, str]:
    """Days and delivery numbers in their order, all else by how much was called; the unknown last."""
    if row.key is None:
        return True, 0, ""
    match by:
        case "day":
            return False, 0, row.key
        case "delivery":
            return False, float(row.key), ""
        case _:
            counts = row.figures.counts
            return False, -(counts.calls + counts.alerts + counts.requests), row.key
