"""The ledger (配信記録): what became of every message, and why, for people to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Row

from services.notifier.store.reading import Place
from shared.postgres.engine import AsyncConnection

Outcome = Literal[
    "planned", "deferred", "batched", "sending", "sent", "rejected", "unknown", "suppressed", "expired"
]
"""What a state means to people: planned with a reason is deferred, and so is what is tried again."""

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which messages; None is any. `customer` is any account of the person."""

    scenario: str | None = None
    outcome: Outcome | None = None
    channel: str | None = None
    reason: str | None = None
    customer: str | None = None


class Became(msgspec.Struct, frozen=True):
    """A state that a message came into at `at`, real time."""

    at: datetime
    state: str
    reason: str | None


class Entry(msgspec.Struct, frozen=True):
    """A message; `due_at` and `began_at` are business time, `changed_at` is real time.

    `title` is the scenario's in the version the customer is in, `history` told only where one person is
    asked about or one message is opened.
    """

    action: str
    customer_ref: str
    name: str | None
    scenario: str
    title: str | None
    step: str
    channel: str
    creative: str | None
    outcome: Outcome
    state: str
    reason: str | None
    due_at: datetime
    began_at: datetime | None
    changed_at: datetime
    attempt: int
    provider_id: str | None
    batch_state: str | None
    history: tuple[Became, ...] = ()


class Enrolled(msgspec.Struct, frozen=True):
    """Why the customer was in the scenario; times are business time, `reason` is the first of the risk."""

    episode: str
    version: int
    kind: str
    reason: str | None
    subscription: str | None
    enrolled_at: datetime
    ended_at: datetime | None
    ended: str | None
    held: bool
    scenario_group: str
    priority: int
    due: datetime | None
    cutoff: datetime | None
    delivery_number: int | None
    facts: dict[str, Any]


class Kept(msgspec.Struct, frozen=True):
    """What was being sent, as long as it is kept: personal data, but for the masked address."""

    address: str
    subject: str
    body: str
    written_at: datetime


class Titled(msgspec.Struct, frozen=True):
    key: str
    title: str


_OUTCOME = (
    "CASE WHEN a.state = 'retry_at' OR a.state = 'planned' AND a.reason IS NOT NULL THEN 'deferred'"
    " WHEN a.state = 'claimed' THEN 'planned' ELSE a.state END"
)
_TITLE = (
    "(SELECT v.body->>'title' FROM scenario_version AS v WHERE v.key = a.scenario"
    " ORDER BY v.version <> e.version, v.version DESC LIMIT 1)"
)
_ENTRY = (
    "SELECT a.id::text AS action, a.customer_ref, c.name, a.scenario,"
    f" {_TITLE} AS title, a.step, a.channel, a.creative, {_OUTCOME} AS outcome, a.state, a.reason, a.due_at,"
    " a.began_at, a.changed_at, a.attempt, a.provider_id, b.state AS batch_state"
)
_WHOLE = (
    " JOIN enrolment AS e USING (customer_ref, scenario, episode) LEFT JOIN batch AS b ON b.id = a.batch"
    " CROSS JOIN LATERAL contact_of(a.customer_ref) AS c"
)
# Only what is asked stands in the query: so each question finds its own index.
_IF = {
    "scenario": "a.scenario = :scenario",
    "outcome": f"{_OUTCOME} = :outcome AND a.state = ANY(CAST(:states AS text[]))",
    "channel": "a.channel = :channel",
    "reason": "a.reason = :reason",
    "customer": "a.customer_ref IN (SELECT accounts_of(:customer))",
}
_STATES: dict[Outcome, list[str]] = {
    **{outcome: [outcome] for outcome in OUTCOMES},
    "planned": ["planned", "claimed"],
    "deferred": ["planned", "retry_at"],
}
_HISTORY = text(
    "SELECT action_id::text AS action, at, state, reason FROM action_history"
    " WHERE action_id = ANY(CAST(:ids AS uuid[])) ORDER BY id"
)
_ENROLLED = text(
    "SELECT e.episode, e.version, e.kind, e.reason, e.subscription, e.enrolled_at, e.ended_at, e.ended,"
    " e.held, e.scenario_group, e.priority, e.due, e.cutoff, e.delivery_number, e.facts::text AS facts"
    " FROM action AS a JOIN enrolment AS e USING (customer_ref, scenario, episode)"
    " WHERE a.id = CAST(:id AS uuid)"
)
_KEPT = text(
    "SELECT address, subject, body, written_at FROM action_message WHERE action_id = CAST(:id AS uuid)"
)
_UNKNOWN = text("SELECT count(*) FROM action WHERE state = 'unknown'")
_SCENARIOS = text(
    "SELECT s.key, COALESCE(v.body->>'title', s.key) AS title FROM scenario AS s"
    " LEFT JOIN scenario_version AS v USING (key, version) ORDER BY s.key"
)


