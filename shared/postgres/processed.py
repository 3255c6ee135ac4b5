"""Processed events: an event's effects happen once, at however many offsets it stands."""

from collections.abc import Sequence

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

_MARK = text(
    "INSERT INTO processed_event (grp, event_id) SELECT :grp, unnest(CAST(:ids AS uuid[]))"
    " ON CONFLICT DO NOTHING RETURNING event_id"
)


async def mark(connection: AsyncConnection, group: str, event_ids: Sequence[str]) -> set[str]:
    """Remember these ids in this transaction; give those that were not known before.

    They go in sorted, so that two transactions never wait for each other in a circle.
    """
    if not event_ids:
        return set()
    rows = await connection.execute(_MARK, {"grp": group, "ids": sorted(set(event_ids))})
    return {str(row.event_id) for row in rows}
