"""The desk: a person claims an alert, hands it on, gives it back, or says how the call ended."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from services.notifier import announce, life, record, withdrawal
from services.notifier.alert import Alert, Changed, Engaged, Held, NotYours, Over, TakenBy, TooEarly
from services.notifier.batch import Closing
from services.notifier.resolution import Resolution
from services.notifier.scenarios.calling import Calls
from services.notifier.store import alerts, audit, colleagues, contacts, ended, persons, views
from services.notifier.store.alerts import Touched
from services.notifier.store.audit import Entry
from services.notifier.store.views import View, Way
from shared.clock import Now
from shared.events.action import AlertClaimed
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.metrics import claims

# Each lost race means that somebody else won one; nobody loses this often in a row.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such alert."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is no such agent at the desk to give it to."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same agent said the same of the same call before, and it stands."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How to reach the customer, in full; each None where nothing is known."""

    name: str | None
    phone: str | None
    mail: str | None


@dataclass(frozen=True, slots=True)
class Unfit:
    """What is recorded does not hold together; `problem` is the code of why."""

    problem: str


Refusal = TakenBy | Engaged | TooEarly | NotYours | Over
Outcome = Changed | Repeated | Refusal | Missing | Nobody | Unfit
Decide = Callable[[Alert], Changed | Refusal]
# Gives the code of what is wrong with a resolution of this alert, if anything.
Check = Callable[[AsyncConnection, Alert], Awaitable[str | None]]


