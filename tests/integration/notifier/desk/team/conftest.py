"""A team's past on PostgreSQL: alerts, calls and events put there as they would have been."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from services.notifier.supervisor import Supervisor
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine, transaction
from tests.integration.notifier.desk.conftest import Office

# 12:00 in Tokyo; business time runs along with it here.
NOW = datetime(2026, 6, 10, 3, tzinfo=UTC)

Insert = Callable[..., Awaitable[None]]


@pytest.fixture
def supervisor(office: Office) -> Supervisor:
    zone = ZoneInfo("Asia/Tokyo")
    return Supervisor(office.engine, lambda: NOW, lambda: NOW, zone, sla_minutes=60)


@pytest.fixture
def insert(engine: AsyncEngine, office: Office) -> Insert:
    async def put(table: str, **row: Any) -> None:
        columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        async with transaction(engine) as connection:
            await connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)  # noqa: S608

    return put


@pytest.fixture
def alert(insert: Insert) -> Callable[..., Awaitable[str]]:
    async def put(name: str, **changes: Any) -> str:
        row: dict[str, Any] = {
            "id": derived_id("alert", name),
            "episode": name,
            "customer_ref": f"demo/shopify/{name}",
            "cart": "demo/shopify",
            "correlation_id": "c",
            "kind": "subscription",
            "band": "high",
            "probability": 0.5,
            "priority": 10.0,
            "value_amount": 1000,
            "value_currency": "JPY",
            "reasons": '[{"code": "skipped", "text": "", "facts": {}, "contribution": 1}]',
            "model": "m1",
            "horizon_days": 30,
            "subscription": f"s{name}",
            "assessed_at": NOW,
            "noticed_at": NOW,
            "raised_at": NOW - timedelta(hours=2),
            "state": "raised",
        }
        await insert("alert", **{**row, **changes})
        return str(row["id"])

    return put


@pytest.fixture
def talk(insert: Insert) -> Callable[..., Awaitable[None]]:
    async def put(name: str, disposition: str, attempt: int = 1, **changes: Any) -> None:
        at = changes.pop("at", NOW - timedelta(hours=1))
        row = {
            "id": derived_id("disposition", name, str(attempt)),
            "alert": derived_id("alert", name),
            "attempt": attempt,
            "customer_ref": f"demo/shopify/{name}",
            "cart": "demo/shopify",
            "subscription": f"s{name}",
            "kind": "subscription",
            "band": "high",
            "top_reason": "skipped",
            "value_amount": 1000,
            "value_currency": "JPY",
            "agent": "misaki",
            "claimed_at": at - timedelta(minutes=6),
            "at": at,
            "business_at": at,
            "disposition": disposition,
        }
        await insert("disposition", **{**row, **changes})

    return put


@pytest.fixture
def event(insert: Insert) -> Callable[..., Awaitable[None]]:
    async def put(name: str, what: str, at: datetime, facts: str = "", ref: str | None = None) -> None:
        await insert(
            "happening",
            event_id=derived_id("event", name, what, at.isoformat()),
            customer_ref=ref or f"demo/shopify/{name}",
            what=what,
            at=at,
            received_at=at,
            facts=f'{{"subscription": "s{name}"{facts}}}',
        )

    return put
