"""The calendar: when a step is due by the shop's clock on the wall, and which days are working days."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from services.notifier.scenarios.scenario import Delay

_SATURDAY = 5


def is_working(day: date) -> bool:
    """Neither a weekend nor one of Japan's public holidays."""
    return day.weekday() < _SATURDAY and day not in holidays.country_holidays("JP", years=day.year)


def next_working(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same time on the first working day from `moment` on."""
    local = moment.astimezone(zone)
    day = local.date()
    while not is_working(day):
        day += timedelta(days=1)
    return moment if day == local.date() else _at(day, local.time(), zone)


def due_at(
    delay: Delay, enrolled_at: datetime, due: datetime | None, cutoff: datetime | None, zone: ZoneInfo
) -> datetime | None:
    """When a step is due; None if it is before a shipment or a cut-off that is not known."""
    after = timedelta(days=delay.days, hours=delay.hours)
    if delay.before is None:
        moment = enrolled_at + after
        return _fitted(moment, moment, delay, zone)
    over = due if delay.before == "due" else cutoff
    return None if over is None else _fitted(over - after, enrolled_at, delay, zone)


def _fitted(moment: datetime, not_before: datetime, delay: Delay, zone: ZoneInfo) -> datetime:
    """At the time of the day that the step names, and on a working day if it wants one."""
    fitted = moment
    if delay.at is not None:
        day = moment.astimezone(zone).date()
        fitted = _at(day, delay.at, zone)
        if fitted < not_before and delay.before is None:
            fitted = _at(day + timedelta(days=1), delay.at, zone)
    return next_working(fitted, zone) if delay.working_day else fitted


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
