"""Follow: what other services say about customers becomes alerts raised, refreshed or withdrawn."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier import (
    announce,
    batch,
    cancellation,
    consent,
    customer,
    enrol,
    heard,
    line,
    spare,
    withdrawal,
)
from services.notifier.alert import Alert
from services.notifier.batch import Assessed, Closing, Erasure, Identity, Round, Words
from services.notifier.enrol import Door, Shop
from services.notifier.store import (
    alerts,
    changes,
    contacts,
    customers,
    duplicates,
    never,
    persons,
    unreachable,
)
from services.notifier.store.alerts import Raised, Touched
from shared.clock import system_clock
from shared.events.customer import ConsentGranted, ConsentWithdrawn, ContactChanged
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.topics import CHURN_RISK, CUSTOMER_CONTACTS, CUSTOMER_EVENTS
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process.metrics import alerts_raised

GROUP = "notifier"
TOPICS = (CHURN_RISK, CUSTOMER_CONTACTS, CUSTOMER_EVENTS)


async def observe(shop: Shop, connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """One batch of one partition, inside its transaction, by the scenarios that run at its beginning."""
    touched = batch.touched(envelopes)
    threshold = await alerts.threshold(connection) if touched.episodes else 0.0
    if touched != Touched():
        await alerts.lock_open(connection, touched)
    await _keep_contacts(connection, envelopes)
    await customer.remember(connection, envelopes)
    await line.follow(connection, envelopes)
    await heard.follow(connection, envelopes)
    door = await shop.door(connection)
    for piece in batch.pieces(envelopes):
        match piece:
            case Round(assessed):
                await _follow_risks(connection, assessed, door, threshold)
            case Words(said):
                await _follow_words(connection, said)
                await enrol.hear(connection, door, said)
            case Erasure(ref, at):
                await _erase(connection, ref, at)
            case Identity(said):
                await _follow_identities(connection, said)
    await customer.hear(connection, envelopes)


async def _follow_risks(
    connection: AsyncConnection, assessed: Sequence[Assessed], door: Door, threshold: float
) -> None:
    """A change may be the first we hear of an episode, for its beginning is not kept for ever.

    Scenarios first: whom they hold out is not called either.
    """
    now = system_clock()
    await enrol.plan(connection, door, [one.envelope for one in assessed])
    at_risk = [one for one in assessed if one.risk.phase != "left"]
    refreshed = await alerts.refresh(connection, [one.risk for one in at_risk], now, threshold)
    unknown = [one for one in at_risk if one.risk.episode not in refreshed]
    may = await customers.may_call(connection, {one.envelope.subject: one.risk for one in unknown})
    called = [one for one in unknown if one.envelope.subject in may]
    spared = await spare.sparing(connection, called)
    await _raise(connection, [one for one in called if one.risk.episode not in spared], now, threshold)
    over = [Closing("risk_left", episode=one.risk.episode) for one in assessed if one.risk.phase == "left"]
    await withdrawal.close(connection, over, now)
    told = [(spared[one.risk.episode], one.envelope.time) for one in called if one.risk.episode in spared]
    await spare.record(connection, told)


async def _raise(
    connection: AsyncConnection, assessed: Sequence[Assessed], now: datetime, threshold: float
) -> None:
    """One alert an episode: after it was closed the same episode raises no other."""
    wanted = [(Raised(_alert(one), one.risk), one.envelope.time) for one in assessed]
    new = await alerts.put(connection, [raised for raised, _ in wanted], now, threshold)
    told = [announce.raised(raised.alert, at, now) for raised, at in wanted if raised.alert.id in new]
    await outbox.append(connection, told)
    alerts_raised.inc(len(told))


def _alert(one: Assessed) -> Alert:
    return Alert(
        id=derived_id("alert", one.risk.episode),
        episode=one.risk.episode,
        customer_ref=one.envelope.subject,
        correlation_id=one.envelope.correlationid,
    )


async def _follow_words(connection: AsyncConnection, said: Sequence[Envelope]) -> None:
    over, now = batch.ends(said), system_clock()
    await consent.follow(connection, said)
    await enrol.end_subscriptions(connection, over)
    await customers.end_subscriptions(connection, over)
    await customers.allow_calls(connection, batch.newest_calls(said, ConsentGranted))
    await customers.refuse_calls(connection, batch.newest_calls(said, ConsentWithdrawn))
    await withdrawal.close(connection, await _closings(connection, said), now)
    leaving = await customers.leaving(connection, batch.contracts(said))
    await cancellation.from_cart(connection, batch.about_leaving(said, leaving), now)


async def _closings(connection: AsyncConnection, said: Sequence[Envelope]) -> list[Closing]:
    """Who wants no calls wants them for no account."""
    closings = batch.closings(said)
    refusing = [one.customer for one in closings if one.customer is not None]
    if not refusing:
        return closings
    everyone = await persons.accounts(connection, refusing)
    refused = await customers.refusing_calls(connection, everyone)
    return closings + [Closing("phone_refused", customer=ref) for ref in refused]


async def _follow_identities(connection: AsyncConnection, said: Sequence[Envelope]) -> None:
    """Who turns out to be somebody who wants no calls is not called; cards show whom they are about."""
    await duplicates.suspect(connection, batch.suspicions(said))
    await duplicates.judge(connection, batch.judgements(said))
    moved = await persons.keep(connection, batch.wholes(said))
    if moved:
        everyone = await persons.accounts(connection, moved)
        refused = await customers.refusing_calls(connection, everyone)
        closings = [Closing("phone_refused", customer=ref) for ref in refused]
        await withdrawal.close(connection, closings, system_clock())
        await changes.append_contact_changed(connection, everyone, system_clock())


async def _erase(connection: AsyncConnection, ref: str, at: datetime) -> None:
    """The contact first: who reads the withdrawal on the stream reads no name. Cards of the person's other
    accounts may have borrowed it.
    """
    await customers.erase(connection, ref, at)
    await never.outlive(connection, ref, at)
    await contacts.delete(connection, ref)
    await alerts.forget_notes(connection, ref)
    await customer.forget(connection, ref, at)
    await enrol.withdraw(connection, ref, "erased", at)
    await withdrawal.close(connection, [Closing("customer_erased", customer=ref)], system_clock())
    await changes.append_contact_changed(connection, [ref], system_clock())


async def _keep_contacts(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    newest: dict[str, tuple[ContactChanged, datetime]] = {}
    for envelope in sorted(envelopes, key=lambda one: one.time):
        if isinstance(envelope.data, ContactChanged):
            known = newest.get(envelope.subject)
            contact = contacts.combined(known[0], envelope.data) if known is not None else envelope.data
            newest[envelope.subject] = (contact, envelope.time)
    await unreachable.clear_changed(connection, newest)
    await contacts.keep(connection, newest)
    if newest:
        await changes.append_contact_changed(connection, sorted(newest), system_clock())
