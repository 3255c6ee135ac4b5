"""The delivery log: what was sent to an endpoint and what came of it; and what a delivery is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt; a `status` without a `reason` is good."""

    at: datetime
    status: int | None
    milliseconds: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Logged:
    """A delivery as the log shows it; `due_at` matters while it waits."""

    id: str
    event: str
    alert: str | None
    made_at: datetime
    state: str
    due_at: datetime
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to an alert."""

    seq: int
    what: str
    alert: str
    agent: str | None
    detail: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A request to leave, and the customer's name as it is known now."""

    id: str
    number: str
    customer_ref: str
    subscription: str
    source: str
    requested_at: datetime
    recorded_at: datetime
    reason: str | None
    effective_delivery: int | None
    next_parcel: str
    state: str
    name: str | None


_LOG = text(
    "SELECT d.id, d.event, c.alert, d.made_at, d.state, d.due_at FROM delivery AS d"
    " LEFT JOIN alert_change AS c ON c.id = d.change WHERE d.endpoint = CAST(:endpoint AS uuid)"
    " ORDER BY d.made_at DESC, d.change DESC, d.id LIMIT :most"
)
_ATTEMPTS = text(
    "SELECT delivery, at, status, milliseconds, reason FROM delivery_attempt"
    " WHERE delivery = ANY(CAST(:ids AS uuid[])) ORDER BY id"
)
_CHANGE = text("SELECT seq, what, alert, agent, detail, at FROM alert_change WHERE id = :id")
_CANCELLATION = text(
    "SELECT k.id, k.number, k.customer_ref, k.subscription, k.source, k.requested_at, k.recorded_at,"
    " k.reason, k.effective_delivery, k.next_parcel, k.state, c.name FROM cancellation AS k"
    " CROSS JOIN LATERAL contact_of(k.customer_ref) AS c WHERE k.id = CAST(:id AS uuid)"
)


async def of_endpoint(connection: AsyncConnection, endpoint: str, most: int) -> Sequence[Logged]:
    """The newest deliveries first, each with its attempts in order."""
    rows = (await connection.execute(_LOG, {"endpoint": endpoint, "most": most})).all()
    attempts: dict[str, list[Attempt]] = {str(row.id): [] for row in rows}
    for row in await connection.execute(_ATTEMPTS, {"ids": list(attempts)}):
        attempts[str(row.delivery)].append(Attempt(row.at, row.status, row.milliseconds, row.reason))
    return [
        Logged(
            str(row.id),
            row.event,
            str(row.alert) if row.alert else None,
            row.made_at,
            row.state,
            row.due_at,
            tuple(attempts[str(row.id)]),
        )
        for row in rows
    ]


async def find_change(connection: AsyncConnection, change: int) -> Change:
    row = (await connection.execute(_CHANGE, {"id": change})).one()
    return Change(row.seq, row.what, str(row.alert), row.agent, row.detail, row.at)


async def find_cancellation(connection: AsyncConnection, cancellation: str) -> Cancellation:
    row = (await connection.execute(_CANCELLATION, {"id": cancellation})).one()
    return Cancellation(**{**row._mapping, "id": str(row.id)})
