"""A marketer at the desk's address, a stream of facts, and messages in every state."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from services.notifier import never
from services.notifier.__main__ import MIGRATIONS
from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.desk import Desk
from services.notifier.enrol import Shop
from services.notifier.follow import observe
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout
from shared.clock import system_clock
from shared.events.catalogue import Event
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate
from shared.process.health import Health

BUSINESS_NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
PASSWORD = "hikitome-desk"
AGENTS = [
    {"login": "mari", "name": "真鍋 まり", "password": PASSWORD, "role": "marketer"},
    {"login": "misaki", "name": "岡田 みさき", "password": PASSWORD},
]
HANAKO = "demo/shopify/7"
KEY = b"k" * 32


@dataclass(frozen=True, slots=True)
class Records:
    """What a test puts into the notifier's tables, and what it reads there."""

    engine: AsyncEngine

    async def run(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        async with transaction(self.engine) as connection:
            result = await connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    async def hear(self, *facts: Event, ref: str = HANAKO, minutes: float = 0) -> None:
        """Facts of one customer in one batch, each a minute after the one before."""
        told = [_envelope(fact, ref, minutes + place) for place, fact in enumerate(facts)]
        follow = partial(observe, Shop(ZoneInfo("Asia/Tokyo"), lambda: BUSINESS_NOW))
        async with transaction(self.engine) as connection:
            await never.observe(KEY, follow, connection, told)

    async def put(self, number: int, state: str, reason: str | None = None, **changes: object) -> str:
        """A message of step `number`; its id. Everything of it may be changed."""
        values = {
            "id": derived_id("action", str(number)),
            "ref": HANAKO,
            "scenario": "churn_warning",
            "episode": "e1",
            "step": f"step{number}",
            "channel": "mail",
            "creative": "a",
            "state": state,
            "reason": reason,
            "due_at": BUSINESS_NOW + timedelta(hours=number),
            "began_at": BUSINESS_NOW if state in ("sending", "sent", "unknown", "rejected") else None,
            "changed_at": BUSINESS_NOW + timedelta(minutes=number),
            "version": 1,
            "held": False,
            **changes,
        }
        await self.run(
            "INSERT INTO enrolment (customer_ref, scenario, episode, version, kind, reason, cart,"
            " enrolled_at, held) VALUES (:ref, :scenario, :episode, :version, 'subscription', 'skipped',"
            " 'demo/shopify', :due_at, :held) ON CONFLICT DO NOTHING",
            **values,
        )
        await self.run(
            "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, creative, shop,"
            " correlation_id, causation_id, state, reason, due_at, began_at, changed_at, retry_from)"
            " VALUES (CAST(:id AS uuid), :ref, :scenario, :episode, :step, :channel, :creative, 'demo', 'c',"
            " 'c', :state, :reason, :due_at, :began_at, :changed_at, now())",
            **values,
        )
        await self.run(
            "INSERT INTO action_history (action_id, state, reason)"
            " VALUES (CAST(:id AS uuid), 'planned', NULL), (CAST(:id AS uuid), :state, :reason)",
            **values,
        )
        return str(values["id"])

    async def audited(self) -> list[tuple[Any, ...]]:
        return await self.run(
            "SELECT what, subject, why, detail FROM audit_entry WHERE what NOT LIKE 'session%' ORDER BY id"
        )


def _envelope(fact: Event, ref: str, minutes: float) -> Envelope:
    return Envelope(
        id=derived_id("event", ref, type(fact).__name__, repr(fact), str(minutes)),
        source="/shops/demo/shopify",
        subject=ref,
        time=BUSINESS_NOW + timedelta(minutes=minutes),
        shop="demo",
        receivedat=BUSINESS_NOW,
        correlationid="c",
        data=fact,
    )


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", MIGRATIONS)
    engine = create_engine(postgres_dsn, "notifier", 10)
    yield engine
    await engine.dispose()


@pytest.fixture
def records(engine: AsyncEngine) -> Records:
    return Records(engine)


Enter = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def enter(engine: AsyncEngine, postgres_dsn: str) -> AsyncIterator[Enter]:
    """A client that has logged in, with its CSRF token."""
    settings = NotifierSettings.model_validate(
        {
            "postgres_dsn": postgres_dsn,
            "desk_agents": AGENTS,
            "unsubscribe_secrets": ["s" * 32],
            "never_contact_pepper": KEY.decode(),
        }
    )
    door = Door(engine, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), system_clock)
    await door.enrol(settings.desk_agents)
    desk = Desk(engine, lambda: BUSINESS_NOW, system_clock, settings.lease(), settings.calls())
    fanout = Fanout(engine, system_clock, settings.shop_zone(), Health())
    await fanout.start()
    app = create_app(settings, lambda: BUSINESS_NOW, system_clock, Parts(desk, door, fanout))
    clients: list[httpx.AsyncClient] = []

    async def log_in(login: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://desk.example")
        clients.append(client)
        await client.post("/api/session", data={"login": login, "password": PASSWORD})
        client.headers["x-csrf-token"] = (await client.get("/api/session")).json()["csrf"]
        return client

    yield log_in
    for client in clients:
        await client.aclose()


@pytest.fixture
async def mari(enter: Enter) -> httpx.AsyncClient:
    """The marketer."""
    return await enter("mari")