async def _anything_goes(_connection: AsyncConnection, _alert: Alert) -> None:
    """Who records by code knows what it does."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What agents can do. `business_now` dates the facts, `now` (real time) the leases and the calls."""

    engine: AsyncEngine
    business_now: Now
    now: Now
    lease: timedelta
    calls: Calls

    async def claim(self, alert_id: str, agent: str, *, early: bool = False) -> Outcome:
        """One agent at a time speaks with a person, whatever accounts and contracts the person has."""
        async with transaction(self.engine) as connection:
            engaged = await colleagues.engaged(connection, alert_id, agent, self.now())

            def decide(alert: Alert) -> Changed | Refusal:
                outcome = life.claim(alert, agent, self.now(), self.lease, early=early)
                taking = isinstance(outcome, Changed) and outcome.what == "claimed"
                return Engaged(engaged) if taking and engaged is not None else outcome

            outcome = await self._change(connection, alert_id, decide)
        claims.labels(outcome=_claim_outcome(outcome)).inc()
        return outcome

    async def prolong(self, alert_id: str, agent: str) -> Outcome:
        async with transaction(self.engine) as connection:
            return await self._change(
                connection, alert_id, lambda alert: life.prolong(alert, agent, self.now(), self.lease)
            )

    async def release(self, alert_id: str, agent: str) -> Outcome:
        async with transaction(self.engine) as connection:
            outcome = await self._change(connection, alert_id, lambda alert: life.release(alert, agent))
            if isinstance(outcome, Changed):
                await self._let_go(connection, outcome.alert)
        return outcome

    async def transfer(self, alert_id: str, by: Entry, to: str, note: str | None) -> Outcome:
        """Who holds it gives it to a colleague; `by` is for the audit log, and says who."""
        return await self._give(
            alert_id,
            by,
            to,
            lambda alert: life.transfer(alert, by.who, to, note, self.now(), self.lease),
        )

    async def assign(self, alert_id: str, by: Entry, to: str) -> Outcome:
        """A supervisor gives it to an agent, whoever has it."""
        return await self._give(
            alert_id, by, to, lambda alert: life.assign(alert, by.who, to, self.now(), self.lease)
        )

    async def take_back(self, alert_id: str, by: Entry) -> Outcome:
        """A supervisor puts it back into the queue, whoever has it."""
        async with transaction(self.engine) as connection:
            outcome = await self._change(connection, alert_id, lambda alert: life.take_back(alert, by.who))
            if isinstance(outcome, Changed):
                await self._let_go(connection, outcome.alert)
                entry = replace(by, subject=outcome.alert.customer_ref, alert=alert_id, detail="queue")
                await audit.append(connection, entry, self.now())
        return outcome

    async def resolve(
        self, alert_id: str, agent: str, resolution: Resolution, check: Check = _anything_goes
    ) -> Outcome:
        """How the call ended; to say the same again changes nothing and is no error.

        Raises ValueError for a call-back without its time.
        """
        now = self.now()

        def decide(alert: Alert) -> Changed | Refusal:
            return life.resolve(alert, agent, resolution, now, self.calls)

        async with transaction(self.engine) as connection:
            alert = await alerts.find(connection, alert_id)
            if alert is None:
                return Missing()
            if isinstance(decide(alert), Changed) and (problem := await check(connection, alert)):
                return Unfit(problem)
            if resolution.disposition == "dnc":
                await _lock_all_of_the_person(connection, alert)
            outcome = await self._change(connection, alert_id, decide)
            match outcome:
                case Changed(alert=after):
                    await record.ended(connection, outcome, resolution, now, self.business_now())
                    await self._spare(connection, after)
                    await self._let_go(connection, after)
                case NotYours() | Over() if await _is_repeated(connection, alert_id, agent, resolution):
                    return Repeated()
        return outcome

    async def contact(self, alert_id: str, by: Entry) -> Shown | NotYours | Over | Missing:
        """Show how to reach the customer to who holds the alert, and write down that it was shown."""
        async with transaction(self.engine) as connection:
            alert = await alerts.lock(connection, alert_id)
            if alert is None:
                return Missing()
            held = life.hold(alert, by.who, self.now())
            return await self._show(connection, alert, by) if isinstance(held, Held) else held

    async def _show(self, connection: AsyncConnection, alert: Alert, by: Entry) -> Shown:
        contact = await contacts.reach(connection, alert.customer_ref)
        values: dict[Way, str | None] = {"phone": contact.phone, "mail": contact.mail}
        if shown := [way for way, value in values.items() if value]:
            view = View(by.who, alert.customer_ref, shown, alert.id)
            await views.append(connection, view, self.now())
            entry = replace(
                by, subject=alert.customer_ref, alert=alert.id, why="claim", detail=" ".join(shown)
            )
            await audit.append(connection, entry, self.now())
        return Shown(contact.name, contact.phone, contact.mail)

    async def _give(self, alert_id: str, by: Entry, to: str, decide: Decide) -> Outcome:
        async with transaction(self.engine) as connection:
            if not await colleagues.works_here(connection, to):
                return Nobody()
            outcome = await self._change(connection, alert_id, decide)
            if isinstance(outcome, Changed):
                entry = replace(by, subject=outcome.alert.customer_ref, alert=alert_id, detail=to)
                await audit.append(connection, entry, self.now())
        return outcome

    async def _change(
        self, connection: AsyncConnection, alert_id: str, decide: Decide
    ) -> Changed | Refusal | Missing:
        """Read, decide, write if nobody was faster; else look again at what they made of it."""
        for _ in range(_ATTEMPTS):
            alert = await alerts.find(connection, alert_id)
            if alert is None:
                return Missing()
            outcome = decide(alert)
            if not isinstance(outcome, Changed):
                return outcome
            if await alerts.save(connection, [outcome], self.now()):
                await self._tell(connection, outcome.alert, taken=outcome.what in ("claimed", "transferred"))
                return outcome
        raise RuntimeError(f"alert {alert_id} kept changing under us")

    async def _tell(self, connection: AsyncConnection, alert: Alert, *, taken: bool) -> None:
        if taken and alert.agent is not None:
            fact = AlertClaimed(alert.id, alert.episode, alert.agent)
            told = announce.envelope(alert, fact, self.business_now(), self.now())
            await outbox.append(connection, [told])

    async def _spare(self, connection: AsyncConnection, alert: Alert) -> None:
        """連絡不要 is said by a person, whose other alerts leave the queue with this one."""
        if alert.disposition == "dnc":
            refs = await persons.accounts(connection, [alert.customer_ref])
            closings = [Closing("phone_refused", customer=ref) for ref in refs]
            await withdrawal.close(connection, closings, self.now())

    async def _let_go(self, connection: AsyncConnection, alert: Alert) -> None:
        """Who asked to leave while an agent had the alert does not come back to the queue."""
        if alert.state == "raised" and await alerts.asked_to_leave(connection, alert.id):
            closing = Closing("cancel_requested", episode=alert.episode)
            await withdrawal.close(connection, [closing], self.now())


async def _lock_all_of_the_person(connection: AsyncConnection, alert: Alert) -> None:
    """In the order in which batches lock them, so that nobody waits in a circle."""
    refs = await persons.accounts(connection, [alert.customer_ref])
    await alerts.lock_open(connection, Touched(customers=refs))


async def _is_repeated(
    connection: AsyncConnection, alert_id: str, agent: str, resolution: Resolution
) -> bool:
    alert, last = await alerts.find(connection, alert_id), await ended.last(connection, alert_id)
    if alert is None or last is None or last.agent != agent or last.attempt != alert.attempts:
        return False
    in_full = life.is_same(alert, last.resolution, resolution)
    return in_full and (alert.state == "resolved" or alert.agent is None)


def _claim_outcome(outcome: Outcome) -> str:
    match outcome:
        case Changed(what=what):
            return what
        case TakenBy() | Engaged():
            return "taken"
        case TooEarly():
            return "early"
        case _:
            return "over"
