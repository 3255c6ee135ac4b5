"""Status: how much waits in our own tables, when carts were last heard of, and which schema this is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.notifier.condition import Heard
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Waiting:
    """`oldest_due` is the business time at which the oldest message that waits was due."""

    messages_due: int
    messages_planned: int
    oldest_due: datetime | None
    unknown: int
    halted: int
    raised: int
    claimed: int
    parked: int


_CARTS = text("SELECT cart, received_at, events FROM cart_heard ORDER BY cart LIMIT 200")
# Each by the index of its own states.
_WAITING = text(
    "SELECT m.*, a.*, u.unknown, h.halted FROM"
    " (SELECT count(*) FILTER (WHERE due_at <= :business_now) AS messages_due,"
    " count(*) FILTER (WHERE due_at > :business_now) AS messages_planned,"
    " min(due_at) FILTER (WHERE due_at <= :business_now) AS oldest_due"
    " FROM action WHERE state IN ('planned', 'retry_at', 'claimed')) AS m,"
    " (SELECT count(*) AS unknown FROM action WHERE state = 'unknown') AS u,"
    " (SELECT count(*) AS halted FROM scenario WHERE active AND halted_at IS NOT NULL) AS h,"
    " (SELECT count(*) FILTER (WHERE state = 'raised' AND NOT parked) AS raised,"
    " count(*) FILTER (WHERE state = 'claimed') AS claimed,"
    " count(*) FILTER (WHERE state = 'raised' AND parked) AS parked"
    " FROM alert WHERE state IN ('raised', 'claimed')) AS a"
)
_SCHEMA = text("SELECT max(name) FROM migration WHERE name NOT LIKE '000%'")


async def carts(connection: AsyncConnection) -> list[Heard]:
    rows = await connection.execute(_CARTS)
    return [Heard(row.cart, row.received_at, row.events) for row in rows]


async def waiting(connection: AsyncConnection, business_now: datetime) -> Waiting:
    row = (await connection.execute(_WAITING, {"business_now": business_now})).one()
    return Waiting(**row._mapping)


async def schema(connection: AsyncConnection) -> str:
    """The newest migration's name."""
    name: str | None = (await connection.execute(_SCHEMA)).scalar_one()
    return (name or "").removesuffix(".sql")
