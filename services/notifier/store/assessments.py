"""Assessments: every risk that was told: the score's history, and what is known of the next parcel."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text

from services.notifier.store.given import arrays, given
from shared.events.envelope import Envelope
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncConnection


class Assessment(msgspec.Struct, frozen=True):
    """`at`, `due` and `cutoff` are business time."""

    customer_ref: str
    kind: str
    subscription: str | None
    episode: str
    phase: str
    probability: float
    band: str
    at: datetime
    delivery_number: int | None
    min_deliveries: int | None
    due: datetime | None
    cutoff: datetime | None


_KEPT = {
    "event_id": "uuid",
    "customer_ref": "text",
    "kind": "text",
    "subscription": "text",
    "episode": "text",
    "phase": "text",
    "probability": "double precision",
    "band": "text",
    "priority": "double precision",
    "at": "timestamptz",
    "delivery_number": "int",
    "min_deliveries": "int",
    "due": "timestamptz",
    "cutoff": "timestamptz",
}
_KEEP = text(
    f"INSERT INTO assessment ({', '.join(_KEPT)}) SELECT * FROM {given(_KEPT)}"  # noqa: S608 - our own list of columns
    " WHERE NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = given.customer_ref"
    " AND m.erased_at IS NOT NULL) ON CONFLICT DO NOTHING"
)
_OF = text(
    f"SELECT {', '.join(Assessment.__struct_fields__)} FROM assessment"  # noqa: S608
    " WHERE customer_ref = ANY(CAST(:refs AS text[])) ORDER BY at DESC, event_id LIMIT :most"
)
_DELETE = text("DELETE FROM assessment WHERE customer_ref = :customer_ref RETURNING subscription")
_PRUNE = text(
    "DELETE FROM assessment WHERE event_id IN"
    " (SELECT event_id FROM assessment WHERE at < :before ORDER BY at LIMIT :most)"
)


async def keep(connection: AsyncConnection, envelopes: Iterable[Envelope]) -> None:
    """Each once; of who is erased none."""
    rows = [_row(each, each.data) for each in envelopes if isinstance(each.data, RiskAssessed)]
    if rows:
        await connection.execute(_KEEP, arrays(_KEPT, rows))


async def of(connection: AsyncConnection, refs: Sequence[str], most: int) -> list[Assessment]:
    """The newest of these customers."""
    rows = await connection.execute(_OF, {"refs": list(refs), "most": most})
    return [Assessment(**row._mapping) for row in rows]


async def forget(connection: AsyncConnection, customer_ref: str) -> set[str]:
    """Delete all of this customer, and give the contracts they were about."""
    gone = (await connection.execute(_DELETE, {"customer_ref": customer_ref})).scalars()
    return {subscription for subscription in gone if subscription is not None}


async def prune(connection: AsyncConnection, before: datetime, most: int) -> int:
    """Delete at most so many of those from before then; how many that were."""
    return (await connection.execute(_PRUNE, {"before": before, "most": most})).rowcount


def _row(envelope: Envelope, risk: RiskAssessed) -> dict[str, object]:
    return {
        "event_id": envelope.id,
        "customer_ref": envelope.subject,
        "kind": risk.kind,
        "subscription": risk.subscription,
        "episode": risk.episode,
        "phase": risk.phase,
        "probability": risk.probability,
        "band": risk.band,
        "priority": risk.priority,
        "at": risk.assessed_at,
        "delivery_number": risk.delivery_number,
        "min_deliveries": risk.min_deliveries,
        "due": risk.due,
        "cutoff": risk.cutoff,
    }
