"""Alerts: raise once an episode, refresh while open, and change state only from the version that was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Row, text

from services.notifier.alert import Alert, Changed, What
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
    " closed_at, attempts, call_from, call_because, promised_by, parked"
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
    "previous_band": "text",
    "band_changed_at": "timestamptz",
    "id": "uuid",
    "customer_ref": "text",
    "cart": "text",
    "correlation_id": "text",
    "noticed_at": "timestamptz",
}
_RAISE = text(
    f"INSERT INTO alert ({', '.join(_RAISED)}, raised_at, state, parked)"  # noqa: S608 - our own list of columns
    f" SELECT given.*, :raised_at, 'raised', given.priority < :threshold FROM {given(_RAISED)}"
    " ON CONFLICT (episode) DO NOTHING RETURNING id"
)
# Work that has begun, or was promised, is not put out of sight.
_CAN_WAIT = "state = 'raised' AND call_from IS NULL"
# The batch has locked the alerts already, so what is read beside the update is what is updated.
_REFRESH = text(
    f"UPDATE alert SET {', '.join(f'{name} = given.{name}' for name in _ASSESSMENT if name != 'episode')},"  # noqa: S608
    " previous_band = CASE WHEN old.band = given.band THEN old.previous_band ELSE old.band END,"
    " band_changed_at = CASE WHEN old.band = given.band THEN old.band_changed_at ELSE given.assessed_at END,"
    " parked = old.waits AND given.priority < :threshold"
    f" FROM {given(_ASSESSMENT)} JOIN (SELECT id, episode, band, previous_band, band_changed_at, parked,"
    f" {_CAN_WAIT} AS waits FROM alert) AS old USING (episode)"
    " WHERE alert.id = old.id"
    " AND alert.state IN ('raised', 'claimed') AND alert.assessed_at <= given.assessed_at"
    " RETURNING alert.id, alert.episode, alert.parked, old.parked AS was_parked"
)
_THRESHOLD = text("SELECT threshold FROM capacity FOR SHARE")
_PARK = text(
    "WITH waiting AS MATERIALIZED (SELECT id FROM alert"  # noqa: S608
    f" WHERE {_CAN_WAIT} AND parked <> (priority < :threshold) ORDER BY id FOR UPDATE)"
    " UPDATE alert SET parked = NOT alert.parked FROM waiting WHERE alert.id = waiting.id"
    " RETURNING alert.id, alert.parked"
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
    "attempts": "int",
    "call_from": "timestamptz",
    "call_because": "text",
    "promised_by": "text",
    "parked": "boolean",
}
# Of who is erased no words are kept, though a call may have been under way.
_KEYED = ("id", "note")
_SAVE = text(
    f"UPDATE alert SET {', '.join(f'{name} = given.{name}' for name in _SAVED if name not in _KEYED)},"  # noqa: S608
    " note = CASE WHEN NOT EXISTS (SELECT FROM customer_mark AS m WHERE m.customer_ref = alert.customer_ref"
    " AND m.erased_at IS NOT NULL) THEN given.note END"
    f" FROM {given(_SAVED)} WHERE alert.id = given.id AND alert.version = given.version - 1"
    " RETURNING alert.id"
)
_ASKED_TO_LEAVE = text(
    "SELECT 1 FROM alert AS a JOIN cancellation AS k USING (cart, subscription)"
    " WHERE a.id = CAST(:id AS uuid) AND k.state = 'requested'"
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


async def threshold(connection: AsyncConnection) -> float:
    """The priority below which alerts are parked; until the transaction ends it stays so.

    To be read before alerts are locked, as who changes it writes it before it parks.
    """
    return float((await connection.execute(_THRESHOLD)).scalar_one())


async def put(
    connection: AsyncConnection, raised: Sequence[Raised], raised_at: datetime, threshold: float
) -> set[str]:
    """Raise them and give the ids of those that are new: an episode that has its alert gets no other."""
    if not raised:
        return set()
    rows = [_raised(one) for one in sorted(raised, key=lambda one: one.alert.episode)]
    more = {"raised_at": raised_at, "threshold": threshold}
    added = await connection.execute(_RAISE, {**arrays(_RAISED, rows), **more})
    ids = [str(row.id) for row in added]
    await changes.append(connection, [Change(id_, "raised") for id_ in ids], raised_at)
    return set(ids)


async def refresh(
    connection: AsyncConnection, risks: Sequence[RiskAssessed], at: datetime, threshold: float
) -> set[str]:
    """Take over newer assessments, one an episode, and give the episodes.

    Left out is which has no open alert, or whose alert knows better already.
    """
    if not risks:
        return set()
    rows = [_assessment(risk) for risk in risks]
    values = {**arrays(_ASSESSMENT, rows), "threshold": threshold}
    found = (await connection.execute(_REFRESH, values)).all()
    refreshed = [Change(str(row.id), "refreshed") for row in found]
    parked = [Change(str(row.id), _parking(row.parked)) for row in found if row.parked != row.was_parked]
    await changes.append(connection, refreshed + parked, at)
    return {row.episode for row in found}


async def park(connection: AsyncConnection, threshold: float, at: datetime) -> int:
    """Put what nobody has begun out of sight where its priority is below this, and back where not.

    How many that were. Called where the threshold changes, after its row was written.
    """
    rows = (await connection.execute(_PARK, {"threshold": threshold})).all()
    await changes.append(connection, [Change(str(row.id), _parking(row.parked)) for row in rows], at)
    return len(rows)


def _parking(parked: bool) -> What:
    return "parked" if parked else "unparked"


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


async def asked_to_leave(connection: AsyncConnection, alert_id: str) -> bool:
    """Whether the customer waits to be let go of the contract that this is about."""
    return (await connection.execute(_ASKED_TO_LEAVE, {"id": alert_id})).first() is not None


async def forget_notes(connection: AsyncConnection, customer_ref: str) -> None:
    """Notes are free text, so they may name the customer; on whichever account of the person they stand."""
    await connection.execute(_FORGET_NOTES, {"customer_ref": customer_ref})


def cart_of(ref: str) -> str:
    """`<shop>/<cart>` of any reference: contract ids are only unique within a cart."""
    return "/".join(ref.split("/", 2)[:2])


def _raised(one: Raised) -> dict[str, object]:
    alert, moved = one.alert, one.risk.previous_band != one.risk.band
    return _assessment(one.risk) | {
        "previous_band": one.risk.previous_band if moved else None,
        "band_changed_at": one.risk.assessed_at if moved else None,
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
