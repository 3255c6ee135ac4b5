"""Dispositions: how every call ended, written once; what was offered to whom, and how often it was taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import text

from services.notifier.alert import Alert
from services.notifier.offers.allow import Answer, Given
from services.notifier.resolution import Resolution
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncConnection


@dataclass(frozen=True, slots=True)
class Call:
    """What `agent` recorded; `at` is real time, `business_at` business time."""

    resolution: Resolution
    agent: str
    at: datetime
    business_at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """An offer that was made; `agent` is the person's name, `at` business time."""

    at: datetime
    offer: str
    answer: Answer
    agent: str

    def given(self) -> Given:
        return Given(self.at, self.offer, self.answer)


@dataclass(frozen=True, slots=True)
class Success:
    """How often an offer was accepted of the times that it was made."""

    accepted: int
    made: int


# What the alert was about is kept as it was at the time of the call, for the alert itself moves on.
_APPEND = text(
    "INSERT INTO disposition (id, alert, attempt, customer_ref, cart, subscription, delivery_number, kind,"
    " band, top_reason, value_amount, value_currency, agent, claimed_at, at, business_at, disposition,"
    " reason, reason_detail, offer, offer_detail, answer, cost_amount)"
    " SELECT CAST(:id AS uuid), a.id, :attempt, a.customer_ref, a.cart, a.subscription, a.delivery_number,"
    " a.kind, a.band, a.reasons -> 0 ->> 'code', a.value_amount, a.value_currency, :agent,"
    " COALESCE((SELECT max(c.at) FROM alert_change AS c WHERE c.alert = a.id"
    " AND c.what IN ('claimed', 'transferred')), :at),"
    " :at, :business_at, :disposition, :reason, :reason_detail, :offer, CAST(:offer_detail AS jsonb),"
    " :answer, :cost_amount FROM alert AS a WHERE a.id = CAST(:alert AS uuid) RETURNING subscription"
)
# Whoever was erased while on the phone leaves no words behind.
_NOTE = text(
    "INSERT INTO disposition_note (disposition, customer_ref, note)"
    " SELECT CAST(:id AS uuid), :customer_ref, :note WHERE NOT EXISTS (SELECT FROM customer_mark AS m"
    " WHERE m.customer_ref = :customer_ref AND m.erased_at IS NOT NULL)"
)
_MADE = text(
    "SELECT d.business_at AS at, d.offer, d.answer, g.name AS agent"
    " FROM accounts_of(:customer_ref) AS a (account) JOIN disposition AS d ON d.customer_ref = a.account"
    " JOIN agent AS g ON g.login = d.agent WHERE d.offer IS NOT NULL"
    " ORDER BY d.business_at DESC, d.attempt DESC LIMIT 50"
)
_SUCCESS = text(
    "SELECT offer, count(*) FILTER (WHERE answer = 'accepted') AS accepted, count(*) AS made"
    " FROM disposition WHERE offer IS NOT NULL AND (CAST(:reason AS text) IS NULL OR reason = :reason)"
    " GROUP BY offer"
)


async def append(connection: AsyncConnection, alert: Alert, call: Call) -> str | None:
    """Write the call down, as attempt number `alert.attempts`, and give the contract that it was about."""
    said, id_ = call.resolution, derived_id("disposition", alert.id, str(alert.attempts))
    values = {
        "id": id_,
        "alert": alert.id,
        "attempt": alert.attempts,
        "agent": call.agent,
        "at": call.at,
        "business_at": call.business_at,
        "disposition": said.disposition,
        "reason": said.reason,
        "reason_detail": said.reason_detail,
        "offer": said.offer,
        "offer_detail": msgspec.json.encode(dict(said.offer_detail)).decode(),
        "answer": said.answer,
        "cost_amount": said.cost.amount if said.cost is not None else None,
    }
    subscription: str | None = (await connection.execute(_APPEND, values)).scalar_one()
    if said.note:
        words = {"id": id_, "customer_ref": alert.customer_ref, "note": said.note}
        await connection.execute(_NOTE, words)
    return subscription


async def made(connection: AsyncConnection, customer_ref: str) -> list[Made]:
    """What was offered to this person, on whichever account, the newest first."""
    rows = await connection.execute(_MADE, {"customer_ref": customer_ref})
    return [Made(row.at, row.offer, row.answer, row.agent) for row in rows]


async def success(connection: AsyncConnection, reason: str | None) -> Mapping[str, Success]:
    """By offer, of the calls with this reason; of all calls where it is None."""
    rows = await connection.execute(_SUCCESS, {"reason": reason})
    return {row.offer: Success(row.accepted, row.made) for row in rows}
