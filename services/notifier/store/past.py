"""The past: what the desk and the scenarios did about a customer, as a card tells it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import text

from services.notifier.timeline import Line, Step
from shared.postgres.engine import AsyncConnection


class Cancellation(msgspec.Struct, frozen=True):
    """A wish to leave a contract, and what became of it; `by` and `done_by` are agents' names."""

    cart: str
    subscription: str
    number: str
    source: str
    by: str | None
    requested_at: datetime
    reason: str | None
    reason_detail: str | None
    next_parcel: str
    state: Literal["requested", "done", "taken_back"]
    done_at: datetime | None
    done_by: str | None


class Raised(msgspec.Struct, frozen=True):
    """An alert, and the contract's next parcel as it told of it; the times are business time."""

    id: str
    cart: str
    episode: str
    state: str
    kind: str
    band: str
    subscription: str | None
    assessed_at: datetime
    delivery_number: int | None
    min_deliveries: int | None
    due: datetime | None
    cutoff: datetime | None


_ANY = "customer_ref = ANY(CAST(:refs AS text[]))"
# Only of the newest enrolments: who has been here for years has had hundreds of messages.
_STEPS = text(
    "SELECT a.scenario, a.step, a.channel, h.state, h.reason,"  # noqa: S608 - our own words
    " h.id = max(h.id) OVER (PARTITION BY a.id) AS current, h.at, a.due_at, a.began_at, e.enrolled_at,"
    " e.ended_at, (SELECT v.body->>'title' FROM scenario_version AS v WHERE v.key = a.scenario"
    " ORDER BY v.version <> e.version, v.version DESC LIMIT 1) AS title FROM (SELECT * FROM enrolment"
    f" WHERE {_ANY} ORDER BY enrolled_at DESC LIMIT 100) AS e"
    " JOIN action AS a USING (customer_ref, scenario, episode)"
    " JOIN action_history AS h ON h.action_id = a.id ORDER BY h.id DESC LIMIT :most"
)
_CALLS = text(
    "SELECT d.business_at, g.name, d.disposition, d.reason, d.reason_detail, d.offer,"  # noqa: S608
    " d.offer_detail::text AS offer_detail, d.answer, d.attempt, d.subscription, n.note"
    " FROM disposition AS d LEFT JOIN agent AS g ON g.login = d.agent"
    " LEFT JOIN disposition_note AS n ON n.disposition = d.id"
    f" WHERE d.{_ANY} ORDER BY d.at DESC LIMIT :most"
)
_RAISED = text(
    "SELECT CAST(id AS text) AS id, cart, episode, state, kind, band, subscription, assessed_at,"  # noqa: S608
    " delivery_number, min_deliveries, due, cutoff"
    f" FROM alert WHERE {_ANY} ORDER BY assessed_at DESC, id LIMIT :most"
)
_CANCELLATIONS = text(
    "SELECT c.cart, c.subscription, c.number, c.source, g.name AS by, c.requested_at, c.reason,"  # noqa: S608
    " c.reason_detail, c.next_parcel, c.state, c.done_at, COALESCE(d.name, c.done_by) AS done_by"
    " FROM cancellation AS c LEFT JOIN agent AS g ON g.login = c.agent"
    " LEFT JOIN agent AS d ON d.login = c.done_by"
    f" WHERE c.{_ANY} ORDER BY c.requested_at DESC, c.id LIMIT :most"
)


async def steps(connection: AsyncConnection, refs: Sequence[str], most: int) -> list[Step]:
    """The states that messages came into, the newest first."""
    rows = await connection.execute(_STEPS, {"refs": list(refs), "most": most})
    return [Step(**row._mapping) for row in rows]


async def calls(connection: AsyncConnection, refs: Sequence[str], most: int) -> list[Line]:
    """How calls ended, with the words that agents wrote."""
    found = await connection.execute(_CALLS, {"refs": list(refs), "most": most})
    lines = []
    for row in found:
        facts = {**row._mapping, "offer_detail": msgspec.json.decode(row.offer_detail)}
        at, by = facts.pop("business_at"), facts.pop("name")
        lines.append(Line(at, "call.ended", "phone", by, facts))
    return lines


async def raised(connection: AsyncConnection, refs: Sequence[str], most: int) -> list[Raised]:
    rows = await connection.execute(_RAISED, {"refs": list(refs), "most": most})
    return [Raised(**row._mapping) for row in rows]


async def cancellations(connection: AsyncConnection, refs: Sequence[str], most: int) -> list[Cancellation]:
    """The newest first."""
    rows = await connection.execute(_CANCELLATIONS, {"refs": list(refs), "most": most})
    return [Cancellation(**row._mapping) for row in rows]
