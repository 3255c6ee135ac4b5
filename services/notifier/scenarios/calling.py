"""Calling hours (架電時間): when customers are called, by the shop's clock on the wall and its calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class CallingHours:
    """From `start` up to `end` of a day, not on Sundays and Japan's public holidays unless `on_holidays`."""

    zone: ZoneInfo
    start: time = time(9)
    end: time = time(20)
    on_holidays: bool = False

    def covers(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        return self._calls_on(local.date()) and self.start <= local.time() < self.end

    def next_open(self, moment: datetime) -> datetime:
        """The first moment from `moment` on at which customers are called."""
        if self.covers(moment):
            return moment
        local = moment.astimezone(self.zone)
        day = local.date() if local.time() < self.start else local.date() + timedelta(days=1)
        while not self._calls_on(day):
            day += timedelta(days=1)
        return datetime.combine(day, self.start, self.zone).astimezone(UTC)

    def closes(self, moment: datetime) -> datetime:
        """When that day's calls end, of a moment that is covered."""
        return datetime.combine(moment.astimezone(self.zone).date(), self.end, self.zone).astimezone(UTC)

    def _calls_on(self, day: date) -> bool:
        if self.on_holidays:
            return True
        return day.weekday() != _SUNDAY and day not in holidays.country_holidays("JP", years=day.year)


@dataclass(frozen=True, slots=True)
class Calls:
    """How often a customer who does not answer is called, and how long after; all in real time."""

    hours: CallingHours
    attempts: int = 3
    pause: timedelta = timedelta(hours=3)

    def again(self, now: datetime) -> datetime:
        """When to call again after nobody has answered."""
        return self.hours.next_open(now + self.pause)
