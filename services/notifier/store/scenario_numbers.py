"""Numbers and people of a scenario: how many came in and what became of the messages, and who is where."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import text

from shared.postgres.engine import AsyncConnection


class Numbers(msgspec.Struct, frozen=True):
    """Of one scenario since a moment of business time; `open` and `planned` are of now, whenever they began.

    `planned` counts all that wait, `deferred` those of them that were put off; `held`: 比較群.
    """

    enrolled: int = 0
    open: int = 0
    held: int = 0
    planned: int = 0
    deferred: int = 0
    sent: int = 0
    suppressed: int = 0
    unknown: int = 0


class Stand(msgspec.Struct, frozen=True):
    """How one step of one person stands; times are business time."""

    step: str
    state: str
    reason: str | None
    due_at: datetime
    way: str


class Person(msgspec.Struct, frozen=True):
    """Somebody in the scenario, or lately in it, with every step that was planned for them."""

    customer_ref: str
    name: str | None
    enrolled_at: datetime
    ended: str | None
    held: bool
    version: int
    steps: list[Stand]


_NUMBERS = text(
    "SELECT key, sum(enrolled)::int AS enrolled, sum(open)::int AS open, sum(held)::int AS held,"
    " sum(planned)::int AS planned, sum(deferred)::int AS deferred, sum(sent)::int AS sent,"
    " sum(suppressed)::int AS suppressed, sum(unknown)::int AS unknown FROM ("
    "SELECT scenario AS key, count(*) FILTER (WHERE enrolled_at >= :since) AS enrolled,"
    " count(*) FILTER (WHERE ended_at IS NULL AND NOT held) AS open,"
    " count(*) FILTER (WHERE held AND enrolled_at >= :since) AS held,"
    " 0 AS planned, 0 AS deferred, 0 AS sent, 0 AS suppressed, 0 AS unknown FROM enrolment"
    " WHERE enrolled_at >= :since OR ended_at IS NULL GROUP BY scenario"
    " UNION ALL SELECT scenario, 0, 0, 0, count(*) FILTER (WHERE waits),"
    " count(*) FILTER (WHERE waits AND reason IS NOT NULL), count(*) FILTER (WHERE state = 'sent'),"
    " count(*) FILTER (WHERE state IN ('suppressed', 'expired', 'rejected')),"
    " count(*) FILTER (WHERE state = 'unknown')"
    " FROM (SELECT scenario, state, reason, state IN ('planned', 'claimed', 'retry_at', 'batched') AS waits"
    " FROM action WHERE state IN ('planned', 'claimed', 'retry_at', 'batched', 'sending', 'unknown')"
    " OR COALESCE(began_at, due_at) >= :since) AS a GROUP BY scenario) AS counted GROUP BY key"
)
_PEOPLE = text(
    "SELECT e.customer_ref, e.enrolled_at, e.ended, e.held, e.version, (contact_of(e.customer_ref)).name,"
    " COALESCE(s.steps, '[]') AS steps FROM ("
    "SELECT * FROM enrolment AS e WHERE scenario = :key AND (CAST(:step AS text) IS NULL OR EXISTS ("
    "SELECT FROM action AS a WHERE (a.customer_ref, a.scenario, a.episode)"
    " = (e.customer_ref, e.scenario, e.episode) AND a.step = :step"
    " AND a.state IN ('planned', 'claimed', 'retry_at', 'batched')))"
    " ORDER BY ended_at IS NOT NULL, enrolled_at DESC LIMIT :most) AS e LEFT JOIN LATERAL ("
    "SELECT json_agg(json_build_object('step', a.step, 'state', a.state, 'reason', a.reason,"
    " 'due_at', a.due_at, 'way', a.channel) ORDER BY a.due_at, a.id) AS steps FROM action AS a"
    " WHERE (a.customer_ref, a.scenario, a.episode) = (e.customer_ref, e.scenario, e.episode)) AS s ON true"
    " ORDER BY e.ended IS NOT NULL, e.enrolled_at DESC"
)
_NAMES = text("SELECT ref, (contact_of(ref)).name FROM unnest(CAST(:refs AS text[])) AS given (ref)")


async def numbers(connection: AsyncConnection, since: datetime) -> Mapping[str, Numbers]:
    """By the scenario's key; without those in which nothing has happened."""
    rows = (await connection.execute(_NUMBERS, {"since": since})).mappings()
    return {
        row["key"]: Numbers(**{name: value for name, value in row.items() if name != "key"}) for row in rows
    }


async def people(connection: AsyncConnection, key: str, step: str | None, most: int) -> list[Person]:
    """The newest first, those who are out last; with a `step` only those who wait for it."""
    rows = (await connection.execute(_PEOPLE, {"key": key, "step": step, "most": most})).mappings()
    return [msgspec.convert(dict(row), Person) for row in rows]


async def names(connection: AsyncConnection, refs: Collection[str]) -> dict[str, str | None]:
    """What these customers are called, as far as that is known."""
    rows = await connection.execute(_NAMES, {"refs": sorted(set(refs))})
    return {row.ref: row.name for row in rows}
