"""The outbox: events that are committed with the state they follow from, and published afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.events.envelope import Envelope, record_of
from shared.events.record import Record
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Pending:
    """A row of the outbox."""

    id: int
    record: Record
    created_at: datetime


# unnest keeps the order of its rows, and the identity column follows it.
_APPEND = text(
    "INSERT INTO outbox (topic, key, value) SELECT * FROM"
    " unnest(CAST(:topics AS text[]), CAST(:keys AS bytea[]), CAST(:values AS bytea[]))"
)
_OLDEST = text("SELECT id, topic, key, value, created_at FROM outbox ORDER BY id LIMIT :most")
_PUBLISHED = text("DELETE FROM outbox WHERE id = ANY(CAST(:ids AS bigint[]))")
_BACKLOG = text("SELECT count(*) AS pending, min(created_at) AS oldest FROM outbox")
# One relay a database: two would reorder one customer's facts.
_LEAD = text("SELECT pg_try_advisory_xact_lock(hashtext('hikitome relay ' || current_schema()))")


async def append(connection: AsyncConnection, envelopes: Sequence[Envelope]) -> None:
    """Publish these once the transaction is committed, in this order."""
    await append_records(connection, [record_of(envelope) for envelope in envelopes])


async def append_records(connection: AsyncConnection, records: Sequence[Record]) -> None:
    if records:
        rows = {
            "topics": [record.topic for record in records],
            "keys": [record.key for record in records],
            "values": [record.value for record in records],
        }
        await connection.execute(_APPEND, rows)


async def lead(connection: AsyncConnection) -> bool:
    """Become the one relay until this transaction ends; false if another process is."""
    return bool((await connection.execute(_LEAD)).scalar_one())


async def oldest(connection: AsyncConnection, most: int) -> list[Pending]:
    rows = await connection.execute(_OLDEST, {"most": most})
    return [Pending(row.id, Record(row.topic, row.key, row.value), row.created_at) for row in rows]


async def published(connection: AsyncConnection, ids: Sequence[int]) -> None:
    await connection.execute(_PUBLISHED, {"ids": list(ids)})


async def backlog(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many wait, and since when the oldest does."""
    row = (await connection.execute(_BACKLOG)).one()
    return row.pending, row.oldest
