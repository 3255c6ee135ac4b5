"""Colleagues: who works at the desk, who is at it now, and with whom."""

from datetime import datetime

import msgspec
from sqlalchemy import text

from services.notifier.rights import Role, roles_that_may
from shared.postgres.engine import AsyncConnection

_AT_DESK = roles_that_may("desk")


class Colleague(msgspec.Struct, frozen=True):
    """Somebody who may be given an alert; `here` is whoever was seen lately."""

    login: str
    name: str
    role: Role
    here: bool


_WORKS = "active AND role = ANY(CAST(:roles AS text[]))"
_WORKS_HERE = text(f"SELECT 1 FROM agent WHERE login = :login AND {_WORKS}")  # noqa: S608 - our own condition
_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('hikitome call ' || COALESCE("
    "(SELECT person FROM same_person WHERE account = a.customer_ref), a.customer_ref), 0))"
    " FROM alert AS a WHERE a.id = CAST(:id AS uuid)"
)
_ENGAGED = text(
    "SELECT b.agent FROM alert AS a CROSS JOIN LATERAL accounts_of(a.customer_ref) AS own (account)"
    " JOIN alert AS b ON b.customer_ref = own.account"
    " WHERE a.id = CAST(:id AS uuid) AND b.id <> a.id"
    " AND b.state = 'claimed' AND b.agent <> :agent AND b.lease_until > :now"
)
_ALL = text(
    "SELECT login, name, role, EXISTS (SELECT FROM session AS s WHERE s.login = agent.login"  # noqa: S608
    " AND s.expires_at > :now AND COALESCE(s.seen_at, s.created_at) > :since) AS here"
    f" FROM agent WHERE {_WORKS} ORDER BY name, login"
)


async def works_here(connection: AsyncConnection, login: str) -> bool:
    found = await connection.execute(_WORKS_HERE, {"login": login, "roles": _AT_DESK})
    return found.first() is not None


async def engaged(connection: AsyncConnection, alert_id: str, agent: str, now: datetime) -> str | None:
    """Who else has another alert of the same person; until the transaction ends nobody takes one."""
    await connection.execute(_ALONE, {"id": alert_id})
    found = await connection.execute(_ENGAGED, {"id": alert_id, "agent": agent, "now": now})
    return found.scalars().first()


async def everyone(connection: AsyncConnection, now: datetime, since: datetime) -> list[Colleague]:
    """`since` is how long ago lately began; both are real time."""
    rows = await connection.execute(_ALL, {"now": now, "since": since, "roles": _AT_DESK})
    return [Colleague(row.login, row.name, row.role, row.here) for row in rows]
