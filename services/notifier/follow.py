"""Follow: what other services say about customers becomes alerts raised, refreshed or withdrawn."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier import desk, dispatch
from services.notifier.alert import Alert, Cause, Changed, withdraw
from services.notifier.store import alerts, changes, contacts, customers
from services.notifier.store.alerts import Touched, cart_of
from shared.clock import system_clock
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged, CustomerErased
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.risk import RiskAssessed
from shared.events.subscription import SubscriptionCancelled, SubscriptionExpired
from shared.events.topics import CHURN_RISK, CUSTOMER_CONTACTS, CUSTOMER_EVENTS
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process.metrics import alerts_raised

GROUP = "notifier"
TOPICS = (CHURN_RISK, CUSTOMER_CONTACTS, CUSTOMER_EVENTS)


async def observe(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """One batch of one partition, inside its transaction."""
    touched = _touched(envelopes)
    if touched != Touched():
        await alerts.lock_open(connection, touched)
    await _keep_contacts(connection, envelopes)
    for envelope in envelopes:
        await _follow(connection, envelope)


def _touched(envelopes: Sequence[Envelope]) -> Touched:
    episodes, refs, contracts = set(), set(), set()
    for envelope in envelopes:
        match envelope.data:
            case RiskAssessed(episode=episode):
                episodes.add(episode)
            case CustomerErased() | ConsentWithdrawn(channel="phone"):
                refs.add(envelope.subject)
            case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
                contracts.add((cart_of(envelope.subject), subscription))
            case _:
                pass
    return Touched(sorted(episodes), sorted(refs), sorted(contracts))


async def _follow(connection: AsyncConnection, envelope: Envelope) -> None:
    ref, at = envelope.subject, envelope.time
    match envelope.data:
        case RiskAssessed() as risk:
            await _follow_risk(connection, envelope, risk)
            await dispatch.plan(connection, envelope)
        case CustomerErased():
            await _erase(connection, ref, at)
        case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
            await customers.end_subscription(connection, ref, subscription, at)
            await dispatch.end_subscription(connection, ref, subscription, at)
            contract = Touched(contracts=[(cart_of(ref), subscription)])
            await _withdraw_all(connection, contract, "subscription_ended")
        case ConsentGranted(channel) | ConsentWithdrawn(channel):
            await dispatch.follow_consent(connection, envelope)
            if channel == "phone":
                await _follow_calls(connection, envelope)
        case _:
            return


async def _follow_risk(connection: AsyncConnection, envelope: Envelope, risk: RiskAssessed) -> None:
    """A change may be the first we hear of an episode, for its beginning is not kept for ever."""
    now = system_clock()
    if risk.phase == "left":
        await _withdraw_all(connection, Touched(episodes=[risk.episode]), "risk_left")
        return
    if await alerts.refresh(connection, risk, now):
        return
    if await customers.may_call(connection, envelope.subject, risk.subscription, risk.assessed_at):
        await _raise(connection, envelope, risk, now)


async def _raise(connection: AsyncConnection, envelope: Envelope, risk: RiskAssessed, now: datetime) -> None:
    """One alert an episode: after it was closed the same episode raises no other."""
    alert = Alert(
        id=derived_id("alert", risk.episode),
        episode=risk.episode,
        customer_ref=envelope.subject,
        correlation_id=envelope.correlationid,
    )
    if await alerts.put(connection, alert, risk, now):
        await outbox.append(connection, [desk.raised(alert, envelope.time, now)])
        alerts_raised.inc()


async def _withdraw_all(connection: AsyncConnection, touched: Touched, cause: Cause) -> None:
    now = system_clock()
    for alert in await alerts.lock_open(connection, touched):
        withdrawn = withdraw(alert, cause, now)
        if isinstance(withdrawn, Changed):
            await alerts.save(connection, withdrawn, now)


async def _erase(connection: AsyncConnection, ref: str, at: datetime) -> None:
    """The contact first: who reads the withdrawal on the stream reads no name."""
    await customers.erase(connection, ref, at)
    await contacts.delete(connection, ref)
    await alerts.forget_notes(connection, ref)
    await dispatch.withdraw(connection, ref, "erased", at)
    await _withdraw_all(connection, Touched(customers=[ref]), "customer_erased")


async def _follow_calls(connection: AsyncConnection, envelope: Envelope) -> None:
    if isinstance(envelope.data, ConsentGranted):
        await customers.allow_calls(connection, envelope.subject, envelope.time)
        return
    await customers.refuse_calls(connection, envelope.subject, envelope.time)
    await _withdraw_all(connection, Touched(customers=[envelope.subject]), "phone_refused")


async def _keep_contacts(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    newest: dict[str, tuple[ContactChanged, datetime]] = {}
    for envelope in envelopes:
        if isinstance(envelope.data, ContactChanged):
            known = newest.get(envelope.subject)
            if known is None or known[1] <= envelope.time:
                newest[envelope.subject] = (envelope.data, envelope.time)
    await contacts.keep(connection, newest)
    if newest:
        await changes.append_contact_changed(connection, sorted(newest), system_clock())
