"""Consents (同意): what holds now, and the proof of every word ever said; and who wants to hear nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import text

from services.notifier.store.given import arrays, given
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


_WORD = {
    "event_id": "uuid",
    "customer_ref": "text",
    "channel": "text",
    "granted": "boolean",
    "wording": "text",
    "source": "text",
    "at": "timestamptz",
}
_PROVE = text(
    f"INSERT INTO consent_history ({', '.join(_WORD)}) SELECT * FROM {given(_WORD)}"  # noqa: S608
    " ON CONFLICT DO NOTHING"
)
# Words may arrive late and out of order: the newest holds, and of two at the same time the no.
_HELD = {"customer_ref": "text", "channel": "text", "granted": "boolean", "at": "timestamptz"}
_HOLD = text(
    "INSERT INTO consent AS held (customer_ref, channel, granted, changed_at)"  # noqa: S608
    f" SELECT * FROM {given(_HELD)} ON CONFLICT (customer_ref, channel)"
    " DO UPDATE SET granted = excluded.granted, changed_at = excluded.changed_at"
    " WHERE held.changed_at < excluded.changed_at"
    " OR (held.changed_at = excluded.changed_at AND held.granted AND NOT excluded.granted)"
)
_REFUSED = text(
    "SELECT 1 FROM consent AS own JOIN consent_of(:customer_ref) AS all_ USING (channel)"
    " WHERE own.customer_ref = :customer_ref AND channel = :channel AND NOT own.granted AND NOT all_.granted"
)
_NEVER_AGAIN = text(
    "INSERT INTO do_not_contact (customer_ref, since) VALUES (:customer_ref, :since) ON CONFLICT DO NOTHING"
)


async def keep(connection: AsyncConnection, words: Sequence[Word]) -> None:
    """All of them as proof; of each customer and channel the one that holds. Sorted, against deadlocks."""
    if not words:
        return
    proof = sorted(words, key=lambda word: word.event_id)
    await connection.execute(_PROVE, arrays(_WORD, [asdict(word) for word in proof]))
    held = _holding(words)
    await connection.execute(_HOLD, arrays(_HELD, [asdict(held[key]) for key in sorted(held)]))


def _holding(words: Sequence[Word]) -> dict[tuple[str, str], Word]:
    held: dict[tuple[str, str], Word] = {}
    for word in words:
        key = (word.customer_ref, word.channel)
        held[key] = max(held.get(key, word), word, key=lambda said: (said.at, not said.granted))
    return held


async def has_refused(connection: AsyncConnection, customer_ref: str, channel: Channel) -> bool:
    """Whether the newest word is a no; a customer of whom we know no word has not refused.

    For this account and for the person: else a later yes for another account would outlast the no.
    """
    found = await connection.execute(_REFUSED, {"customer_ref": customer_ref, "channel": channel})
    return found.first() is not None


async def never_again(connection: AsyncConnection, customer_ref: str, since: datetime) -> None:
    """No message of any scenario, on any channel, whatever is consented to."""
    await connection.execute(_NEVER_AGAIN, {"customer_ref": customer_ref, "since": since})
