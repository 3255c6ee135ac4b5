"""Cancellations: who asked to leave which contract, kept as proof; one open request a contract."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import TextClause, text

from services.notifier.offers.effect import NextParcel
from shared.postgres.engine import AsyncConnection

Source = Literal["desk", "cart"]
State = Literal["requested", "done", "taken_back"]


class Cancellation(msgspec.Struct, frozen=True):
    """`requested_at` and `done_at` are business time, `recorded_at` real time.

    `number` is what the customer is told; `effective_delivery` the first that does not come any more.
    `agent_name` is None where the cart told of it, or nobody of the desk has it.
    """

    id: str
    number: str
    customer_ref: str
    cart: str
    subscription: str
    source: Source
    alert: str | None
    requested_at: datetime
    recorded_at: datetime
    reason: str | None
    reason_detail: str | None
    told: tuple[str, ...]
    effective_delivery: int | None
    next_parcel: NextParcel
    state: State
    done_at: datetime | None
    done_by: str | None
    reference: str | None
    agent_name: str | None
    note: str | None
    name: str | None


class Asked(msgspec.Struct, frozen=True):
    """A request as it is to be recorded."""

    id: str
    number: str
    customer_ref: str
    cart: str
    subscription: str
    source: Source
    agent: str | None
    alert: str | None
    requested_at: datetime
    recorded_at: datetime
    reason: str | None
    reason_detail: str | None
    told: tuple[str, ...]
    effective_delivery: int | None
    next_parcel: NextParcel


_COLUMNS = (
    "k.id, k.number, k.customer_ref, k.cart, k.subscription, k.source, k.alert, k.requested_at,"
    " k.recorded_at, k.reason, k.reason_detail, k.told, k.effective_delivery, k.next_parcel, k.state,"
    " k.done_at, k.done_by, k.reference, g.name AS agent_name, n.note, c.name"
)
_FROM = (
    "FROM cancellation AS k LEFT JOIN agent AS g ON g.login = k.agent"
    " LEFT JOIN cancellation_note AS n ON n.cancellation = k.id"
    " CROSS JOIN LATERAL contact_of(k.customer_ref) AS c"
)
# Whatever it conflicts with (the event was heard before, the contract has a request, the number is taken) is
# looked at afterwards.
_ADD = text(
    "INSERT INTO cancellation (id, number, customer_ref, cart, subscription, source, agent, alert,"
    " requested_at, recorded_at, reason, reason_detail, told, effective_delivery, next_parcel, state)"
    " VALUES (CAST(:id AS uuid), :number, :customer_ref, :cart, :subscription, :source, :agent,"
    " CAST(:alert AS uuid), :requested_at, :recorded_at, :reason, :reason_detail, :told, :effective_delivery,"
    " :next_parcel, 'requested') ON CONFLICT DO NOTHING RETURNING id"
)
_NOTE = text(
    "INSERT INTO cancellation_note (cancellation, customer_ref, note)"
    " SELECT CAST(:id AS uuid), :customer_ref, :note WHERE NOT EXISTS (SELECT FROM customer_mark AS m"
    " WHERE m.customer_ref = :customer_ref AND m.erased_at IS NOT NULL)"
)
_FIND = text(f"SELECT {_COLUMNS} {_FROM} WHERE k.id = CAST(:id AS uuid)")
_STANDING = text(
    f"SELECT {_COLUMNS} {_FROM} WHERE k.cart = :cart AND k.subscription = :subscription"
    " AND (k.state = 'requested' OR (k.state = 'done' AND k.recorded_at > :done_since))"
    " ORDER BY k.state = 'requested' DESC, k.recorded_at DESC LIMIT 1"
)
_WAITING = text(
    f"SELECT {_COLUMNS} {_FROM} WHERE k.state = 'requested' ORDER BY k.requested_at, k.id LIMIT :most"
)
_SETTLED = text(
    f"SELECT {_COLUMNS} {_FROM} WHERE k.done_at > :since ORDER BY k.done_at DESC, k.id LIMIT :most"
)
_REQUESTED_AT = text(
    "SELECT requested_at FROM cancellation"
    " WHERE cart = :cart AND subscription = :subscription AND state = 'requested'"
)
_SETTLE = text(
    "UPDATE cancellation SET state = :state, done_at = :at, done_by = :by,"
    " reference = COALESCE(:reference, reference)"
    " WHERE id = CAST(:id AS uuid) AND state = 'requested' RETURNING id"
)
_SETTLE_CONTRACT = text(
    "UPDATE cancellation SET state = :state, done_at = :at"
    " WHERE cart = :cart AND subscription = :subscription AND state = 'requested'"
    " AND source = ANY(CAST(:sources AS text[]))"
    " AND requested_at <= CAST(:at AS timestamptz) + make_interval(secs => :slack)"
)
_REVIVE = text(
    "UPDATE cancellation SET state = 'taken_back'"
    " WHERE cart = :cart AND subscription = :subscription AND state = 'done' AND done_at < :at"
)


async def add(connection: AsyncConnection, asked: Asked) -> bool:
    """False if the contract has a request, this very event was heard before, or the number is taken."""
    values = {**msgspec.structs.asdict(asked), "told": list(asked.told)}
    return (await connection.execute(_ADD, values)).first() is not None


async def annotate(connection: AsyncConnection, cancellation: str, customer_ref: str, note: str) -> None:
    """Keep an agent's words, unless they are about somebody who has been erased."""
    await connection.execute(_NOTE, {"id": cancellation, "customer_ref": customer_ref, "note": note})


