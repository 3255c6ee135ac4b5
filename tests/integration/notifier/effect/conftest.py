"""Seeds for effects: enrolments, messages, calls and orders put straight into a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from services.notifier.__main__ import MIGRATIONS
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate

NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)

_ENROL = text(
    "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, reason, cart, subscription,"
    " enrolled_at, held, delivery_number) VALUES (:ref, :scenario, :episode, :version, 'subscription',"
    " :reason, 'demo/shopify', :subscription, :at, :held, :delivery)"
)
_ACT = text(
    "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, creative, shop, correlation_id,"
    " causation_id, state, reason, due_at, began_at, cost_amount) VALUES (CAST(:id AS uuid), :ref, :scenario,"
    " :episode, :step, :way, :creative, 'demo', 'c', 'c', :state, :reason, :at, :began, :cost)"
)
_HAPPEN = text(
    "INSERT INTO happening (event_id, customer_ref, what, at, received_at, facts)"
    " VALUES (CAST(:id AS uuid), :ref, :what, :at, :at, CAST(:facts AS jsonb))"
)
_CONSENT = text(
    "INSERT INTO consent_history (event_id, customer_ref, channel, granted, source, at)"
    " VALUES (CAST(:id AS uuid), :ref, :channel, :granted, 'shop', :at)"
)
_ALERT = text(
    "INSERT INTO alert (id, episode, customer_ref, cart, correlation_id, kind, band, probability, priority,"
    " value_amount, value_currency, reasons, model, horizon_days, assessed_at, noticed_at, raised_at, state,"
    " disposition, closed_at) VALUES (CAST(:id AS uuid), :episode, :ref, 'demo/shopify', 'c', 'subscription',"
    " 'high', .5, 1, 1, 'JPY', '[]', 'm', 30, :at, :at, :at, 'resolved', 'kept', :at)"
)
_AGENT = text(
    "INSERT INTO agent (login, name, role, password_hash, active) VALUES ('caller', 'C', 'agent', 'x', true)"
    " ON CONFLICT DO NOTHING"
)
_CALL = text(
    "INSERT INTO disposition (id, alert, attempt, customer_ref, cart, kind, band, value_amount,"
    " value_currency, agent, claimed_at, at, business_at, disposition, offer, answer, cost_amount)"
    " VALUES (CAST(:id AS uuid), CAST(:id AS uuid), 1, :ref, 'demo/shopify', 'subscription', 'high', 1,"
    " 'JPY', 'caller', :at, :at, :at, 'kept', :offer, :answer, :cost)"
)


def ref_of(name: str) -> str:
    return f"demo/shopify/{name}"


@dataclass(slots=True)
class Shop:
    """Facts about customers, `days` before now; everything is in the scenario churn_warning."""

    engine: AsyncEngine
    made: int = 0

    async def enrol(self, name: str, days: float = 70, **changes: Any) -> None:
        values: dict[str, Any] = {
            "ref": ref_of(name),
            "scenario": "churn_warning",
            "episode": f"episode {name}",
            "version": 1,
            "reason": "skipped_in_a_row",
            "subscription": f"contract {name}",
            "at": NOW - timedelta(days=days),
            "held": False,
            "delivery": 3,
        }
        await self._put(_ENROL, values | changes)

    async def act(self, name: str, state: str = "sent", days: float = 69, **changes: Any) -> None:
        at = NOW - timedelta(days=days)
        values: dict[str, Any] = {
            "id": self._id(),
            "ref": ref_of(name),
            "scenario": "churn_warning",
            "episode": f"episode {name}",
            "step": "mail",
            "way": "mail",
            "creative": None,
            "state": state,
            "reason": None,
            "at": at,
            "began": at if state in ("sent", "unknown", "rejected") else None,
            "cost": None,
        }
        await self._put(_ACT, values | changes)

    async def happen(self, name: str, what: str, days: float, **facts: Any) -> None:
        ref = name if name.startswith("demo/") else ref_of(name)
        values = {"id": self._id(), "ref": ref, "what": what, "at": NOW - timedelta(days=days)}
        await self._put(_HAPPEN, {**values, "facts": msgspec.json.encode(facts).decode()})

    async def order(self, name: str, days: float, amount: int = 4_000, **facts: Any) -> str:
        """Gives the order's number."""
        number = f"order {self.made}"
        total = {"amount": amount, "currency": "JPY"}
        await self.happen(name, "order.placed", days, order=number, total=total, **facts)
        return number

    async def cancel(self, name: str, days: float) -> None:
        await self.happen(name, "subscription.cancelled", days, subscription=f"contract {name}")

    async def call(self, name: str, days: float, offer_cost: int | None = None) -> None:
        """About the risk that enrolled the customer; an offer that costs something was accepted."""
        at = NOW - timedelta(days=days)
        offer, answer = (None, None) if offer_cost is None else ("discount", "accepted")
        values = {"id": self._id(), "ref": ref_of(name), "episode": f"episode {name}", "at": at}
        await self._put(_AGENT, {})
        await self._put(_ALERT, values)
        await self._put(_CALL, {**values, "offer": offer, "answer": answer, "cost": offer_cost})

    async def consent(self, name: str, channel: str, days: float, granted: bool) -> None:
        values = {"id": self._id(), "ref": ref_of(name), "channel": channel, "granted": granted}
        await self._put(_CONSENT, {**values, "at": NOW - timedelta(days=days)})

    async def run(self, statement: str, **values: Any) -> None:
        await self._put(text(statement), values)

    async def rows(self, statement: str) -> list[Any]:
        async with transaction(self.engine) as connection:
            return list((await connection.execute(text(statement))).all())

    def _id(self) -> str:
        self.made += 1
        return derived_id("seed", str(self.made))

    async def _put(self, statement: Any, values: dict[str, Any]) -> None:
        async with transaction(self.engine) as connection:
            await connection.execute(statement, values)


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", MIGRATIONS)
    engine = create_engine(postgres_dsn, "notifier", 5)
    yield engine
    await engine.dispose()


@pytest.fixture
def shop(engine: AsyncEngine) -> Shop:
    return Shop(engine)
