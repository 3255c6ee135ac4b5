"""Unreachable: ways to a customer that failed for good, until the address changes or works again."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text

from services.notifier.store.given import arrays, given
from shared.events.customer import Channel, ContactChanged
from shared.postgres.engine import AsyncConnection

_KEEP = text(
    "INSERT INTO unreachable (customer_ref, channel, reason, since)"
    " VALUES (:customer_ref, :channel, :reason, :since) ON CONFLICT (customer_ref, channel) DO NOTHING"
)
_CHANGED = {
    "customer_ref": "text",
    "mail": "text",
    "phone": "text",
    "postcode": "text",
    "address": "text",
    "line": "text",
    "at": "timestamptz",
}
_CLEAR_CHANGED = text(
    f"DELETE FROM unreachable AS u USING {given(_CHANGED)}, contact AS c"  # noqa: S608 - our own columns
    " WHERE u.customer_ref = given.customer_ref AND c.customer_ref = given.customer_ref"
    " AND c.changed_at <= given.at AND CASE u.channel"
    " WHEN 'mail' THEN c.mail IS DISTINCT FROM given.mail"
    " WHEN 'phone' THEN c.phone IS DISTINCT FROM given.phone"
    " WHEN 'line' THEN c.line <> given.line"
    " ELSE (c.postcode, c.address) IS DISTINCT FROM (given.postcode, given.address) END"
)
_CLEAR = text("DELETE FROM unreachable WHERE customer_ref = :customer_ref AND channel = :channel")


async def keep(
    connection: AsyncConnection, customer_ref: str, channel: Channel, reason: str, since: datetime
) -> None:
    """`since` is business time; of several failures the first stays."""
    values = {"customer_ref": customer_ref, "channel": channel, "reason": reason, "since": since}
    await connection.execute(_KEEP, values)


async def clear(connection: AsyncConnection, customer_ref: str, channel: Channel) -> None:
    """It may be tried again."""
    await connection.execute(_CLEAR, {"customer_ref": customer_ref, "channel": channel})


async def clear_changed(
    connection: AsyncConnection, newest: Mapping[str, tuple[ContactChanged, datetime]]
) -> None:
    """Ways whose address is another from now on may be tried again; before the contacts are kept."""
    rows = [
        {name: getattr(contact, name) for name in _CHANGED if name not in ("customer_ref", "at")}
        | {"customer_ref": ref, "at": at}
        for ref, (contact, at) in sorted(newest.items())
    ]
    if rows:
        await connection.execute(_CLEAR_CHANGED, arrays(_CHANGED, rows))
