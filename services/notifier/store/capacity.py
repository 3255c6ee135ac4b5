"""Capacity: what the desk has the hands for, and the alerts of the last weeks that it is measured by."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.notifier.capacity import Load
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Capacity:
    """`alerts_per_day` None is no limit; `changed_at` is real time."""

    alerts_per_day: int | None
    threshold: float
    changed_by: str | None
    changed_at: datetime | None


_READ = text(
    "SELECT k.alerts_per_day, k.threshold, g.name AS changed_by, k.changed_at"
    " FROM capacity AS k LEFT JOIN agent AS g ON g.login = k.changed_by"
)
_LOCK = text("SELECT alerts_per_day FROM capacity FOR UPDATE")
_SAVE = text(
    "UPDATE capacity SET alerts_per_day = :alerts_per_day, threshold = :threshold, changed_by = :by,"
    " changed_at = :at"
)
_FIT = text("UPDATE capacity SET threshold = :threshold")
# What waits from before is part of the work too.
_LOADS = text(
    "SELECT priority, value_amount AS value, state = 'raised' AND call_from IS NULL AS waiting FROM alert"
    " WHERE raised_at >= :since OR state IN ('raised', 'claimed')"
)
_FIRST = text("SELECT min(raised_at) FROM alert WHERE raised_at >= :since")


async def read(connection: AsyncConnection) -> Capacity:
    return Capacity(**(await connection.execute(_READ)).one()._mapping)


async def lock(connection: AsyncConnection) -> int | None:
    """The alerts a day; until the transaction ends nobody else changes them."""
    per_day: int | None = (await connection.execute(_LOCK)).scalar_one()
    return per_day


async def loads(connection: AsyncConnection, since: datetime) -> list[Load]:
    """Alerts raised since then, whatever became of them, and all that are open."""
    rows = await connection.execute(_LOADS, {"since": since})
    return [Load(row.priority, row.value, row.waiting) for row in rows]


async def first_raised(connection: AsyncConnection, since: datetime) -> datetime | None:
    """When the first alert since then was raised."""
    first: datetime | None = (await connection.execute(_FIRST, {"since": since})).scalar_one()
    return first


async def save(
    connection: AsyncConnection, per_day: int | None, threshold: float, by: str, at: datetime
) -> None:
    values = {"alerts_per_day": per_day, "threshold": threshold, "by": by, "at": at}
    await connection.execute(_SAVE, values)


async def fit(connection: AsyncConnection, threshold: float) -> None:
    """The same capacity, for what comes in now."""
    await connection.execute(_FIT, {"threshold": threshold})
