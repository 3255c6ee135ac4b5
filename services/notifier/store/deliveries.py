"""Deliveries: made of what happened, once for each endpoint that wants it; claimed, sent and recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import text

from services.notifier.scopes import HAPPENINGS, TEST
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until its lease ends; `tries` were made before this one."""

    id: str
    endpoint: str
    event: str
    change: int | None
    cancellation: str | None
    made_at: datetime
    tries: int
    fence: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one attempt; a `status` without a `reason` is good."""

    at: datetime
    status: int | None
    milliseconds: int
    reason: str | None


# Whoever makes deliveries waits for the one before, and for who switches an endpoint.
_LOCK = text("SELECT 1 FROM endpoint ORDER BY id FOR NO KEY UPDATE")
_NEWS = text(
    "SELECT EXISTS (SELECT FROM endpoint, alert_sequence WHERE after_seq < last)"
    " OR EXISTS (SELECT FROM cancellation_news)"
)
# Up to a number that is read once: what is numbered in between belongs to the next turn.
_OF_CHANGES = text(
    "INSERT INTO delivery (id, endpoint, event, change, made_at, due_at, state)"
    " SELECT gen_random_uuid(), e.id, named.event, c.id, :now, :now,"
    " CASE WHEN e.off_because IS NULL THEN 'waiting' ELSE 'held' END"
    " FROM endpoint AS e JOIN alert_change AS c ON c.seq > e.after_seq"
    " AND c.seq <= LEAST(CAST(:last AS bigint), e.after_seq + :most)"
    " JOIN unnest(CAST(:whats AS text[]), CAST(:happenings AS text[])) AS named (what, event) USING (what)"
    " WHERE named.event = ANY(e.events) ON CONFLICT DO NOTHING"
)
_ADVANCE = text(
    "UPDATE endpoint SET after_seq = LEAST(CAST(:last AS bigint), after_seq + :most) WHERE after_seq < :last"
    " RETURNING after_seq"
)
_LAST = text("SELECT last FROM alert_sequence")
_OF_CANCELLATIONS = text(
    "WITH news AS (DELETE FROM cancellation_news RETURNING cancellation)"
    " INSERT INTO delivery (id, endpoint, event, cancellation, made_at, due_at, state)"
    " SELECT gen_random_uuid(), e.id, 'cancellation.requested', news.cancellation, :now, :now,"
    " CASE WHEN e.off_because IS NULL THEN 'waiting' ELSE 'held' END"
    " FROM news, endpoint AS e WHERE 'cancellation.requested' = ANY(e.events) ON CONFLICT DO NOTHING"
)
_OF_TEST = text(
    "INSERT INTO delivery (id, endpoint, event, made_at, due_at, state)"
    " SELECT CAST(:id AS uuid), id, :event, :now, :now, 'waiting' FROM endpoint"
    " WHERE id = CAST(:endpoint AS uuid) AND off_because IS NULL RETURNING id"
)
_DUE = text(
    "SELECT DISTINCT d.endpoint FROM delivery AS d JOIN endpoint AS e ON e.id = d.endpoint"
    " WHERE d.state = 'waiting' AND d.due_at <= :now AND (d.lease_until IS NULL OR d.lease_until <= :now)"
    " AND e.off_because IS NULL"
)
_CLAIM = text(
    "WITH due AS MATERIALIZED (SELECT d.id FROM delivery AS d JOIN endpoint AS e ON e.id = d.endpoint"
    " WHERE d.endpoint = CAST(:endpoint AS uuid) AND e.off_because IS NULL AND d.state = 'waiting'"
    " AND d.due_at <= :now AND (d.lease_until IS NULL OR d.lease_until <= :now)"
    " ORDER BY d.due_at, d.change, d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED)"
    " UPDATE delivery AS d SET lease_until = :until, fence = fence + 1 FROM due WHERE d.id = due.id"
    " RETURNING d.id, d.endpoint, d.event, d.change, d.cancellation, d.made_at, d.tries, d.fence"
)
_ATTEMPT = text(
    "INSERT INTO delivery_attempt (delivery, at, status, milliseconds, reason)"
    " SELECT id, :at, :status, :milliseconds, :reason FROM delivery WHERE id = CAST(:id AS uuid)"
)
_DELIVERED = text(
    "UPDATE delivery SET state = 'delivered', tries = tries + 1, lease_until = NULL"
    " WHERE id = CAST(:id AS uuid)"
)
_OURS = "WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'waiting'"
_AGAIN = text(
    f"UPDATE delivery SET tries = tries + 1, due_at = :due_at, lease_until = NULL {_OURS}"  # noqa: S608
)
_FAILED = text(
    f"UPDATE delivery SET state = 'failed', tries = tries + 1, lease_until = NULL {_OURS}"  # noqa: S608
)
_HOLD = text(
    "UPDATE delivery SET state = 'held', lease_until = NULL, fence = fence + 1"
    " WHERE endpoint = CAST(:endpoint AS uuid) AND state = 'waiting'"
)
_ASK = (
    "UPDATE delivery SET state = 'waiting', tries = 0, due_at = :now, lease_until = NULL, fence = fence + 1"
)
_ASK_ONE = text(
    f"{_ASK} FROM endpoint AS e WHERE e.id = endpoint AND e.off_because IS NULL"
    " AND delivery.id = CAST(:id AS uuid) AND state <> 'waiting' RETURNING e.name"
)
_ASK_ALL = text(
    f"{_ASK} FROM endpoint AS e WHERE e.id = endpoint AND e.off_because IS NULL"
    " AND e.id = CAST(:endpoint AS uuid) AND state IN ('failed', 'held') AND made_at >= :since"
)
_PRUNE = text("DELETE FROM delivery WHERE made_at < :before AND state <> 'waiting'")


async def make(connection: AsyncConnection, now: datetime, most: int) -> bool:
    """Make deliveries of what happened since, and move on in the same transaction; False if nothing was new.

    Of each endpoint's changes at most `most` are looked at in one go.
    """
    if not (await connection.execute(_NEWS)).scalar_one():
        return False
    await connection.execute(_LOCK)
    last = (await connection.execute(_LAST)).scalar_one()
    names = {"whats": list(HAPPENINGS), "happenings": list(HAPPENINGS.values())}
    step = {"last": last, "most": most}
    await connection.execute(_OF_CHANGES, {**step, **names, "now": now})
    await connection.execute(_ADVANCE, step)
    await connection.execute(_OF_CANCELLATIONS, {"now": now})
    return True


async def make_test(connection: AsyncConnection, endpoint: str, now: datetime) -> bool:
    """A message that says nothing; False if the endpoint is off, or is no more."""
    values = {"id": str(uuid4()), "endpoint": endpoint, "event": TEST, "now": now}
    return (await connection.execute(_OF_TEST, values)).one_or_none() is not None


async def due(connection: AsyncConnection, now: datetime) -> Sequence[str]:
    """The endpoints for which something is to be sent."""
    return [str(endpoint) for endpoint in (await connection.execute(_DUE, {"now": now})).scalars()]


async def claim(connection: AsyncConnection, endpoint: str, now: datetime, until: datetime) -> Claimed | None:
    """The next that is due for this endpoint, ours until then; what a process let go of is due again."""
    values = {"endpoint": endpoint, "now": now, "until": until}
    row = (await connection.execute(_CLAIM, values)).one_or_none()
    if row is None:
        return None
    cancellation = str(row.cancellation) if row.cancellation else None
    known = {"id": str(row.id), "endpoint": str(row.endpoint), "cancellation": cancellation}
    return Claimed(**{**row._mapping, **known})


async def note(connection: AsyncConnection, claimed: Claimed, tried: Tried) -> None:
    """The attempt, whatever came of it; nothing if the endpoint was removed meanwhile."""
    values = {"at": tried.at, "status": tried.status, "milliseconds": tried.milliseconds}
    await connection.execute(_ATTEMPT, {**values, "id": claimed.id, "reason": tried.reason})


async def settle(connection: AsyncConnection, claimed: Claimed) -> None:
    """It has arrived; that is true even if another process holds the lease by now."""
    await connection.execute(_DELIVERED, {"id": claimed.id})


async def again(connection: AsyncConnection, claimed: Claimed, due_at: datetime | None) -> None:
    """Another time, or no more when `due_at` is None; nothing if it is no longer ours."""
    ours = {"id": claimed.id, "fence": claimed.fence}
    if due_at is None:
        await connection.execute(_FAILED, ours)
    else:
        await connection.execute(_AGAIN, {**ours, "due_at": due_at})


async def hold(connection: AsyncConnection, endpoint: str) -> None:
    """Its endpoint is off: what waits is kept, to be asked for."""
    await connection.execute(_HOLD, {"endpoint": endpoint})


async def ask(connection: AsyncConnection, delivery: str, now: datetime) -> str | None:
    """Send it (again); the endpoint's name, or None if that is off, or it waits anyway, or there is none."""
    found = await connection.execute(_ASK_ONE, {"id": delivery, "now": now})
    name: str | None = found.scalar_one_or_none()
    return name


async def ask_all(connection: AsyncConnection, endpoint: str, since: datetime, now: datetime) -> int:
    """Send (again) whatever failed or was held of what was made since then; how many these are."""
    values = {"endpoint": endpoint, "since": since, "now": now}
    return (await connection.execute(_ASK_ALL, values)).rowcount


async def prune(connection: AsyncConnection, before: datetime) -> None:
    """The log goes, with its attempts."""
    await connection.execute(_PRUNE, {"before": before})
