"""Notice: silence and birthdays send no event, so now and then we look who has reached them."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.notifier import enrol
from services.notifier.enrol import LATEST, Door, Shop
from services.notifier.scenarios.occasion import birthdays_on, of_birthday, of_silence
from services.notifier.scenarios.trigger import OnBirthday, OnSilence
from services.notifier.store import noticed
from shared.kafka.attempt import until_done
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.health import Health
from shared.process.run import pause

_DAY = timedelta(days=1)
_FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class _Heard:
    """How far the last orders were looked at."""

    at: datetime
    event_id: str = _FIRST


@dataclass(frozen=True, slots=True)
class _Turned:
    """How far a day's birthdays were looked at; `person` is the last one, "" before the first."""

    day: date
    person: str = ""


class Notice:
    """Looks a bounded number at a time; any number may run side by side, for an occasion has one name.

    After a start it looks back as far as what was done counts.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        shop: Shop,
        health: Health | None = None,
        *,
        most: int = 200,
        look_every: float = 60.0,
    ) -> None:
        self._engine, self._shop, self._health = engine, shop, health
        self._most, self._look_every = most, look_every
        self._silences: dict[int, _Heard] = {}
        self._birthdays: dict[int, _Turned] = {}
        if health is not None:
            health.watch("notice", 5 * look_every)

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if self._health is not None:
                self._health.beat("notice")
            more = await until_done(self.turn)
            await pause(stop, 0.1 if more else self._look_every)

    async def turn(self) -> bool:
        """Look once for what each scenario that runs waits for; whether there is more."""
        now = self._shop.clock()
        async with transaction(self._engine) as connection:
            door = await self._shop.door(connection)
            silences = {one.trigger.days for one in door.scenarios if isinstance(one.trigger, OnSilence)}
            birthdays = {
                one.trigger.days_before for one in door.scenarios if isinstance(one.trigger, OnBirthday)
            }
            heard = {days: await self._silent(connection, door, days, now) for days in sorted(silences)}
            turned = {days: await self._born(connection, door, days, now) for days in sorted(birthdays)}
        # Only once it is committed: what failed is looked at again.
        self._silences, self._birthdays = heard, turned
        today = now.astimezone(self._shop.zone).date()
        return any(one.event_id != _FIRST for one in heard.values()) or any(
            one != _Turned(today + _DAY) for one in turned.values()
        )

    async def _silent(self, connection: AsyncConnection, door: Door, days: int, now: datetime) -> _Heard:
        reached = now - timedelta(days=days)
        since = self._silences.get(days) or _Heard(reached - LATEST)
        found = await noticed.last_orders(connection, since.at, since.event_id, reached, self._most)
        await enrol.enrol(
            connection, door, [of_silence(one.customer_ref, one.at, one.event_id, days) for one in found]
        )
        return _Heard(found[-1].at, found[-1].event_id) if len(found) == self._most else _Heard(reached)

    async def _born(self, connection: AsyncConnection, door: Door, days: int, now: datetime) -> _Turned:
        """The next day that is not done with; tomorrow, when all are."""
        today = now.astimezone(self._shop.zone).date()
        turn = self._birthdays.get(days) or _Turned(today - LATEST + _DAY)
        if turn.day > today:
            return turn
        birthday = turn.day + timedelta(days=days)
        found = await noticed.born(connection, birthdays_on(birthday), turn.person, self._most)
        zone = self._shop.zone
        occasions = [of_birthday(one.customer_ref, one.person, turn.day, days, zone) for one in found]
        await enrol.enrol(connection, door, occasions)
        if len(found) == self._most:
            return replace(turn, person=found[-1].person)
        return _Turned(turn.day + _DAY)
