"""Actions: the life of every message, one row each, and every state it was ever in."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Literal

from msgspec import structs
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.scenarios.action import Action
from services.notifier.scenarios.plan import Planned
from services.notifier.store.enrolments import Ended
from services.notifier.store.given import arrays, given
from shared.postgres.engine import AsyncConnection

Final = Literal["sent", "rejected", "unknown", "suppressed", "expired"]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a planned action follows from."""

    customer_ref: str
    scenario: str
    episode: str
    shop: str
    correlation_id: str
    causation_id: str


@dataclass(frozen=True, slots=True)
class Letter:
    """The words as they are about to be sent."""

    key: str
    address: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many actions are in a state, and for how many real seconds the oldest has been."""

    channel: str
    state: str
    count: int
    oldest_seconds: float


_PLAN = {
    "id": "uuid",
    "customer_ref": "text",
    "scenario": "text",
    "episode": "text",
    "step": "text",
    "channel": "text",
    "shop": "text",
    "correlation_id": "text",
    "causation_id": "text",
    "due_at": "timestamptz",
}
_ADD = text(
    f"INSERT INTO action ({', '.join(_PLAN)}) SELECT * FROM {given(_PLAN)}"  # noqa: S608
    " ON CONFLICT DO NOTHING RETURNING id"
)
# Materialised, for a plan that runs the subquery twice would claim more than it gives.
_CLAIM = text(
    "WITH due AS MATERIALIZED (SELECT id FROM action WHERE state IN ('planned', 'retry_at', 'claimed')"
    " AND due_at <= :now AND (state <> 'retry_at' OR retry_from <= now())"
    " AND (state <> 'claimed' OR lease_until <= now()) ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)"
    " UPDATE action SET state = 'claimed', reason = NULL, fence = fence + 1, changed_at = now(),"
    " lease_until = now() + make_interval(secs => :lease) FROM due WHERE action.id = due.id RETURNING"
    " action.*"
)
# One message at a time is decided for one customer: else two steps could both find the frequency cap free.
_ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('hikitome customer ' || COALESCE("
    "(SELECT person FROM same_person WHERE account = :customer_ref), :customer_ref), 0))"
)
_HOLD = text(
    "SELECT 1 FROM action WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'claimed'"
    " AND lease_until > now() FOR UPDATE"
)
_BEGIN = text(
    "UPDATE action SET state = 'sending', attempt = attempt + 1, provider_key = :key, began_at = :now,"
    " changed_at = now(), lease_until = now() + make_interval(secs => :lease)"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'claimed' RETURNING id"
)
_WRITE = text(
    "INSERT INTO action_message (action_id, address, subject, body)"
    " VALUES (CAST(:id AS uuid), :address, :subject, :body) ON CONFLICT (action_id) DO UPDATE"
    " SET address = excluded.address, subject = excluded.subject, body = excluded.body, written_at = now()"
)
_POSTPONE = text(
    "UPDATE action SET state = 'planned', reason = :reason, due_at = :until, lease_until = NULL,"
    " changed_at = now() WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'claimed' RETURNING id"
)
_RETRY = text(
    "UPDATE action SET state = 'retry_at', reason = :reason, lease_until = NULL, changed_at = now(),"
    " retry_from = now() + make_interval(secs => :wait)"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'sending' RETURNING id"
)
_SETTLE = text(
    "UPDATE action SET state = :state, reason = :reason, provider_id = :provider_id, lease_until = NULL,"
    " changed_at = now() WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = :before RETURNING id"
)
_ABANDON = text(
    "WITH lost AS MATERIALIZED (SELECT id FROM action WHERE state = 'sending' AND lease_until <= now()"
    " FOR UPDATE SKIP LOCKED) UPDATE action SET state = 'unknown', reason = :reason, lease_until = NULL,"
    " changed_at = now() FROM lost WHERE action.id = lost.id RETURNING action.*"
)
_PLACE = {"customer_ref": "text", "scenario": "text", "episode": "text", "place": "int"}
_DROP = text(
    "WITH open AS MATERIALIZED (SELECT a.id, given.place"  # noqa: S608 - our own list of columns
    f" FROM {given(_PLACE)} JOIN action AS a USING (customer_ref, scenario, episode)"
    " WHERE a.state IN ('planned', 'claimed', 'retry_at') ORDER BY a.id FOR NO KEY UPDATE OF a)"
    " UPDATE action AS a SET state = 'suppressed', reason = :reason, lease_until = NULL, changed_at = now()"
    " FROM open WHERE a.id = open.id RETURNING a.*, open.place"
)
_RECORD = text(
    "INSERT INTO action_history (action_id, state, reason)"
    " SELECT unnest(CAST(:ids AS uuid[])), :state, :reason"
)
_FORGET = text("DELETE FROM action_message WHERE action_id = ANY(CAST(:ids AS uuid[]))")
_FORGET_CUSTOMER = text(
    "DELETE FROM action_message USING action WHERE action.id = action_id"
    " AND customer_ref IN (SELECT accounts_of(:customer_ref))"
)
_BACKLOG = text(
    "SELECT channel, state, count(*) AS many, extract(epoch FROM now() - min(changed_at)) AS oldest"
    " FROM action WHERE state IN ('planned', 'claimed', 'sending', 'retry_at', 'unknown')"
    " GROUP BY channel, state"
)


def _action(row: Row[tuple[object, ...]]) -> Action:
    return Action(**{field.name: row._mapping[field.name] for field in fields(Action)} | {"id": str(row.id)})


async def add(connection: AsyncConnection, planned: Sequence[tuple[Origin, Planned]]) -> None:
    """Plan these; what is planned already, or long since sent, stays as it is."""
    if planned:
        rows = [
            asdict(origin) | structs.asdict(step)
            for origin, step in sorted(planned, key=lambda one: one[1].id)
        ]
        added = await connection.execute(_ADD, arrays(_PLAN, rows))
        await _record(connection, [str(row.id) for row in added], "planned")


async def claim(connection: AsyncConnection, now: datetime, lease_seconds: float, most: int) -> list[Action]:
    """Take the oldest due; nobody else gets them before the lease ends."""
    rows = await connection.execute(_CLAIM, {"now": now, "lease": lease_seconds, "most": most})
    claimed = [_action(row) for row in rows]
    await _record(connection, [action.id for action in claimed], "claimed")
    return claimed


async def hold(connection: AsyncConnection, action: Action) -> bool:
    """Lock the customer and the row until the transaction ends; false if the claim was lost meanwhile."""
    await connection.execute(_ALONE, {"customer_ref": action.customer_ref})
    found = await connection.execute(_HOLD, {"id": action.id, "fence": action.fence})
    return found.first() is not None


async def begin(
    connection: AsyncConnection, action: Action, letter: Letter, now: datetime, lease_seconds: float
) -> None:
    """To `sending`: after this commits, and only then, may the first byte leave."""
    who = {"id": action.id, "fence": action.fence}
    values = {**who, "key": letter.key, "now": now, "lease": lease_seconds}
    (await connection.execute(_BEGIN, values)).one()
    words = {"id": action.id, "address": letter.address, "subject": letter.subject, "body": letter.body}
    await connection.execute(_WRITE, words)
    await _record(connection, [action.id], "sending")


async def postpone(connection: AsyncConnection, action: Action, until: datetime, reason: str) -> None:
    """Back to `planned`, to be decided again at `until`."""
    values = {"id": action.id, "fence": action.fence, "until": until, "reason": reason}
    (await connection.execute(_POSTPONE, values)).one()
    await _record(connection, [action.id], "planned", reason)


async def retry(connection: AsyncConnection, action: Action, wait_seconds: float, reason: str) -> bool:
    """To `retry_at`: certainly not sent, and tried again; false if the action is no longer ours."""
    values = {"id": action.id, "fence": action.fence, "wait": wait_seconds, "reason": reason}
    moved = (await connection.execute(_RETRY, values)).all()
    await _record(connection, [str(row.id) for row in moved], "retry_at", reason)
    await _forget(connection, [str(row.id) for row in moved])
    return bool(moved)


async def suppress(connection: AsyncConnection, action: Action, reason: str) -> None:
    """A claimed action that is decided against."""
    await _settle(connection, action, "claimed", "suppressed", reason, None)


async def settle(
    connection: AsyncConnection,
    action: Action,
    state: Final,
    reason: str | None = None,
    provider_id: str | None = None,
) -> bool:
    """How a sending ended; false if the lease was over and the action is `unknown` already."""
    return await _settle(connection, action, "sending", state, reason, provider_id)


async def _settle(
    connection: AsyncConnection,
    action: Action,
    before: str,
    state: Final,
    reason: str | None,
    provider_id: str | None,
) -> bool:
    values = {
        "id": action.id,
        "fence": action.fence,
        "before": before,
        "state": state,
        "reason": reason,
        "provider_id": provider_id,
    }
    moved = [str(row.id) for row in await connection.execute(_SETTLE, values)]
    await _record(connection, moved, state, reason)
    if state != "unknown":
        await _forget(connection, moved)
    return bool(moved)


async def abandon(connection: AsyncConnection, reason: str) -> list[Action]:
    """Sendings whose worker died: they may or may not have left, and no machine tries again."""
    lost = [_action(row) for row in await connection.execute(_ABANDON, {"reason": reason})]
    await _record(connection, [action.id for action in lost], "unknown", reason)
    return lost


async def drop(
    connection: AsyncConnection, ended: Sequence[Ended], reason: str
) -> list[tuple[Ended, Action]]:
    """Suppress what has not begun in these enrolments; what is being sent is on its way."""
    if not ended:
        return []
    rows = [
        {"customer_ref": one.customer_ref, "scenario": one.scenario, "episode": one.episode, "place": place}
        for place, one in enumerate(ended)
    ]
    found = (await connection.execute(_DROP, {**arrays(_PLACE, rows), "reason": reason})).all()
    dropped = [(ended[row.place], _action(row)) for row in sorted(found, key=lambda row: row.place)]
    await _record(connection, [action.id for _, action in dropped], "suppressed", reason)
    return dropped


async def forget_words(connection: AsyncConnection, customer_ref: str) -> None:
    """Every rendered word for this person, on any account: they lend each other their addresses."""
    await connection.execute(_FORGET_CUSTOMER, {"customer_ref": customer_ref})


async def backlog(connection: AsyncConnection) -> list[Backlog]:
    rows = await connection.execute(_BACKLOG)
    return [Backlog(row.channel, row.state, row.many, float(row.oldest)) for row in rows]


async def _record(
    connection: AsyncConnection, ids: Sequence[str], state: str, reason: str | None = None
) -> None:
    if ids:
        await connection.execute(_RECORD, {"ids": list(ids), "state": state, "reason": reason})


async def _forget(connection: AsyncConnection, ids: Sequence[str]) -> None:
    if ids:
        await connection.execute(_FORGET, {"ids": list(ids)})
