"""Cancellation: a customer's wish to leave is recorded at any hour, whoever holds the alert, and once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from services.notifier import agreements, enrol, way_out
from services.notifier.agreements import Agreement
from services.notifier.alert import Alert, Changed
from services.notifier.life import withdraw
from services.notifier.moments import Moments
from services.notifier.offers.effect import effect
from services.notifier.store import alerts, cancellations, deadlines
from services.notifier.store.alerts import Touched, cart_of
from services.notifier.store.cancellations import Asked, Cancellation, Source, State
from services.notifier.store.customers import Over
from services.notifier.web.call_reasons import BY_CODE
from shared.events.catalogue import Event
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.refs import is_customer_ref
from shared.events.subscription import (
    SubscriptionCancelled,
    SubscriptionCancelRequested,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionResumed,
    SubscriptionStarted,
)
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process import metrics

# A page that lost its connection asks again, and by then the cart may have cancelled already.
_STILL_THE_SAME = timedelta(days=1)
# Carts and we have different clocks.
_SLACK_SECONDS = 3600.0
# A number is taken already in one of a million cases a day.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What an agent records; `agent` by login, `told` as codes of the facts that were read out."""

    customer_ref: str
    subscription: str
    agent: str
    alert: str | None = None
    reason: str | None = None
    reason_detail: str | None = None
    told: Sequence[str] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """`is_new` is false for what was recorded before."""

    cancellation: Cancellation
    is_new: bool


async def record(connection: AsyncConnection, request: Request, at: Moments) -> Recorded:
    """Whatever is known of the contract, or not: the alert leaves the queue, and the others hear of it."""
    agreement = await agreements.find(connection, request.customer_ref, request.subscription)
    contract = (agreement.cart, request.subscription)
    # The alerts first, as batches of events do, so that nobody waits in a circle.
    standing = await alerts.lock_open(connection, Touched(contracts=[contract]))
    for _ in range(_ATTEMPTS):
        before = await cancellations.standing(connection, *contract, at.now - _STILL_THE_SAME)
        if before is not None:
            return Recorded(before, is_new=False)
        asked = _asked(request, agreement, at)
        if await cancellations.add(connection, asked):
            await _follow_up(connection, asked, request, [one.alert for one in standing])
            return Recorded(await _found(connection, asked.id), is_new=True)
    raise RuntimeError("no number was free for a cancellation")


async def _follow_up(
    connection: AsyncConnection, asked: Asked, request: Request, standing: Sequence[Alert]
) -> None:
    """Who is on the phone with the customer keeps the alert, to record how the call ended."""
    if request.note:
        await cancellations.annotate(connection, asked.id, asked.customer_ref, request.note)
    others = [alert for alert in standing if alert.agent != request.agent]
    withdrawn = [withdraw(alert, "cancel_requested", asked.recorded_at) for alert in others]
    changed = [one for one in withdrawn if isinstance(one, Changed)]
    await alerts.save(connection, changed, asked.recorded_at)
    await _stop_messages(connection, asked)
    await outbox.append(connection, [_told(asked)])
    metrics.cancellations.labels("desk").inc()


async def _stop_messages(connection: AsyncConnection, asked: Asked) -> None:
    """What was written to keep the customer does not arrive after the request to leave."""
    over = Over(asked.cart, asked.subscription, asked.requested_at)
    await enrol.end_subscriptions(connection, [over])


def _asked(request: Request, agreement: Agreement, at: Moments) -> Asked:
    after, contract = effect(agreement.contract, at.business_now), agreement.contract
    number = way_out.number(at.business_now)
    return Asked(
        id=derived_id("cancellation", agreement.cart, request.subscription, number),
        number=number,
        customer_ref=agreement.customer_ref,
        cart=agreement.cart,
        subscription=request.subscription,
        source="desk",
        agent=request.agent,
        alert=request.alert,
        requested_at=at.business_now,
        recorded_at=at.now,
        reason=request.reason,
        reason_detail=request.reason_detail,
        told=way_out.told(request.told, contract),
        effective_delivery=after.delivery,
        next_parcel=after.next_parcel,
    )


