"""Risk events: what was told about whom, when, why, and by which model."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text

from shared.events.envelope import Envelope
from shared.events.risk import RiskAssessed
from shared.postgres import outbox
from shared.postgres.engine import AsyncConnection

_RECORD = text(
    "INSERT INTO risk_event"
    " (event_id, customer_ref, episode, phase, probability, model, assessed_at, noticed_at, detail)"
    " VALUES (:event_id, :customer_ref, :episode, :phase, :probability, :model, :assessed_at, :noticed_at,"
    " CAST(:detail AS jsonb))"
)


async def tell(connection: AsyncConnection, told: Sequence[tuple[Envelope, RiskAssessed]]) -> None:
    """Record the risk events and publish them once the transaction is committed."""
    if not told:
        return
    await connection.execute(
        _RECORD,
        [
            {
                "event_id": envelope.id,
                "customer_ref": envelope.subject,
                "episode": risk.episode,
                "phase": risk.phase,
                "probability": risk.probability,
                "model": risk.model,
                "assessed_at": risk.assessed_at,
                "noticed_at": risk.noticed_at,
                "detail": msgspec.json.encode(risk).decode(),
            }
            for envelope, risk in told
        ],
    )
    await outbox.append(connection, [envelope for envelope, _ in told])
