"""Consent: customers' yes and no to channels, kept with its proof."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.store import consents
from services.notifier.store.alerts import cart_of
from services.notifier.store.consents import Word
from shared.clock import system_clock
from shared.events.customer import Channel, ConsentGranted, ConsentWithdrawn
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection

# In a word's source: said by our own link in a message, not by the cart.
BY_LINK = "#unsubscribe"


async def follow(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Customers' yes and no to channels; what is planned is decided by it when its time comes."""
    said = [_word(envelope) for envelope in envelopes]
    await consents.keep(connection, [word for word in said if word is not None])


def _word(envelope: Envelope) -> Word | None:
    match envelope.data:
        case ConsentGranted(channel=channel, wording=wording):
            return Word(envelope.id, envelope.subject, channel, True, envelope.time, envelope.source, wording)
        case ConsentWithdrawn(channel=channel):
            return Word(envelope.id, envelope.subject, channel, False, envelope.time, envelope.source)
        case _:
            return None


async def unsubscribe(
    connection: AsyncConnection, customer_ref: str, channel: Channel, now: datetime
) -> None:
    """A customer says no by our own link: it holds at once, and everyone hears of it."""
    if await consents.has_refused(connection, customer_ref, channel):
        return
    shop = customer_ref.split("/", 1)[0]
    event_id = derived_id("unsubscribed", customer_ref, channel, now.isoformat())
    told_to_all = Envelope(
        id=event_id,
        source=f"/shops/{cart_of(customer_ref)}",
        subject=customer_ref,
        time=now,
        shop=shop,
        receivedat=system_clock(),
        correlationid=event_id,
        data=ConsentWithdrawn(channel),
    )
    word = Word(event_id, customer_ref, channel, False, now, f"{told_to_all.source}{BY_LINK}")
    await consents.keep(connection, [word])
    await outbox.append(connection, [told_to_all])
