"""Alerts: raise once an episode, refresh while open, and change state only from the version that was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Row, text

from services.notifier.alert import Alert, Changed
from services.notifier.store import changes
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Touched:
    """What a batch may change: alerts found by episode, customer or contract (cart, subscription)."""

    episodes: Sequence[str] = ()
    customers: Sequence[str] = ()
    contracts: Sequence[tuple[str, str]] = ()


_STATE = (
    "id, episode, customer_ref, correlation_id, state, version, agent, lease_until, disposition, note,"
    " closed_at"
)
_FIND = text(f"SELECT {_STATE} FROM alert WHERE id = CAST(:id AS uuid)")  # noqa: S608 - our own list of columns
_LOCK = text(f"SELECT {_STATE} FROM alert WHERE id = CAST(:id AS uuid) FOR SHARE")  # noqa: S608
_BY_EPISODE = text(f"SELECT {_STATE} FROM alert WHERE episode = :episode")  # noqa: S608
# Each way of finding uses an index of its own; one condition with OR would read the whole table.
_TOUCHED = text(
    f"SELECT {_STATE} FROM alert WHERE state IN ('raised', 'claimed') AND id IN ("  # noqa: S608
    " SELECT id FROM alert WHERE episode = ANY(:episodes)"
    " UNION ALL SELECT id FROM alert WHERE customer_ref = ANY(:customers)"
    " UNION ALL SELECT a.id FROM unnest(CAST(:carts AS text[]), CAST(:subscriptions AS text[]))"
    " AS over (cart, subscription) JOIN alert AS a USING (cart, subscription)"
    " WHERE a.state IN ('raised', 'claimed'))"
    " ORDER BY id FOR UPDATE"
)
_RAISE = text(
    "INSERT INTO alert (id, episode, customer_ref, cart, correlation_id, kind, band, probability, priority,"
    " value_amount, value_currency, reasons, model, horizon_days, subscription, delivery_number,"
    " min_deliveries, due, cutoff, assessed_at, noticed_at, raised_at, state)"
    " VALUES (CAST(:id AS uuid), :episode, :customer_ref, :cart, :correlation_id, :kind, :band, :probability,"
    " :priority, :value_amount, :value_currency, CAST(:reasons AS jsonb), :model, :horizon_days,"
    " :subscription, :delivery_number, :min_deliveries, :due, :cutoff, :assessed_at, :noticed_at,"
    " :raised_at, 'raised') ON CONFLICT (episode) DO NOTHING RETURNING id"
)
_REFRESH = text(
    "UPDATE alert SET kind = :kind, band = :band, probability = :probability, priority = :priority,"
    " value_amount = :value_amount, value_currency = :value_currency, reasons = CAST(:reasons AS jsonb),"
    " model = :model, horizon_days = :horizon_days, subscription = :subscription,"
    " delivery_number = :delivery_number, min_deliveries = :min_deliveries, due = :due, cutoff = :cutoff,"
    " assessed_at = :assessed_at"
    " WHERE episode = :episode AND state IN ('raised', 'claimed') AND assessed_at <= :assessed_at"
    " RETURNING id"
)
_SAVE = text(
    "UPDATE alert SET state = :state, version = :version, agent = :agent, lease_until = :lease_until,"
    " disposition = :disposition, note = :note, closed_at = :closed_at"
    " WHERE id = CAST(:id AS uuid) AND version = :version - 1"
)
_FORGET_NOTES = text("UPDATE alert SET note = NULL WHERE customer_ref = :customer_ref AND note IS NOT NULL")


async def find(connection: AsyncConnection, alert_id: str) -> Alert | None:
    row = (await connection.execute(_FIND, {"id": alert_id})).one_or_none()
    return None if row is None else _alert(row)


async def lock(connection: AsyncConnection, alert_id: str) -> Alert | None:
    """As it stands, and until the transaction ends it stays so."""
    row = (await connection.execute(_LOCK, {"id": alert_id})).one_or_none()
    return None if row is None else _alert(row)


async def find_by_episode(connection: AsyncConnection, episode: str) -> Alert | None:
    row = (await connection.execute(_BY_EPISODE, {"episode": episode})).one_or_none()
    return None if row is None else _alert(row)


async def lock_open(connection: AsyncConnection, touched: Touched) -> list[Alert]:
    """The open alerts among these, locked in one order, so that two batches never wait in a circle."""
    rows = await connection.execute(
        _TOUCHED,
        {
            "episodes": list(touched.episodes),
            "customers": list(touched.customers),
            "carts": [cart for cart, _ in touched.contracts],
            "subscriptions": [subscription for _, subscription in touched.contracts],
        },
    )
    return [_alert(row) for row in rows]


async def put(connection: AsyncConnection, alert: Alert, risk: RiskAssessed, raised_at: datetime) -> bool:
    """Raise it; false if the episode has its alert already."""
    row = await connection.execute(
        _RAISE,
        {
            **_assessment(risk),
            "id": alert.id,
            "customer_ref": alert.customer_ref,
            "cart": cart_of(alert.customer_ref),
            "correlation_id": alert.correlation_id,
            "noticed_at": risk.noticed_at,
            "raised_at": raised_at,
        },
    )
    if row.one_or_none() is None:
        return False
    await changes.append(connection, alert.id, "raised", at=raised_at)
    return True


async def refresh(connection: AsyncConnection, risk: RiskAssessed, at: datetime) -> bool:
    """Take over a newer assessment; false if there is no open alert, or it knows better already."""
    row = (await connection.execute(_REFRESH, _assessment(risk))).one_or_none()
    if row is None:
        return False
    await changes.append(connection, str(row.id), "refreshed", at=at)
    return True


async def save(connection: AsyncConnection, changed: Changed, at: datetime) -> bool:
    """Write the new state and its audit row; false if somebody was faster."""
    alert = changed.alert
    written = await connection.execute(
        _SAVE,
        {
            "id": alert.id,
            "state": alert.state,
            "version": alert.version,
            "agent": alert.agent,
            "lease_until": alert.lease_until,
            "disposition": alert.disposition,
            "note": alert.note,
            "closed_at": alert.closed_at,
        },
    )
    if written.rowcount != 1:
        return False
    await changes.append(
        connection, alert.id, changed.what, agent=changed.agent, detail=changed.detail, at=at
    )
    return True


async def forget_notes(connection: AsyncConnection, customer_ref: str) -> None:
    """Notes are free text, so they may name the customer."""
    await connection.execute(_FORGET_NOTES, {"customer_ref": customer_ref})


def cart_of(ref: str) -> str:
    """`<shop>/<cart>` of any reference: contract ids are only unique within a cart."""
    return "/".join(ref.split("/", 2)[:2])


def _assessment(risk: RiskAssessed) -> dict[str, object]:
    return {
        "episode": risk.episode,
        "kind": risk.kind,
        "band": risk.band,
        "probability": risk.probability,
        "priority": risk.priority,
        "value_amount": risk.value_at_risk.amount,
        "value_currency": risk.value_at_risk.currency,
        "reasons": msgspec.json.encode(risk.reasons).decode(),
        "model": risk.model,
        "horizon_days": risk.horizon_days,
        "subscription": risk.subscription,
        "delivery_number": risk.delivery_number,
        "min_deliveries": risk.min_deliveries,
        "due": risk.due,
        "cutoff": risk.cutoff,
        "assessed_at": risk.assessed_at,
    }


def _alert(row: Row[tuple[object, ...]]) -> Alert:
    return Alert(**{**row._mapping, "id": str(row.id)})
