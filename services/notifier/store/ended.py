"""Ended: the newest call about an alert as it was recorded, to know a result that is sent twice."""

from dataclasses import dataclass

from sqlalchemy import text

from services.notifier.resolution import Resolution
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Ended:
    """Who recorded it, as which attempt, and what; without the offer's details and the call-back's time."""

    agent: str
    attempt: int
    resolution: Resolution


_LAST = text(
    "SELECT d.agent, d.attempt, d.disposition, d.reason, d.reason_detail, d.offer, d.answer, n.note"
    " FROM disposition AS d LEFT JOIN disposition_note AS n ON n.disposition = d.id"
    " WHERE d.alert = CAST(:alert AS uuid) ORDER BY d.attempt DESC LIMIT 1"
)


async def last(connection: AsyncConnection, alert_id: str) -> Ended | None:
    row = (await connection.execute(_LAST, {"alert": alert_id})).one_or_none()
    if row is None:
        return None
    resolution = Resolution(
        disposition=row.disposition,
        reason=row.reason,
        reason_detail=row.reason_detail,
        offer=row.offer,
        answer=row.answer,
        note=row.note,
    )
    return Ended(row.agent, row.attempt, resolution)
