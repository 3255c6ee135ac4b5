"""The desk: a person claims an alert, gives it back, or says how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifier import alert as life
from services.notifier import dispatch
from services.notifier.alert import Alert, Changed, Disposition, Held, NotYours, Over, TakenBy
from services.notifier.store import alerts, contacts, views
from services.notifier.store.views import View, Way
from shared.clock import Now
from shared.events.action import AlertClaimed, AlertRaised, AlertResolved
from shared.events.catalogue import Event
from shared.events.customer import Channel, ConsentWithdrawn
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection, AsyncEngine, transaction
from shared.process.metrics import claims

CHANNELS: tuple[Channel, ...] = ("mail", "line", "postal_dm", "phone")
# Each lost race means that somebody else won one; nobody loses this often in a row.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such alert."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How to reach the customer, in full; each None where nothing is known."""

    name: str | None
    phone: str | None
    mail: str | None


Outcome = Changed | TakenBy | NotYours | Over | Missing


@dataclass(frozen=True, slots=True)
class Desk:
    """What agents can do. `business_now` dates the facts, `now` (real time) the leases."""

    engine: AsyncEngine
    business_now: Now
    now: Now
    lease: timedelta

    async def claim(self, alert_id: str, agent: str) -> Outcome:
        outcome = await self._change(alert_id, lambda alert: life.claim(alert, agent, self.now(), self.lease))
        claims.labels(outcome=_claim_outcome(outcome)).inc()
        return outcome

    async def release(self, alert_id: str, agent: str) -> Outcome:
        return await self._change(alert_id, lambda alert: life.release(alert, agent))

    async def resolve(self, alert_id: str, agent: str, disposition: Disposition, note: str | None) -> Outcome:
        return await self._change(
            alert_id, lambda alert: life.resolve(alert, agent, disposition, note, self.now())
        )

    async def contact(self, alert_id: str, agent: str) -> Shown | NotYours | Over | Missing:
        """Show how to reach the customer to who holds the alert, and write down that it was shown."""
        async with transaction(self.engine) as connection:
            alert = await alerts.lock(connection, alert_id)
            if alert is None:
                return Missing()
            held = life.hold(alert, agent, self.now())
            return await self._show(connection, alert, agent) if isinstance(held, Held) else held

    async def _show(self, connection: AsyncConnection, alert: Alert, agent: str) -> Shown:
        contact = await contacts.reach(connection, alert.customer_ref)
        values: dict[Way, str | None] = {"phone": contact.phone, "mail": contact.mail}
        if shown := [way for way, value in values.items() if value]:
            view = View(agent, alert.customer_ref, shown, alert.id)
            await views.append(connection, view, self.now())
        return Shown(contact.name, contact.phone, contact.mail)

    async def _change(
        self, alert_id: str, decide: Callable[[Alert], Changed | TakenBy | NotYours | Over]
    ) -> Outcome:
        """Read, decide, write if nobody was faster; else look again at what they made of it."""
        async with transaction(self.engine) as connection:
            for _ in range(_ATTEMPTS):
                alert = await alerts.find(connection, alert_id)
                if alert is None:
                    return Missing()
                outcome = decide(alert)
                if not isinstance(outcome, Changed):
                    return outcome
                if await alerts.save(connection, [outcome], self.now()):
                    await self._tell(connection, outcome)
                    return outcome
        raise RuntimeError(f"alert {alert_id} kept changing under us")

    async def _tell(self, connection: AsyncConnection, changed: Changed) -> None:
        alert, facts = changed.alert, _facts(changed)
        if alert.disposition == "dnc":
            # 連絡不要 is meant for every channel, and holds before the world has heard of it.
            await dispatch.withdraw(connection, alert.customer_ref, "do_not_contact", self.business_now())
            facts += [ConsentWithdrawn(channel) for channel in CHANNELS]
        envelopes = [
            envelope(alert, fact, self.business_now(), self.now(), part) for part, fact in enumerate(facts)
        ]
        await outbox.append(connection, envelopes)


def _facts(changed: Changed) -> list[Event]:
    alert, agent = changed.alert, changed.agent or ""
    match changed.what:
        case "claimed":
            return [AlertClaimed(alert.id, alert.episode, agent)]
        case "resolved":
            return [AlertResolved(alert.id, alert.episode, agent, alert.disposition or "")]
        case _:
            return []


def raised(alert: Alert, at: datetime, now: datetime) -> Envelope:
    return envelope(alert, AlertRaised(alert.id, alert.episode), at, now)


def envelope(alert: Alert, fact: Event, at: datetime, now: datetime, part: int = 0) -> Envelope:
    """What happened to an alert, as an event about its customer; `at` is business time."""
    shop, cart, _ = alert.customer_ref.split("/", 2)
    return Envelope(
        id=derived_id("alert", alert.id, str(alert.version), str(part)),
        source=f"/shops/{shop}/{cart}",
        subject=alert.customer_ref,
        time=at,
        shop=shop,
        receivedat=now,
        correlationid=alert.correlation_id,
        data=fact,
    )


def _claim_outcome(outcome: Outcome) -> str:
    match outcome:
        case Changed(what=what):
            return what
        case TakenBy():
            return "taken"
        case _:
            return "over"
