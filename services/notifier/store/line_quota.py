"""LINE's quota as we know it, kept for all replicas, and which messages may use what is kept back."""

from datetime import datetime

from sqlalchemy import text

from services.notifier.quota import Limits
from shared.postgres.engine import AsyncConnection

_TURN = text(
    "INSERT INTO line_quota AS held (most, used, asked_at) VALUES (NULL, 0, :now) ON CONFLICT (one)"
    " DO UPDATE SET asked_at = excluded.asked_at WHERE held.asked_at <= :asked_before RETURNING 1"
)
_LOOK = text("SELECT most, used FROM line_quota")
_KEEP = text("UPDATE line_quota SET most = :most, used = :used")
_COUNT = text("UPDATE line_quota SET used = used + 1")
_DOUBT = text("UPDATE line_quota SET asked_at = '-infinity' WHERE asked_at <= :asked_before")
# The band of the risk that the message is about, or a scenario that goes before others.
_MATTERS = text(
    "SELECT EXISTS (SELECT FROM alert AS r WHERE r.episode = a.episode AND r.band = 'critical')"
    " OR EXISTS (SELECT FROM enrolment AS e WHERE e.customer_ref = a.customer_ref AND e.scenario = a.scenario"
    " AND e.episode = a.episode AND (e.priority >= :priority OR e.facts ->> 'band' = 'critical'))"
    " AS matters FROM action AS a WHERE a.id = CAST(:action AS uuid)"
)


async def take_turn(connection: AsyncConnection, now: datetime, asked_before: datetime) -> bool:
    """Whether it is on the caller to ask LINE: nobody has since then, and nobody else will now."""
    return (await connection.execute(_TURN, {"now": now, "asked_before": asked_before})).first() is not None


async def look(connection: AsyncConnection) -> Limits:
    """What LINE said last, and what went out since."""
    row = (await connection.execute(_LOOK)).one()
    return Limits(row.most, row.used)


async def keep(connection: AsyncConnection, limits: Limits) -> None:
    await connection.execute(_KEEP, {"most": limits.most, "used": limits.used})


async def count(connection: AsyncConnection) -> None:
    """One more is about to go out."""
    await connection.execute(_COUNT)


async def doubt(connection: AsyncConnection, asked_before: datetime) -> None:
    """Whoever sends next asks LINE, unless somebody has since then."""
    await connection.execute(_DOUBT, {"asked_before": asked_before})


async def matters(connection: AsyncConnection, action: str, priority: int) -> bool:
    """Whether it may use the reserve: its risk is critical, or its scenario at least of this priority."""
    found = await connection.execute(_MATTERS, {"action": action, "priority": priority})
    return bool(found.scalar_one_or_none())
