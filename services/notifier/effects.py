"""Effects: what scenarios came to beside those who were left alone, and whom contact makes leave."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.notifier.effect.report import Report, report
from services.notifier.effect.segments import key_of
from services.notifier.effect.unit import By, Choice, Entries, Part, Unit
from services.notifier.store import audit, do_not_wake
from services.notifier.store import effects as store
from services.notifier.store.audit import Entry
from services.notifier.store.effects import Known, Question
from services.notifier.team import start_of
from shared.clock import Now
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

Span = Literal["all", "version", "90", "180", "365", "own"]
DAYS = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Prices:
    """What messages cost by way, and a call, in the currency's smallest unit; `margin` is 0 to 1."""

    messages: Mapping[str, float]
    call: float
    margin: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Enrolments of `scenario` in a span of business days, watched for `days` each."""

    scenario: str
    span: Span = "all"
    first: date | None = None
    last: date | None = None
    days: int = 60
    part: Part = "everyone"
    entries: Entries = "first"


@dataclass(frozen=True, slots=True)
class Told:
    """The report; `first` and `last` are the first and last days of enrolment that were asked about."""

    scenario: Known
    asked: Asked
    first: date
    last: date
    currency: str
    margin: float
    report: Report


@dataclass(frozen=True, slots=True)
class Effects:
    """`now` is real time, for traces; all else is business time."""

    engine: AsyncEngine
    business_now: Now
    now: Now
    zone: ZoneInfo
    prices: Prices

    async def known(self) -> list[Known]:
        async with transaction(self.engine) as connection:
            return await store.known(connection)

    async def tell(self, asked: Asked) -> Told | None:
        """None where nobody was ever enrolled."""
        async with transaction(self.engine) as connection:
            found = await self._look(connection, asked)
        return found[0] if found else None

    async def export(self, asked: Asked, entry: Entry) -> Told | None:
        """The report, to be carried away: that is written down."""
        async with transaction(self.engine) as connection:
            found = await self._look(connection, asked)
            if found is None:
                return None
            await audit.append(connection, entry, self.now())
            return found[0]

    async def spare(self, asked: Asked, by: By, key: str | None, entry: Entry) -> int | None:
        """Everyone of a segment that contact makes leave is put on the do-not-wake list; how many are new.

        None where the segment is not one that is harmed, by what is known now.
        """
        async with transaction(self.engine) as connection:
            found = await self._look(connection, asked)
            if found is None or not _is_harmed(found[0].report, by, key):
                return None
            told, units = found
            refs = [one.ref for one in units if key_of(one, by, told.report.thirds) == key]
            added = await do_not_wake.add(connection, refs, "holdout_showed", self.business_now(), entry.who)
            await audit.append(connection, entry, self.now())
            return added

    async def _look(self, connection: AsyncConnection, asked: Asked) -> tuple[Told, list[Unit]] | None:
        """With the units that the report is of, those that are still observed among them."""
        scenarios = {one.key: one for one in await store.known(connection)}
        scenario = scenarios.get(asked.scenario)
        if scenario is None:
            return None
        question = self._question(asked, scenario)
        units, currency = await store.units(connection, question)
        choice = Choice(asked.part, asked.entries, self.prices.margin)
        made = await asyncio.to_thread(report, units, choice)
        first, last = (at.astimezone(self.zone).date() for at in (question.since, question.until))
        told = Told(scenario, asked, first, last - timedelta(days=1), currency or "JPY", choice.margin, made)
        return told, [one for one in units if choice.takes(one) and not one.erased]

    def _question(self, asked: Asked, scenario: Known) -> Question:
        since, until = self._bounds(asked, scenario)
        return Question(
            scenario=asked.scenario,
            since=since,
            until=until,
            window=timedelta(days=asked.days),
            now=self.business_now(),
            prices=self.prices.messages,
            call=self.prices.call,
            version=scenario.version if asked.span == "version" else None,
        )

    def _bounds(self, asked: Asked, scenario: Known) -> tuple[datetime, datetime]:
        today = self.business_now().astimezone(self.zone).date()
        beginning = scenario.first.astimezone(self.zone).date()
        match asked.span:
            case "own" if asked.first is not None and asked.last is not None:
                first, last = asked.first, asked.last
            case "90" | "180" | "365":
                first, last = today - timedelta(days=int(asked.span) - 1), today
            case _:
                first, last = beginning, max(today, beginning)
        return start_of(first, self.zone), start_of(last + timedelta(days=1), self.zone)


def _is_harmed(found: Report, by: By, key: str | None) -> bool:
    return any(one.harmful for one in found.segments if (one.by, one.key) == (by, key))
