"""Pages of alerts for other programs: by id, so that what changes meanwhile moves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from services.notifier.store import cards
from services.notifier.store.cards import Card
from shared.postgres.engine import AsyncConnection

NOTHING = "00000000-0000-0000-0000-000000000000"
_PAGE = text(
    "SELECT id FROM alert WHERE id > CAST(:after AS uuid) AND state = ANY(:states)"
    " AND (CAST(:band AS text) IS NULL OR band = :band) AND (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " ORDER BY id LIMIT :most"
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which alerts are wanted; None where any will do."""

    states: Sequence[str]
    band: str | None = None
    kind: str | None = None


async def page(connection: AsyncConnection, filters: Filters, after: str | None, most: int) -> Sequence[Card]:
    """The first `most` of them with an id above `after`."""
    found = await connection.execute(
        _PAGE,
        {
            "after": after or NOTHING,
            "states": list(filters.states),
            "band": filters.band,
            "kind": filters.kind,
            "most": most,
        },
    )
    return await cards.many(connection, [str(alert) for alert in found.scalars()])
