"""Alerts: raise once an episode, refresh while open, and change state only from the version that was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Row, text

from services.notifier.alert import Alert, Changed
from services.notifier.store import changes
from services.notifier.store.changes import Change
from services.notifier.store.given import arrays, given
from shared.events.risk import RiskAssessed
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Touched:
    """What a batch may change: alerts found by episode, customer or contract (cart, subscription)."""

    episodes: Sequence[str] = ()
    customers: Sequence[str] = ()
    contracts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert to be raised, and the risk that it is about."""

    alert: Alert
    risk: RiskAssessed


@dataclass(frozen=True, slots=True)
class Standing:
    """An open alert, and the contract (cart, subscription) at risk, if it is one."""

    alert: Alert
    contract: tuple[str, str] | None


_STATE = (
    "id, episode, customer_ref, correlation_id, state, version, agent, lease_until, disposition, note,"
    " closed_at"
)
_FIND = text(f"SELECT {_STATE} FROM alert WHERE id = CAST(:id AS uuid)")  # noqa: S608 - our own list of columns
_LOCK = text(f"SELECT {_STATE} FROM alert WHERE id = CAST(:id AS uuid) FOR SHARE")  # noqa: S608
# Each way of finding uses an index of its own; one condition with OR would read the whole table.
_TOUCHED = text(
    f"SELECT {_STATE}, cart, subscription FROM alert WHERE state IN ('raised', 'claimed') AND id IN ("  # noqa: S608
    " SELECT id FROM alert WHERE episode = ANY(:episodes)"
    " UNION ALL SELECT id FROM alert WHERE customer_ref = ANY(:customers)"
    " UNION ALL SELECT a.id FROM unnest(CAST(:carts AS text[]), CAST(:subscriptions AS text[]))"
    " AS over (cart, subscription) JOIN alert AS a USING (cart, subscription)"
    " WHERE a.state IN ('raised', 'claimed'))"
    " ORDER BY id FOR UPDATE"
)
_ASSESSMENT = {
    "episode": "text",
    "kind": "text",
    "band": "text",
    "probability": "double precision",
    "priority": "double precision",
    "value_amount": "bigint",
    "value_currency": "text",
    "reasons": "jsonb",
    "strengths": "jsonb",
    "rung": "text",
    "model": "text",
    "horizon_days": "double precision",
    "subscription": "text",
    "delivery_number": "int",
    "min_deliveries": "int",
    "due": "timestamptz",
    "cutoff": "timestamptz",
    "assessed_at": "timestamptz",
}
_RAISED = _ASSESSMENT | {
    "id": "uuid",
    "customer_ref": "text",
    "cart": "text",
    "correlation_id": "text",
    "noticed_at": "timestamptz",
}
_RAISE = text(
    f"INSERT INTO alert ({', '.join(_RAISED)}, raised_at, state)"  # noqa: S608 - our own list of columns
    f" SELECT given.*, :raised_at, 'raised' FROM {given(_RAISED)}"
    " ON CONFLICT (episode) DO NOTHING RETURNING id"
)
_REFRESH = text(
    f"UPDATE alert SET {', '.join(f'{name} = given.{name}' for name in _ASSESSMENT if name != 'episode')}"  # noqa: S608
    f" FROM {given(_ASSESSMENT)} WHERE alert.episode = given.episode"
    " AND alert.state IN ('raised', 'claimed') AND alert.assessed_at <= given.assessed_at"
    " RETURNING alert.id, alert.episode"
)
_SAVED = {
    "id": "uuid",
    "state": "text",
    "version": "int",
    "agent": "text",
    "lease_until": "timestamptz",
    "disposition": "text",
    "note": "text",
    "closed_at": "timestamptz",
}
_SAVE = text(
    f"UPDATE alert SET {', '.join(f'{name} = given.{name}' for name in _SAVED if name != 'id')}"  # noqa: S608
    f" FROM {given(_SAVED)} WHERE alert.id = given.id AND alert.version = given.version - 1"
    " RETURNING alert.id"
)
_FORGET_NOTES = text(
    "UPDATE alert SET note = NULL WHERE note IS NOT NULL"
    " AND customer_ref IN (SELECT accounts_of(:customer_ref))"
)


async def find(connection: AsyncConnection, alert_id: str) -> Alert | None:
    row = (await connection.execute(_FIND, {"id": alert_id})).one_or_none()
    return None if row is None else _alert(row)


async def lock(connection: AsyncConnection, alert_id: str) -> Alert | None:
    """As it stands, and until the transaction ends it stays so."""
    row = (await connection.execute(_LOCK, {"id": alert_id})).one_or_none()
    return None if row is None else _alert(row)


async def lock_open(connection: AsyncConnection, touched: Touched) -> list[Standing]:
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
    return [_standing(row) for row in rows]


async def put(connection: AsyncConnection, raised: Sequence[Raised], raised_at: datetime) -> set[str]:
    """Raise them and give the ids of those that are new: an episode that has its alert gets no other."""
    if not raised:
        return set()
    rows = [_raised(one) for one in sorted(raised, key=lambda one: one.alert.episode)]
    added = await connection.execute(_RAISE, {**arrays(_RAISED, rows), "raised_at": raised_at})
    ids = [str(row.id) for row in added]
    await changes.append(connection, [Change(id_, "raised") for id_ in ids], raised_at)
    return set(ids)


async def refresh(connection: AsyncConnection, risks: Sequence[RiskAssessed], at: datetime) -> set[str]:
    """Take over newer assessments, one an episode, and give the episodes.

    Left out is which has no open alert, or whose alert knows better already.
    """
    if not risks:
        return set()
    rows = [_assessment(risk) for risk in risks]
    found = (await connection.execute(_REFRESH, arrays(_ASSESSMENT, rows))).all()
    await changes.append(connection, [Change(str(row.id), "refreshed") for row in found], at)
    return {row.episode for row in found}


async def save(connection: AsyncConnection, changed: Sequence[Changed], at: datetime) -> set[str]:
    """Write new states and their audit rows, and give the ids; left out is where somebody was faster."""
    if not changed:
        return set()
    rows = [{name: getattr(one.alert, name) for name in _SAVED} for one in changed]
    written = {str(row.id) for row in await connection.execute(_SAVE, arrays(_SAVED, rows))}
    audit = [
        Change(one.alert.id, one.what, one.agent, one.detail) for one in changed if one.alert.id in written
    ]
    await changes.append(connection, audit, at)
    return written


async def forget_notes(connection: AsyncConnection, customer_ref: str) -> None:
    """Notes are free text, so they may name the customer; on whichever account of the person they stand."""
    await connection.execute(_FORGET_NOTES, {"customer_ref": customer_ref})


def cart_of(ref: str) -> str:
    """`<shop>/<cart>` of any reference: contract ids are only unique within a cart."""
    return "/".join(ref.split("/", 2)[:2])


def _raised(one: Raised) -> dict[str, object]:
    alert = one.alert
    return _assessment(one.risk) | {
        "id": alert.id,
        "customer_ref": alert.customer_ref,
        "cart": cart_of(alert.customer_ref),
        "correlation_id": alert.correlation_id,
        "noticed_at": one.risk.noticed_at,
    }


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
        "strengths": msgspec.json.encode(risk.strengths).decode(),
        "rung": risk.rung,
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


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    values = dict(row._mapping)
    cart, subscription = values.pop("cart"), values.pop("subscription")
    contract = None if subscription is None else (cart, subscription)
    return Standing(Alert(**{**values, "id": str(row.id)}), contract)
