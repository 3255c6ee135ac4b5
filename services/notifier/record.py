"""Record: what a call that has ended leaves behind: its row for ever, and what the other services hear."""

from datetime import datetime

from services.notifier import announce, enrol
from services.notifier.alert import Changed
from services.notifier.resolution import Resolution
from services.notifier.store import dispositions
from shared.events.action import AlertResolved, OfferAccepted
from shared.events.catalogue import Event
from shared.events.customer import Channel, ConsentWithdrawn
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection
from shared.process import metrics

CHANNELS: tuple[Channel, ...] = ("mail", "line", "postal_dm", "phone")


async def ended(
    connection: AsyncConnection, changed: Changed, resolution: Resolution, at: datetime, business_at: datetime
) -> None:
    """`at` is real time; `changed.alert` is as it stands after the call."""
    alert, agent = changed.alert, changed.agent or ""
    subscription = await dispositions.append(
        connection, alert, dispositions.Call(resolution, agent, at, business_at)
    )
    facts: list[Event] = [_resolved(changed, resolution)]
    if resolution.offer is not None and resolution.answer == "accepted":
        facts.append(_accepted(changed, resolution, resolution.offer, subscription))
    if resolution.disposition == "dnc":
        # 連絡不要 is meant for every channel, and holds before the world has heard of it.
        await enrol.withdraw(connection, alert.customer_ref, "do_not_contact", business_at)
        facts += [ConsentWithdrawn(channel) for channel in CHANNELS]
    told = [announce.envelope(alert, fact, business_at, at, part) for part, fact in enumerate(facts)]
    await outbox.append(connection, told)
    metrics.dispositions.labels(resolution.disposition).inc()


def _resolved(changed: Changed, resolution: Resolution) -> AlertResolved:
    return AlertResolved(
        changed.alert.id,
        changed.alert.episode,
        changed.agent or "",
        resolution.disposition,
        reason=resolution.reason,
        reason_detail=resolution.reason_detail,
        offer=resolution.offer,
        answer=resolution.answer,
        attempt=changed.alert.attempts,
        again=changed.alert.open,
    )


def _accepted(
    changed: Changed, resolution: Resolution, offer: str, subscription: str | None
) -> OfferAccepted:
    return OfferAccepted(
        changed.alert.id,
        changed.alert.episode,
        changed.agent or "",
        offer,
        subscription=subscription,
        reason=resolution.reason,
        detail=dict(resolution.offer_detail),
        cost=resolution.cost,
    )
