"""Customers' states: one row each, locked while it is worked on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from services.scoring.features.state import EMPTY, CustomerState, from_bytes, to_bytes
from services.scoring.model.episode import Previous
from shared.events.risk import Band
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as stored: the folded state, and what was last told of the risk."""

    ref: str
    state: CustomerState = EMPTY
    previous: Previous = field(default_factory=Previous)


@dataclass(frozen=True, slots=True)
class Scored:
    """What is written back; `told` is the priority of the last risk event, `due` the next parcel."""

    ref: str
    state: CustomerState
    kind: str
    probability: float
    band: Band
    episode: str | None
    priority: float
    told: float
    due: datetime | None
    assessment: bytes
    scored_at: datetime
    next_look_at: datetime | None


# Sorted, so that two transactions never wait for each other in a circle.
_PLACE = text(
    "INSERT INTO customer_state (customer_ref, shop, state)"
    " SELECT ref, split_part(ref, '/', 1), CAST(:empty AS bytea) FROM unnest(CAST(:refs AS text[])) AS ref"
    " ON CONFLICT DO NOTHING"
)
_LOCK = text(
    "SELECT customer_ref, state, kind, band, episode, told, due FROM customer_state"
    " WHERE customer_ref = ANY(CAST(:refs AS text[])) ORDER BY customer_ref FOR UPDATE"
)
# Skips what a batch holds: the batch scores those customers itself.
DUE = text(
    "SELECT customer_ref, state, kind, band, episode, told, due FROM customer_state"
    " WHERE next_look_at <= :now ORDER BY next_look_at LIMIT :most FOR UPDATE SKIP LOCKED"
)
_SAVE = text(
    "UPDATE customer_state SET state = given.state, events = given.events, kind = given.kind,"
    " probability = given.probability, band = given.band, episode = given.episode,"
    " priority = given.priority, told = given.told, due = given.due, assessment = given.assessment,"
    " scored_at = given.scored_at, next_look_at = given.next_look_at"
    " FROM unnest(CAST(:refs AS text[]), CAST(:states AS bytea[]), CAST(:events AS bigint[]),"
    " CAST(:kinds AS text[]), CAST(:probabilities AS double precision[]), CAST(:bands AS text[]),"
    " CAST(:episodes AS text[]), CAST(:priorities AS double precision[]), CAST(:told AS double precision[]),"
    " CAST(:due AS timestamptz[]),"
    " CAST(:assessments AS bytea[]), CAST(:scored AS timestamptz[]), CAST(:looks AS timestamptz[]))"
    " AS given (customer_ref, state, events, kind, probability, band, episode, priority, told, due,"
    " assessment, scored_at, next_look_at) WHERE customer_state.customer_ref = given.customer_ref"
)
_FIND = text("SELECT assessment FROM customer_state WHERE customer_ref = :ref AND assessment IS NOT NULL")
_MOST_URGENT = text(
    "SELECT customer_ref FROM customer_state WHERE priority > 0 OR CAST(:most AS int) IS NULL"
    " ORDER BY priority DESC, customer_ref LIMIT CAST(:most AS int)"
)
_NEWEST_LOOK = text("SELECT max(scored_at) FROM customer_state")
_OLDEST_DUE = text("SELECT min(next_look_at) AS oldest FROM customer_state WHERE next_look_at <= :now")


async def lock(connection: AsyncConnection, refs: Sequence[str]) -> list[Customer]:
    """These customers' rows, made where missing, locked until the transaction ends."""
    wanted = sorted(set(refs))
    await connection.execute(_PLACE, {"refs": wanted, "empty": to_bytes(EMPTY)})
    return [_customer(row) for row in await connection.execute(_LOCK, {"refs": wanted})]


async def lock_due(connection: AsyncConnection, now: datetime, most: int) -> list[Customer]:
    """The customers whose next look is due, the longest overdue first."""
    return [_customer(row) for row in await connection.execute(DUE, {"now": now, "most": most})]


def _customer(row: Row[Any]) -> Customer:
    previous = Previous(row.band, row.episode, row.told, row.due, row.kind or "subscription")
    return Customer(row.customer_ref, from_bytes(row.state), previous)


async def save(connection: AsyncConnection, scored: Sequence[Scored]) -> None:
    await connection.execute(
        _SAVE,
        {
            "refs": [each.ref for each in scored],
            "states": [to_bytes(each.state) for each in scored],
            "events": [each.state.events for each in scored],
            "kinds": [each.kind for each in scored],
            "probabilities": [each.probability for each in scored],
            "bands": [each.band for each in scored],
            "episodes": [each.episode for each in scored],
            "priorities": [each.priority for each in scored],
            "told": [each.told for each in scored],
            "due": [each.due for each in scored],
            "assessments": [each.assessment for each in scored],
            "scored": [each.scored_at for each in scored],
            "looks": [each.next_look_at for each in scored],
        },
    )


async def find_assessment(connection: AsyncConnection, ref: str) -> bytes | None:
    row = (await connection.execute(_FIND, {"ref": ref})).one_or_none()
    return None if row is None else bytes(row.assessment)


async def oldest_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Since when the longest overdue look waits."""
    oldest: datetime | None = (await connection.execute(_OLDEST_DUE, {"now": now})).scalar_one()
    return oldest


async def most_urgent(connection: AsyncConnection, most: int | None) -> list[str]:
    """The customers of the highest priority; everybody if no number is given."""
    return [row.customer_ref for row in await connection.execute(_MOST_URGENT, {"most": most})]


async def newest_look(connection: AsyncConnection) -> datetime | None:
    """The last moment, in business time, at which anybody was scored."""
    newest: datetime | None = (await connection.execute(_NEWEST_LOOK)).scalar_one()
    return newest
