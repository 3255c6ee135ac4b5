"""Addressees: whom a message was for, found again by what comes back of it."""

from dataclasses import dataclass, fields

from sqlalchemy import TextClause, text

from shared.events.action import Way
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Addressee:
    """One message that left, or may have."""

    action: str
    customer_ref: str
    shop: str
    way: Way
    scenario: str
    step: str
    correlation_id: str


# Of who is erased nothing is told any more.
_FOUND = (
    "SELECT a.id, a.customer_ref, a.shop, a.channel, a.scenario, a.step, a.correlation_id"
    " FROM action AS a WHERE {}"
    " AND a.began_at IS NOT NULL AND NOT EXISTS (SELECT FROM customer_mark AS m"
    " WHERE m.customer_ref = a.customer_ref AND m.erased_at IS NOT NULL)"
)
_BY_ACTION = text(_FOUND.format("a.id = CAST(:value AS uuid)"))
_BY_PROVIDER = text(_FOUND.format("a.provider_id = :value AND a.channel = 'mail'") + " LIMIT 1")
_KNOWN = text("SELECT 1 FROM happening WHERE event_id = CAST(:event_id AS uuid)")


async def by_action(connection: AsyncConnection, action: str) -> Addressee | None:
    """None if there is no such action, or nothing of it has left."""
    return await _find(connection, _BY_ACTION, action)


async def by_provider_id(connection: AsyncConnection, provider_id: str) -> Addressee | None:
    """By the mail provider's own word for it."""
    return await _find(connection, _BY_PROVIDER, provider_id)


async def _find(connection: AsyncConnection, query: TextClause, value: str) -> Addressee | None:
    row = (await connection.execute(query, {"value": value})).one_or_none()
    if row is None:
        return None
    values = {**row._mapping, "action": str(row.id), "way": row.channel}
    return Addressee(**{field.name: values[field.name] for field in fields(Addressee)})


async def is_known(connection: AsyncConnection, event_id: str) -> bool:
    """Whether this was told before."""
    return (await connection.execute(_KNOWN, {"event_id": event_id})).first() is not None