async def search(connection: AsyncConnection, asked: Asked, after: Place | None, most: int) -> list[Entry]:
    """What changed last comes first."""
    values: dict[str, object] = {"most": most}
    conditions = []
    for name, condition in _IF.items():
        if (wanted := getattr(asked, name)) is not None:
            conditions.append(condition)
            values[name] = wanted
    if asked.outcome is not None:
        values["states"] = _STATES[asked.outcome]
    if after is not None:
        conditions.append("(a.changed_at, a.id) < (:at, CAST(:id AS uuid))")
        values |= {"at": after.at, "id": after.id}
    chosen = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = " ORDER BY a.changed_at DESC, a.id DESC"
    found = f"(SELECT a.* FROM action AS a{chosen}{order} LIMIT :most) AS a"  # noqa: S608 - our own words
    rows = await connection.execute(text(f"{_ENTRY} FROM {found}{_WHOLE}{order}"), values)
    return [_entry(row) for row in rows]


async def told(connection: AsyncConnection, entries: Sequence[Entry]) -> list[Entry]:
    """The same with everything that each of them came through."""
    rows = await connection.execute(_HISTORY, {"ids": [entry.action for entry in entries]})
    became: dict[str, list[Became]] = {}
    for row in rows:
        became.setdefault(row.action, []).append(Became(row.at, row.state, row.reason))
    return [msgspec.structs.replace(one, history=tuple(became.get(one.action, ()))) for one in entries]


async def find(connection: AsyncConnection, action: str) -> tuple[Entry, Enrolled] | None:
    """One message with its history, and why the customer was to get it."""
    statement = text(f"{_ENTRY} FROM action AS a{_WHOLE} WHERE a.id = CAST(:id AS uuid)")
    row = (await connection.execute(statement, {"id": action})).one_or_none()
    if row is None:
        return None
    enrolled = (await connection.execute(_ENROLLED, {"id": action})).one()._mapping
    facts = msgspec.json.decode(enrolled["facts"])
    [entry] = await told(connection, [_entry(row)])
    return entry, Enrolled(**{**enrolled, "facts": facts})


async def kept(connection: AsyncConnection, action: str) -> Kept | None:
    """None where the words are gone: the message is known to have been sent, or never to be."""
    row = (await connection.execute(_KEPT, {"id": action})).one_or_none()
    return None if row is None else Kept(masked(row.address), row.subject, row.body, row.written_at)


def masked(address: str) -> str:
    """Enough to make sure that one speaks of the same address: its ends, and a mail's domain."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}•••@{domain}"
    return f"{address[:2]}•••{address[-2:]}" if len(address) > 6 else "•••"


async def unknown(connection: AsyncConnection) -> int:
    """How many messages wait for a person to say what became of them."""
    return int((await connection.execute(_UNKNOWN)).scalar_one())


async def scenarios(connection: AsyncConnection) -> list[Titled]:
    return [Titled(row.key, row.title) for row in await connection.execute(_SCENARIOS)]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**row._mapping)
