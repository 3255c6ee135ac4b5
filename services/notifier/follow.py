"""Follow: what other services say about customers becomes alerts raised, refreshed or withdrawn."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier import batch, desk, dispatch
from services.notifier.alert import Alert, Changed, withdraw
from services.notifier.batch import Assessed, Closing, Erasure, Identity, Round, Words
from services.notifier.store import alerts, changes, contacts, customers, duplicates, persons
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


async def observe(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """One batch of one partition, inside its transaction."""
    touched = batch.touched(envelopes)
    if touched != Touched():
        await alerts.lock_open(connection, touched)
    await _keep_contacts(connection, envelopes)
    for piece in batch.pieces(envelopes):
        match piece:
            case Round(assessed):
                await _follow_risks(connection, assessed)
            case Words(said):
                await _follow_words(connection, said)
            case Erasure(ref, at):
                await _erase(connection, ref, at)
            case Identity(said):
                await _follow_identities(connection, said)


async def _follow_risks(connection: AsyncConnection, assessed: Sequence[Assessed]) -> None:
    """A change may be the first we hear of an episode, for its beginning is not kept for ever."""
    now = system_clock()
    at_risk = [one for one in assessed if one.risk.phase != "left"]
    refreshed = await alerts.refresh(connection, [one.risk for one in at_risk], now)
    unknown = [one for one in at_risk if one.risk.episode not in refreshed]
    called = await customers.may_call(connection, {one.envelope.subject: one.risk for one in unknown})
    await _raise(connection, [one for one in unknown if one.envelope.subject in called], now)
    over = [Closing("risk_left", episode=one.risk.episode) for one in assessed if one.risk.phase == "left"]
    await _withdraw(connection, over)
    await dispatch.plan(connection, [one.envelope for one in assessed])


async def _raise(connection: AsyncConnection, assessed: Sequence[Assessed], now: datetime) -> None:
    """One alert an episode: after it was closed the same episode raises no other."""
    wanted = [(Raised(_alert(one), one.risk), one.envelope.time) for one in assessed]
    new = await alerts.put(connection, [raised for raised, _ in wanted], now)
    told = [desk.raised(raised.alert, at, now) for raised, at in wanted if raised.alert.id in new]
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
    over = batch.ends(said)
    await dispatch.follow_consents(connection, said)
    await dispatch.end_subscriptions(connection, over)
    await customers.end_subscriptions(connection, over)
    await customers.allow_calls(connection, batch.newest_calls(said, ConsentGranted))
    await customers.refuse_calls(connection, batch.newest_calls(said, ConsentWithdrawn))
    await _withdraw(connection, await _closings(connection, said))


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
        await _withdraw(connection, [Closing("phone_refused", customer=ref) for ref in refused])
        await changes.append_contact_changed(connection, everyone, system_clock())


async def _erase(connection: AsyncConnection, ref: str, at: datetime) -> None:
    """The contact first: who reads the withdrawal on the stream reads no name. Cards of the person's other
    accounts may have borrowed it.
    """
    await customers.erase(connection, ref, at)
    await contacts.delete(connection, ref)
    await alerts.forget_notes(connection, ref)
    await dispatch.withdraw(connection, ref, "erased", at)
    await _withdraw(connection, [Closing("customer_erased", customer=ref)])
    await changes.append_contact_changed(connection, [ref], system_clock())


async def _withdraw(connection: AsyncConnection, closings: Sequence[Closing]) -> None:
    if not closings:
        return
    now = system_clock()
    standing = await alerts.lock_open(connection, batch.closed(closings))
    withdrawn = [withdraw(alert, cause, now) for alert, cause in batch.causes(closings, standing)]
    await alerts.save(connection, [one for one in withdrawn if isinstance(one, Changed)], now)


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
