"""Sendings: from the commit before the first byte to how it ended; what may have left is never forgotten."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import text

from services.notifier.scenarios.action import Action
from services.notifier.store import action_messages
from services.notifier.store.action_history import record
from services.notifier.store.action_messages import Letter
from services.notifier.store.actions import action_of
from services.notifier.store.given import arrays, given
from shared.events.action import Way
from shared.postgres.engine import AsyncConnection

Final = Literal["sent", "rejected", "unknown", "suppressed", "expired"]
Abandoned = tuple[Action, Literal["retry_at", "unknown"]]

_BEGIN = text(
    "UPDATE action SET state = 'sending', attempt = attempt + 1, provider_key = :key, reason = NULL,"
    " began_at = COALESCE(began_at, :now), first_sent_at = COALESCE(first_sent_at, now()),"
    " changed_at = now(), lease_until = now() + make_interval(secs => :lease)"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state IN ('claimed', 'sending') RETURNING id"
)
# What certainly did not leave has not begun: it counts for no cap, and its next attempt is the first.
_RETRY = text(
    "UPDATE action SET state = 'retry_at', reason = :reason, lease_until = NULL, changed_at = now(),"
    " began_at = CASE WHEN :may_have_left THEN began_at END,"
    " first_sent_at = CASE WHEN :may_have_left THEN first_sent_at END,"
    " due_at = COALESCE(:due, due_at), retry_from = now() + make_interval(secs => :wait)"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state IN ('claimed', 'sending') RETURNING id"
)
_RELEASE = text(
    "UPDATE action SET state = 'claimed', began_at = NULL, first_sent_at = NULL, changed_at = now(),"
    " lease_until = now() + make_interval(secs => :lease)"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'sending' RETURNING id"
)
_SETTLE = text(
    "UPDATE action SET state = :state, reason = :reason, provider_id = :provider_id, lease_until = NULL,"
    " changed_at = now() WHERE id = CAST(:id AS uuid) AND fence = :fence"
    " AND state IN ('sending', 'claimed') RETURNING id"
)
_REPEATS = {"channel": "text", "within": "interval"}
_ABANDON = text(
    "WITH lost AS MATERIALIZED (SELECT a.id, COALESCE(a.first_sent_at + given.within > now(), false) AS again"  # noqa: S608
    f" FROM action AS a LEFT JOIN {given(_REPEATS)} USING (channel)"
    " WHERE a.state = 'sending' AND a.lease_until <= now() FOR UPDATE OF a SKIP LOCKED)"
    " UPDATE action AS a SET state = CASE WHEN lost.again THEN 'retry_at' ELSE 'unknown' END,"
    " reason = :reason, lease_until = NULL, retry_from = now(), changed_at = now()"
    " FROM lost WHERE a.id = lost.id RETURNING a.*"
)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('hikitome scenario ' || :scenario, 0))")
_BEGUN = text(
    "SELECT count(*) FROM action WHERE scenario = :scenario AND changed_at > now() - interval '1 hour'"
    " AND first_sent_at > now() - interval '1 hour'"
)


async def begin(
    connection: AsyncConnection, action: Action, letter: Letter, now: datetime, lease_seconds: float
) -> None:
    """To `sending`: after this commits, and only then, may the first byte leave. `now` is business time."""
    values = {"id": action.id, "fence": action.fence, "key": letter.key, "now": now, "lease": lease_seconds}
    (await connection.execute(_BEGIN, values)).one()
    await action_messages.write(connection, action.id, letter)
    await record(connection, [action.id], "sending")


async def retry(
    connection: AsyncConnection,
    action: Action,
    wait_seconds: float,
    reason: str,
    *,
    may_have_left: bool = False,
    due: datetime | None = None,
) -> bool:
    """To `retry_at`, in real time, and not before the business time `due`; false if it is no longer ours.

    What may have left keeps its words and its key, so that the very same is sent again.
    """
    values = {"id": action.id, "fence": action.fence, "wait": wait_seconds, "reason": reason, "due": due}
    values |= {"may_have_left": may_have_left}
    moved = [str(row.id) for row in await connection.execute(_RETRY, values)]
    await record(connection, moved, "retry_at", reason)
    if not may_have_left:
        await action_messages.forget(connection, moved)
    return bool(moved)


async def release(connection: AsyncConnection, action: Action, lease_seconds: float, reason: str) -> bool:
    """Back to `claimed`, for another way: this one certainly took nothing; false if it is no longer ours."""
    values = {"id": action.id, "fence": action.fence, "lease": lease_seconds}
    moved = [str(row.id) for row in await connection.execute(_RELEASE, values)]
    await record(connection, moved, "claimed", reason)
    await action_messages.forget(connection, moved)
    return bool(moved)


async def settle(
    connection: AsyncConnection,
    action: Action,
    state: Final,
    reason: str | None = None,
    provider_id: str | None = None,
) -> bool:
    """How a sending ended; false if the lease was over and the action is somebody else's."""
    values = {"id": action.id, "fence": action.fence, "state": state}
    values |= {"reason": reason, "provider_id": provider_id}
    moved = [str(row.id) for row in await connection.execute(_SETTLE, values)]
    await record(connection, moved, state, reason)
    if state != "unknown":
        await action_messages.forget(connection, moved)
    return bool(moved)


async def abandon(
    connection: AsyncConnection, reason: str, repeats: Mapping[Way, timedelta]
) -> list[Abandoned]:
    """Sendings whose worker died: they may or may not have left.

    Where the provider knows a repeat by its key, for so long, they are sent once more; else no machine tries.
    """
    rows: list[dict[str, object]] = [{"channel": way, "within": within} for way, within in repeats.items()]
    lost = (await connection.execute(_ABANDON, {**arrays(_REPEATS, rows), "reason": reason})).all()
    for row in lost:
        await record(connection, [str(row.id)], row.state, reason)
    return [(action_of(row), row.state) for row in lost]


async def begun_lately(connection: AsyncConnection, scenario: str) -> int:
    """Messages of this scenario that began in the last real hour; who else asks waits for our commit."""
    await connection.execute(_ALONE, {"scenario": scenario})
    return int((await connection.execute(_BEGUN, {"scenario": scenario})).scalar_one())
