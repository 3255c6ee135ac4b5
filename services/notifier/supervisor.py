"""Supervisor: how the team stands, what its calls came to, and what the desk has the hands for."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.notifier.capacity import Effect, choices, effect, threshold_for
from services.notifier.rights import roles_that_may
from services.notifier.store import alerts, audit, capacity, floor
from services.notifier.store import team as store
from services.notifier.store.audit import Entry
from services.notifier.store.capacity import Capacity
from services.notifier.store.floor import Held, Moment, OnDuty, Queue, Requests, Waiting
from services.notifier.team import Period, Slice, Table, start_of, table
from shared.clock import Now
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.health import Health
from shared.process.run import pause

LOOK_BACK = timedelta(days=28)
_LEAST_DAYS = 1.0
_EVERY_SECONDS = 3600.0
_DESK = roles_that_may("desk")


@dataclass(frozen=True, slots=True)
class Floor:
    """Everything about this moment."""

    now: datetime
    sla_minutes: int
    queue: Queue
    waiting: list[Waiting]
    agents: list[OnDuty]
    held: list[Held]
    requests: Requests


@dataclass(frozen=True, slots=True)
class Plan:
    """The capacity as it is, the alerts a day in the `days` looked at, and what others would mean."""

    capacity: Capacity
    per_day: float
    days: float
    now: Effect
    unlimited: Effect
    choices: list[Effect]


@dataclass(frozen=True, slots=True)
class Supervisor:
    """`now` is real time, by which agents' days and alerts are counted; `business_now` is for cut-offs."""

    engine: AsyncEngine
    business_now: Now
    now: Now
    zone: ZoneInfo
    sla_minutes: int

    async def floor(self) -> Floor:
        now = self.now()
        business_now = self.business_now()
        business_day = start_of(business_now.astimezone(self.zone).date(), self.zone)
        since = start_of(self.today(), self.zone)
        moment = Moment(now, business_now, since, business_day, self.sla_minutes)
        async with transaction(self.engine) as connection:
            return Floor(
                now=now,
                sla_minutes=self.sla_minutes,
                queue=await floor.queue(connection, moment),
                waiting=await floor.waiting(connection),
                agents=await floor.on_duty(connection, moment, _DESK),
                held=await floor.held(connection),
                requests=await floor.requests(connection, moment),
            )

    async def figures(self, period: Period, by: Slice) -> tuple[Table, dict[str, str]]:
        """With agents' names by login."""
        async with transaction(self.engine) as connection:
            return await self._figures(connection, period, by)

    async def export(self, period: Period, by: Slice, entry: Entry) -> tuple[Table, dict[str, str]]:
        """The figures, to be carried away: that is written down."""
        async with transaction(self.engine) as connection:
            made = await self._figures(connection, period, by)
            await audit.append(connection, entry, self.now())
            return made

    async def _figures(
        self, connection: AsyncConnection, period: Period, by: Slice
    ) -> tuple[Table, dict[str, str]]:
        since, until = period.bounds(self.zone)
        now = self.business_now()
        today = now.astimezone(self.zone).date()
        question = store.Question(since, until, by, period.unit, str(self.zone), now, today)
        made = table(await store.counted(connection, question), period, by)
        return made, await floor.names(connection)

    def today(self) -> date:
        """The shop's day."""
        return self.now().astimezone(self.zone).date()

    async def plan(self, wanted: int | None) -> Plan:
        """How the capacity stands, and what `wanted` and others would mean."""
        now = self.now()
        async with transaction(self.engine) as connection:
            current = await capacity.read(connection)
            loads = await capacity.loads(connection, now - LOOK_BACK)
            days = await _days(connection, now)
        asked = [one for one in (current.alerts_per_day, wanted) if one is not None]
        return Plan(
            capacity=current,
            per_day=len(loads) / days,
            days=days,
            now=effect(loads, days, current.alerts_per_day),
            unlimited=effect(loads, days, None),
            choices=[effect(loads, days, one) for one in choices(loads, days, asked)],
        )

    async def set_capacity(self, per_day: int | None, entry: Entry) -> None:
        """From now on so many alerts a day come through, None for all; the queue follows at once."""
        now = self.now()
        async with transaction(self.engine) as connection:
            await capacity.lock(connection)
            threshold = await _fitting(connection, per_day, now)
            await capacity.save(connection, per_day, threshold, entry.who, now)
            await alerts.park(connection, threshold, now)
            await audit.append(connection, entry, now)

    async def refit(self) -> None:
        """The same capacity against what comes in now."""
        now = self.now()
        async with transaction(self.engine) as connection:
            threshold = await _fitting(connection, await capacity.lock(connection), now)
            await capacity.fit(connection, threshold)
            await alerts.park(connection, threshold, now)


class Refitting:
    """Lets the threshold follow the load, hour by hour."""

    def __init__(self, supervisor: Supervisor, health: Health, every: float = _EVERY_SECONDS) -> None:
        self._supervisor = supervisor
        self._health = health
        self._every = every
        health.watch("capacity", 3 * every)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._health.beat("capacity")
            await until_done(self._supervisor.refit)
            await pause(stop, self._every)


async def _fitting(connection: AsyncConnection, per_day: int | None, now: datetime) -> float:
    if per_day is None:
        return 0.0
    return threshold_for(
        await capacity.loads(connection, now - LOOK_BACK), await _days(connection, now), per_day
    )


async def _days(connection: AsyncConnection, now: datetime) -> float:
    """How much of the last four weeks there were alerts in: a new shop has no past."""
    first = await capacity.first_raised(connection, now - LOOK_BACK)
    return max(_LEAST_DAYS, (now - first) / timedelta(days=1)) if first else _LEAST_DAYS
