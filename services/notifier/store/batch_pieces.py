"""Batch pieces: the actions in a batch, and what becomes of each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from services.notifier.postal.piece import number_of
from services.notifier.scenarios.action import Action
from services.notifier.store import action_messages
from services.notifier.store.action_history import record
from services.notifier.store.actions import action_of
from shared.postgres.engine import AsyncConnection


class Listed(msgspec.Struct, frozen=True):
    """A piece as the page lists it, without its address."""

    action: str
    number: str
    customer_ref: str
    name: str | None
    scenario: str
    title: str
    step: str
    state: str
    reason: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Whose:
    """A piece that came back, and whose it was."""

    action: str
    customer_ref: str
    way: str
    state: str


_BATCHED = text(
    "SELECT * FROM action WHERE batch = CAST(:batch AS uuid) AND state = 'batched' ORDER BY id FOR UPDATE"
)
_ONE = text(
    "SELECT * FROM action WHERE id = CAST(:action AS uuid) AND batch = CAST(:batch AS uuid)"
    " AND state = 'batched' FOR UPDATE"
)
_LIST = text(
    "SELECT a.id, a.customer_ref, c.name, a.scenario, COALESCE(v.body ->> 'title', a.scenario) AS title,"
    " a.step, a.state, a.reason, a.changed_at FROM action AS a"
    " LEFT JOIN scenario AS s ON s.key = a.scenario"
    " LEFT JOIN scenario_version AS v ON v.key = s.key AND v.version = s.version,"
    " contact_of(a.customer_ref) AS c WHERE a.batch = CAST(:batch AS uuid) ORDER BY a.id LIMIT :most"
)
_MOVE = text(
    "UPDATE action SET state = :state, reason = :reason, lease_until = NULL, changed_at = now()"
    " WHERE id = ANY(CAST(:ids AS uuid[])) AND batch = CAST(:batch AS uuid) AND state = :before RETURNING *"
)
_BACK = text(
    "UPDATE action SET state = 'planned', reason = :reason, batch = NULL, began_at = NULL,"
    " first_sent_at = NULL, changed_at = now()"
    " WHERE id = CAST(:id AS uuid) AND batch = CAST(:batch AS uuid) AND state = 'batched' RETURNING id"
)
_SENT = text("SELECT id FROM action WHERE batch = CAST(:batch AS uuid) AND state = 'sent'")
_FIND = text(
    "SELECT id, customer_ref, channel, state FROM action"
    " WHERE id BETWEEN CAST(:low AS uuid) AND CAST(:high AS uuid) AND batch IS NOT NULL LIMIT 2"
)


async def batched(connection: AsyncConnection, batch: str) -> list[Action]:
    """Those that are still in it, locked."""
    return [action_of(row) for row in await connection.execute(_BATCHED, {"batch": batch})]


async def one(connection: AsyncConnection, batch: str, action: str) -> Action | None:
    """Locked, if it is still in the batch."""
    row = (await connection.execute(_ONE, {"batch": batch, "action": action})).one_or_none()
    return None if row is None else action_of(row)


async def listed(connection: AsyncConnection, batch: str, most: int) -> list[Listed]:
    rows = await connection.execute(_LIST, {"batch": batch, "most": most})
    return [
        Listed(
            action=str(row.id),
            number=number_of(str(row.id)),
            customer_ref=row.customer_ref,
            name=row.name,
            scenario=row.scenario,
            title=row.title,
            step=row.step,
            state=row.state,
            reason=row.reason,
            changed_at=row.changed_at,
        )
        for row in rows
    ]


async def move(
    connection: AsyncConnection,
    batch: str,
    ids: Sequence[str],
    states: tuple[str, str],
    reason: str | None = None,
) -> list[Action]:
    """From the one state to the other; the words are forgotten, for the files or nobody needs them now."""
    if not ids:
        return []
    before, state = states
    values = {"batch": batch, "ids": list(ids), "before": before, "state": state, "reason": reason}
    moved = [action_of(row) for row in await connection.execute(_MOVE, values)]
    done = [action.id for action in moved]
    await record(connection, done, state, reason)
    await action_messages.forget(connection, done)
    return moved


async def put_back(connection: AsyncConnection, batch: str, action: str, reason: str) -> None:
    """Out of the batch, to be decided again."""
    moved = await connection.execute(_BACK, {"batch": batch, "id": action, "reason": reason})
    back = [str(row.id) for row in moved]
    await record(connection, back, "planned", reason)
    await action_messages.forget(connection, back)


async def sent(connection: AsyncConnection, batch: str) -> list[str]:
    return [str(row.id) for row in await connection.execute(_SENT, {"batch": batch})]


async def find(connection: AsyncConnection, prefix: str) -> Whose | None:
    """By the beginning of its id (xxxxxxxx-xx); None if there is none, or more than one."""
    low, high = f"{prefix}00-0000-0000-000000000000", f"{prefix}ff-ffff-ffff-ffffffffffff"
    found = (await connection.execute(_FIND, {"low": low, "high": high})).all()
    if len(found) != 1:
        return None
    row = found[0]
    return Whose(str(row.id), row.customer_ref, row.channel, row.state)