async def find(connection: AsyncConnection, cancellation: str) -> Cancellation | None:
    return await _one(connection, _FIND, {"id": cancellation})


async def standing(
    connection: AsyncConnection, cart: str, subscription: str, done_since: datetime
) -> Cancellation | None:
    """The contract's open request, else one recorded after `done_since` that was done since."""
    values = {"cart": cart, "subscription": subscription, "done_since": done_since}
    return await _one(connection, _STANDING, values)


async def requested_at(connection: AsyncConnection, cart: str, subscription: str) -> datetime | None:
    """When its customer asked to leave, if the request still stands."""
    values = {"cart": cart, "subscription": subscription}
    return (await connection.execute(_REQUESTED_AT, values)).scalar_one_or_none()


async def waiting(connection: AsyncConnection, most: int) -> list[Cancellation]:
    """Those that are still to be done, the oldest first."""
    return [_cancellation(row) for row in await connection.execute(_WAITING, {"most": most})]


async def settled(connection: AsyncConnection, since: datetime, most: int) -> list[Cancellation]:
    """Those done or taken back since then (business time), the newest first."""
    rows = await connection.execute(_SETTLED, {"since": since, "most": most})
    return [_cancellation(row) for row in rows]


async def settle(
    connection: AsyncConnection, cancellation: str, state: State, at: datetime, by: str, reference: str | None
) -> bool:
    """An agent says what became of it; false if that is known already."""
    values = {"id": cancellation, "state": state, "at": at, "by": by, "reference": reference}
    return (await connection.execute(_SETTLE, values)).first() is not None


async def settle_contract(
    connection: AsyncConnection,
    contract: tuple[str, str],
    state: State,
    at: datetime,
    sources: Sequence[Source],
    slack: float,
) -> None:
    """The cart says what became of it at `at`; a request more than `slack` seconds later than that stands."""
    values = {
        "cart": contract[0],
        "subscription": contract[1],
        "state": state,
        "at": at,
        "sources": list(sources),
        "slack": slack,
    }
    await connection.execute(_SETTLE_CONTRACT, values)


async def revive(connection: AsyncConnection, contract: tuple[str, str], at: datetime) -> None:
    """A contract that was ended goes on since `at`."""
    values = {"cart": contract[0], "subscription": contract[1], "at": at}
    await connection.execute(_REVIVE, values)


async def _one(
    connection: AsyncConnection, statement: TextClause, values: dict[str, object]
) -> Cancellation | None:
    row = (await connection.execute(statement, values)).one_or_none()
    return None if row is None else _cancellation(row)


def _cancellation(row: Any) -> Cancellation:
    values = dict(row._mapping)
    alert = None if values["alert"] is None else str(values["alert"])
    return Cancellation(**{**values, "id": str(values["id"]), "alert": alert, "told": tuple(values["told"])})
