"""Duplicates: a person judges whether two accounts are one customer; scoring follows the judgement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier.store import contacts, duplicates, persons, views
from services.notifier.store.alerts import cart_of
from services.notifier.store.duplicates import Judgement, Pair, Verdict, pair_id
from services.notifier.store.persons import Person
from services.notifier.store.views import View, Way
from services.notifier.web.agreement import Field, agreeing
from shared.clock import Now
from shared.events.customer import ContactChanged
from shared.events.envelope import Envelope
from shared.events.identity import DuplicateConfirmed, DuplicateDenied
from shared.events.ids import derived_id
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction

# Two judgements of one pair are told apart by their time.
_TICK = timedelta(microseconds=1)
_NOBODY = ContactChanged()


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such pair or person, or one of them is erased."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Somebody else judged in the meantime: look again."""

    pair: Pair


@dataclass(frozen=True, slots=True)
class Faces:
    """Both contacts in full, and in what they agree."""

    pair: Pair
    one: ContactChanged
    other: ContactChanged
    agreeing: list[Field]


@dataclass(frozen=True, slots=True)
class Listed:
    """What the page shows: pairs to be judged, pairs that were, and who has several accounts."""

    waiting: list[Pair]
    judged: list[Pair]
    persons: list[Person]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """What supervisors can do. `business_now` dates the facts, `now` (real time) the audit."""

    engine: AsyncEngine
    business_now: Now
    now: Now

    async def listed(self, most: int) -> Listed:
        async with transaction(self.engine) as connection:
            return Listed(
                await duplicates.waiting(connection, most),
                await duplicates.judged(connection, most),
                await persons.several(connection, most),
            )

    async def show(self, pair: str, agent: str) -> Faces | Missing:
        """Both contacts, and write down that they were shown."""
        async with transaction(self.engine) as connection:
            found = await duplicates.lock(connection, pair)
            if found is None:
                return Missing()
            one = await self._look(connection, found.one, agent)
            other = await self._look(connection, found.other, agent)
            return Faces(found, one, other, agreeing(one, other))

    async def _look(self, connection: AsyncConnection, ref: str, agent: str) -> ContactChanged:
        contact = await contacts.find(connection, ref) or _NOBODY
        values: dict[Way, str | None] = {
            "phone": contact.phone,
            "mail": contact.mail,
            "address": contact.address,
        }
        if shown := [way for way, value in values.items() if value]:
            await views.append(connection, View(agent, ref, shown), self.now())
        return contact

    async def judge(self, pair: str, verdict: Verdict, seen: str, agent: str) -> Pair | Overtaken | Missing:
        """`seen` is the state that the page showed: who was overtaken must not undo what he has not seen."""
        async with transaction(self.engine) as connection:
            found = await duplicates.lock(connection, pair)
            if found is None:
                return Missing()
            if found.state != seen or found.state == verdict:
                return Overtaken(found)
            await self._judge(connection, [(found.one, found.other)], verdict, agent)
            return await duplicates.lock(connection, pair) or Missing()

    async def separate(self, person: str, account: str, agent: str) -> Listed | Missing:
        """This account is another customer than every other of the person's accounts."""
        async with transaction(self.engine) as connection:
            together = await persons.accounts(connection, [person])
            if account not in together or len(together) < 2:
                return Missing()
            pairs = [(account, other) for other in together if other != account]
            await self._judge(connection, pairs, "denied", agent)
        return await self.listed(MOST_LISTED)

    async def _judge(
        self,
        connection: AsyncConnection,
        pairs: list[tuple[str, str]],
        verdict: Verdict,
        agent: str,
    ) -> None:
        ids = [pair_id(*refs) for refs in pairs]
        at = _after(await duplicates.last_judged(connection, ids), self.business_now())
        await duplicates.judge(connection, [Judgement(refs, verdict, "person", at, agent) for refs in pairs])
        await duplicates.prove(connection, ids, verdict, agent, self.now())
        await outbox.append(connection, [_told(refs, verdict, at, self.now()) for refs in pairs])


MOST_LISTED = 200


def _after(before: datetime | None, now: datetime) -> datetime:
    return now if before is None else max(now, before + _TICK)


def _told(refs: tuple[str, str], verdict: Verdict, at: datetime, now: datetime) -> Envelope:
    one, other = sorted(refs)
    event_id = derived_id("duplicate judged", one, other, verdict, at.isoformat())
    fact = DuplicateConfirmed(other, "person") if verdict == "confirmed" else DuplicateDenied(other, "person")
    return Envelope(
        id=event_id,
        source=f"/shops/{cart_of(one)}",
        subject=one,
        time=at,
        shop=one.split("/", 1)[0],
        receivedat=now,
        correlationid=event_id,
        data=fact,
    )
