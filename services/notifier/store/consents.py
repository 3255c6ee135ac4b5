"""Consents (同意): what holds now, and the proof of every word ever said; and who wants to hear nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.events.customer import Channel
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Word:
    """A customer's yes or no to one channel."""

    event_id: str
    customer_ref: str
    channel: Channel
    granted: bool
    at: datetime
    source: str
    wording: str | None = None


_PROVE = text(
    "INSERT INTO consent_history (event_id, customer_ref, channel, granted, wording, source, at)"
    " VALUES (:event_id, :customer_ref, :channel, :granted, :wording, :source, :at) ON CONFLICT DO NOTHING"
)
# Words may arrive late and out of order: the newest holds, and of two at the same time the no.
_HOLD = text(
    "INSERT INTO consent AS held (customer_ref, channel, granted, changed_at)"
    " VALUES (:customer_ref, :channel, :granted, :at)"
    " ON CONFLICT (customer_ref, channel)"
    " DO UPDATE SET granted = excluded.granted, changed_at = excluded.changed_at"
    " WHERE held.changed_at < excluded.changed_at"
    " OR (held.changed_at = excluded.changed_at AND held.granted AND NOT excluded.granted)"
)
_REFUSED = text(
    "SELECT 1 FROM consent WHERE customer_ref = :customer_ref AND channel = :channel AND NOT granted"
)
_NEVER_AGAIN = text(
    "INSERT INTO do_not_contact (customer_ref, since) VALUES (:customer_ref, :since) ON CONFLICT DO NOTHING"
)


async def keep(connection: AsyncConnection, word: Word) -> None:
    values: dict[str, object] = {
        "event_id": word.event_id,
        "customer_ref": word.customer_ref,
        "channel": word.channel,
        "granted": word.granted,
        "wording": word.wording,
        "source": word.source,
        "at": word.at,
    }
    await connection.execute(_PROVE, values)
    await connection.execute(_HOLD, values)


async def has_refused(connection: AsyncConnection, customer_ref: str, channel: Channel) -> bool:
    """Whether the newest word is a no; a customer of whom we know no word has not refused."""
    found = await connection.execute(_REFUSED, {"customer_ref": customer_ref, "channel": channel})
    return found.first() is not None


async def never_again(connection: AsyncConnection, customer_ref: str, since: datetime) -> None:
    """No message of any scenario, on any channel, whatever is consented to."""
    await connection.execute(_NEVER_AGAIN, {"customer_ref": customer_ref, "since": since})