def _told(asked: Asked) -> Envelope:
    """Its id is the request's own, so that we know it when it comes back to us."""
    fact = SubscriptionCancelRequested(asked.subscription, asked.reason)
    return _envelope(asked, asked.id, fact, Moments(asked.recorded_at, asked.requested_at))


def _envelope(about: Asked | Cancellation, event_id: str, fact: Event, at: Moments) -> Envelope:
    return Envelope(
        id=event_id,
        source=f"/shops/{about.cart}",
        subject=about.customer_ref,
        time=at.business_now,
        shop=about.cart.split("/")[0],
        receivedat=at.now,
        correlationid=about.id,
        data=fact,
    )


async def done(
    connection: AsyncConnection, cancellation: str, by: str, reference: str | None, at: datetime
) -> bool:
    """The contract was ended at the cart by hand, at `at` (business time); false if that is known already."""
    return await cancellations.settle(connection, cancellation, "done", at, by, reference)


async def take_back(connection: AsyncConnection, cancellation: str, by: str, at: Moments) -> bool:
    """The customer stays after all: the contract goes on, and everyone hears of it."""
    if not await cancellations.settle(connection, cancellation, "taken_back", at.business_now, by, None):
        return False
    kept = await _found(connection, cancellation)
    event_id = derived_id("cancellation", kept.id, "taken back")
    resumed = _envelope(kept, event_id, SubscriptionResumed(kept.subscription), at)
    await outbox.append(connection, [resumed])
    return True


async def from_cart(connection: AsyncConnection, said: Sequence[Envelope], now: datetime) -> None:
    """What carts tell of wishes to leave and of what became of them, in their order; `now` is real time.

    What happened is kept before: it shows whether a contract has ended since. A cart tells of every edit of a
    contract, so what a customer told a person is taken back with a person.
    """
    for envelope in said:
        match envelope.data:
            case SubscriptionCancelRequested() as fact:
                await _requested(connection, envelope, fact, now)
            case SubscriptionCancelled(subscription) | SubscriptionExpired(subscription):
                await _settle(connection, envelope, subscription, "done", ("desk", "cart"))
            case SubscriptionResumed(subscription) | SubscriptionStarted(subscription):
                await _settle(connection, envelope, subscription, "taken_back", ("cart",))
                await cancellations.revive(
                    connection, (cart_of(envelope.subject), subscription), envelope.time
                )
            case SubscriptionChanged(subscription):
                await _settle(connection, envelope, subscription, "taken_back", ("cart",))
            case _:
                pass


async def _settle(
    connection: AsyncConnection,
    envelope: Envelope,
    subscription: str,
    state: State,
    sources: Sequence[Source],
) -> None:
    contract = (cart_of(envelope.subject), subscription)
    slack = _SLACK_SECONDS if state == "done" else 0.0
    await cancellations.settle_contract(connection, contract, state, envelope.time, sources, slack)


async def _requested(
    connection: AsyncConnection, envelope: Envelope, fact: SubscriptionCancelRequested, now: datetime
) -> None:
    """What a cart gives as the reason is kept only where it is a code, for it may be a customer's words."""
    ref = envelope.subject
    if not is_customer_ref(ref):
        ref = await deadlines.owner(connection, cart_of(ref), fact.subscription) or ref
    agreement = await agreements.find(connection, ref, fact.subscription)
    reason = fact.reason if fact.reason in BY_CODE else None
    request = Request(ref, fact.subscription, agent="", reason=reason)
    asked = _asked(request, agreement, Moments(now, envelope.time))
    asked = msgspec.structs.replace(asked, id=envelope.id, source="cart", agent=None, told=())
    if not await cancellations.add(connection, asked):
        return
    await _stop_messages(connection, asked)
    metrics.cancellations.labels("cart").inc()
    if ended := agreement.contract.ended_at:
        contract = (agreement.cart, fact.subscription)
        slack = max((envelope.time - ended).total_seconds(), 0.0)
        await cancellations.settle_contract(connection, contract, "done", ended, ("cart",), slack)


async def _found(connection: AsyncConnection, cancellation: str) -> Cancellation:
    found = await cancellations.find(connection, cancellation)
    if found is None:
        raise LookupError(f"no cancellation {cancellation}")
    return found
