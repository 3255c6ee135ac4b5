"""Actions: every step of every enrolment, from being planned until it is being sent; one row each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Literal

from msgspec import structs
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.scenarios.action import Action
from services.notifier.scenarios.plan import Planned
from services.notifier.store import action_messages
from services.notifier.store.action_history import record
from services.notifier.store.action_messages import Letter
from services.notifier.store.enrolments import Ended
from services.notifier.store.given import arrays, given
from shared.events.action import Way
from shared.postgres.engine import AsyncConnection

Judged = Literal["sent", "not_sent", "again"]


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
class Held:
    """A claim that still holds; `begun`: it may have left at an earlier attempt, `since` so long ago."""

    begun: bool
    since: timedelta


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
# What was told to wait because its scenario is halted waits till that goes on.
# Materialised, for a plan that runs the subquery twice would claim more than it gives.
_CLAIM = text(
    "WITH due AS MATERIALIZED (SELECT id FROM action WHERE state IN ('planned', 'retry_at', 'claimed')"
    " AND due_at <= :now AND (state <> 'retry_at' OR retry_from <= now())"
    " AND (reason IS DISTINCT FROM 'halted' OR NOT EXISTS (SELECT FROM scenario AS s"
    " WHERE s.key = action.scenario AND s.halted_at IS NOT NULL))"
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
    "SELECT began_at IS NOT NULL AS begun, now() - COALESCE(first_sent_at, now()) AS since FROM action"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = :state AND lease_until > now()"
    " FOR UPDATE"
)
_POSTPONE = text(
    "UPDATE action SET state = 'planned', reason = :reason, due_at = :until, lease_until = NULL,"
    " changed_at = now() WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'claimed' RETURNING id"
)
# What waits on for the same reason is no news, however often it was looked at.
_WAITS_ON = text(
    "WITH before AS MATERIALIZED (SELECT id FROM (SELECT id, state, reason FROM action_history"
    " WHERE action_id = CAST(:id AS uuid) AND state <> 'claimed' ORDER BY id DESC LIMIT 1) AS newest"
    " WHERE state = 'planned' AND reason = :reason)"
    " DELETE FROM action_history AS h USING before WHERE action_id = CAST(:id AS uuid) AND h.id > before.id"
    " RETURNING h.id"
)
_SUPPRESS = text(
    "UPDATE action SET state = 'suppressed', reason = :reason, lease_until = NULL, changed_at = now()"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'claimed' RETURNING id"
)
_CHOOSE = text(
    "UPDATE action SET channel = :way, creative = :creative, cost_amount = :cost"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence RETURNING *"
)
_BATCH = text(
    "UPDATE action SET state = 'batched', reason = NULL, batch = CAST(:batch AS uuid), provider_key = :key,"
    " began_at = :now, first_sent_at = now(), attempt = attempt + 1, lease_until = NULL, changed_at = now()"
    " WHERE id = CAST(:id AS uuid) AND fence = :fence AND state = 'claimed' RETURNING id"
)
_PLACE = {"customer_ref": "text", "scenario": "text", "episode": "text", "place": "int"}
# Whoever closes a batch waits, or has closed it before we look.
_HOLD_BATCHES = text(
    "SELECT 1 FROM batch WHERE state = 'open' AND id IN"  # noqa: S608 - our own list of columns
    f" (SELECT a.batch FROM {given(_PLACE)} JOIN action AS a USING (customer_ref, scenario, episode)"
    " WHERE a.state = 'batched') ORDER BY id FOR SHARE"
)
_DROP = text(
    "WITH open AS MATERIALIZED (SELECT a.id, given.place"  # noqa: S608 - our own list of columns
    f" FROM {given(_PLACE)} JOIN action AS a USING (customer_ref, scenario, episode)"
    " LEFT JOIN batch AS b ON b.id = a.batch WHERE (a.state = 'batched' AND b.state = 'open')"
    " OR (a.state IN ('planned', 'claimed', 'retry_at') AND a.began_at IS NULL)"
    " ORDER BY a.id FOR NO KEY UPDATE OF a)"
    " UPDATE action AS a SET state = 'suppressed', reason = :reason, lease_until = NULL, changed_at = now()"
    " FROM open WHERE a.id = open.id RETURNING a.*, open.place"
)
_FORGET_CUSTOMER = text(
    "DELETE FROM action_message USING action WHERE action.id = action_id"
    " AND customer_ref IN (SELECT accounts_of(:customer_ref))"
)
_JUDGE = text(
    "UPDATE action SET state = :state, reason = :reason, changed_at = now(), batch = NULL,"
    " due_at = CASE WHEN :anew THEN :now ELSE due_at END,"
    " began_at = CASE WHEN :anew THEN NULL ELSE began_at END,"
    " first_sent_at = CASE WHEN :anew THEN NULL ELSE first_sent_at END"
    " WHERE id = CAST(:id AS uuid) AND state = 'unknown' RETURNING *"
)
_BACKLOG = text(
    "SELECT channel, state, count(*) AS many, extract(epoch FROM now() - min(changed_at)) AS oldest"
    " FROM action WHERE state IN ('planned', 'claimed', 'batched', 'sending', 'retry_at', 'unknown')"
    " GROUP BY channel, state"
)


def action_of(row: Row[tuple[object, ...]]) -> Action:
    """From a row of the table."""
    return Action(**{field.name: row._mapping[field.name] for field in fields(Action)} | {"id": str(row.id)})


async def add(connection: AsyncConnection, planned: Sequence[tuple[Origin, Planned]]) -> None:
    """Plan these; what is planned already, or long since sent, stays as it is."""
    if planned:
        rows = [
            asdict(origin) | structs.asdict(step)
            for origin, step in sorted(planned, key=lambda one: one[1].id)
        ]
        added = await connection.execute(_ADD, arrays(_PLAN, rows))
        await record(connection, [str(row.id) for row in added], "planned")


async def claim(connection: AsyncConnection, now: datetime, lease_seconds: float, most: int) -> list[Action]:
    """Take the oldest due; nobody else gets them before the lease ends."""
    rows = await connection.execute(_CLAIM, {"now": now, "lease": lease_seconds, "most": most})
    claimed = [action_of(row) for row in rows]
    await record(connection, [action.id for action in claimed], "claimed")
    return claimed


async def hold(
    connection: AsyncConnection, action: Action, state: Literal["claimed", "sending"] = "claimed"
) -> Held | None:
    """Lock the customer and the row until the transaction ends; None if the claim was lost meanwhile."""
    await connection.execute(_ALONE, {"customer_ref": action.customer_ref})
    row = (await connection.execute(_HOLD, {**_who(action), "state": state})).one_or_none()
    return None if row is None else Held(row.begun, row.since)


async def choose(
    connection: AsyncConnection, action: Action, way: Way, creative: str | None, cost: int | None
) -> Action:
    """The way it goes out and the words it goes out with; `cost` in minor units."""
    values = {**_who(action), "way": way, "creative": creative, "cost": cost}
    return action_of((await connection.execute(_CHOOSE, values)).one())


async def postpone(connection: AsyncConnection, action: Action, until: datetime, reason: str) -> bool:
    """Back to `planned`, to be decided again at `until`; False if it waited for the same reason before."""
    (await connection.execute(_POSTPONE, {**_who(action), "until": until, "reason": reason})).one()
    if (await connection.execute(_WAITS_ON, {"id": action.id, "reason": reason})).all():
        return False
    await record(connection, [action.id], "planned", reason)
    return True


async def suppress(connection: AsyncConnection, action: Action, reason: str) -> None:
    """A claimed action that is decided against."""
    (await connection.execute(_SUPPRESS, {**_who(action), "reason": reason})).one()
    await record(connection, [action.id], "suppressed", reason)


async def batch(
    connection: AsyncConnection, action: Action, batch: str, letter: Letter, now: datetime
) -> None:
    """Into this batch, with these words; to be taken back while that is open. `now` is business time."""
    values = {**_who(action), "batch": batch, "key": letter.key, "now": now}
    (await connection.execute(_BATCH, values)).one()
    await action_messages.write(connection, action.id, letter)
    await record(connection, [action.id], "batched")


async def drop(
    connection: AsyncConnection, ended: Sequence[Ended], reason: str
) -> list[tuple[Ended, Action]]:
    """Suppress what has not begun in these enrolments, and take back what lies in an open batch.

    What is being sent is on its way; what may have left is settled at its next attempt.
    """
    if not ended:
        return []
    rows = [
        {"customer_ref": one.customer_ref, "scenario": one.scenario, "episode": one.episode, "place": place}
        for place, one in enumerate(ended)
    ]
    await connection.execute(_HOLD_BATCHES, arrays(_PLACE, rows))
    found = (await connection.execute(_DROP, {**arrays(_PLACE, rows), "reason": reason})).all()
    dropped = [(ended[row.place], action_of(row)) for row in sorted(found, key=lambda row: row.place)]
    ids = [action.id for _, action in dropped]
    await record(connection, ids, "suppressed", reason)
    await action_messages.forget(connection, ids)
    return dropped


async def forget_words(connection: AsyncConnection, customer_ref: str) -> None:
    """Every rendered word for this person, on any account: they lend each other their addresses."""
    await connection.execute(_FORGET_CUSTOMER, {"customer_ref": customer_ref})


async def settle_unknown(
    connection: AsyncConnection, action: str, judged: Judged, now: datetime
) -> Action | None:
    """What a person found out of an `unknown` one; None if it is not unknown. `now` is business time.

    `again` plans it anew, with new words and a new key; whether it is still of use is decided as ever.
    """
    state, reason = {
        "sent": ("sent", None),
        "not_sent": ("rejected", "not_sent"),
        "again": ("planned", "again"),
    }[judged]
    values = {"id": action, "state": state, "reason": reason, "anew": judged == "again", "now": now}
    row = (await connection.execute(_JUDGE, values)).one_or_none()
    if row is None:
        return None
    await record(connection, [action], state, reason)
    await action_messages.forget(connection, [action])
    return action_of(row)


async def backlog(connection: AsyncConnection) -> list[Backlog]:
    rows = await connection.execute(_BACKLOG)
    return [Backlog(row.channel, row.state, row.many, float(row.oldest)) for row in rows]


def _who(action: Action) -> dict[str, object]:
    return {"id": action.id, "fence": action.fence}
