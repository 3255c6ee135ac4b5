"""A message that has left, the whole application behind its address, and a mail provider's signature."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from services.notifier.__main__ import MIGRATIONS
from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.channels.webhook import Post, signed
from services.notifier.desk import Desk
from services.notifier.outgoing import unsubscribe_router
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout
from shared.clock import system_clock
from shared.events import envelope as wire
from shared.events.envelope import Envelope
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate
from shared.process.health import Health

BUSINESS_NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
SECRET = "s" * 32
EVENTS_SECRET = "whsec_" + base64.b64encode(b"what the provider signs with").decode()
CUSTOMER = "tea-shop/shopify/1001"


@dataclass(frozen=True)
class Shop:
    """The notifier as the world sees it, and what is in its database."""

    engine: AsyncEngine
    web: httpx.AsyncClient
    clock: list[datetime]

    async def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        async with transaction(self.engine) as connection:
            return [tuple(row) for row in await connection.execute(text(query), values)]

    async def events(self) -> list[Envelope]:
        rows = await self.rows("SELECT value FROM outbox ORDER BY id")
        return [wire.decode(value) for (value,) in rows if isinstance(value, bytes)]

    async def happenings(self) -> list[tuple[object, ...]]:
        return await self.rows("SELECT what, facts ->> 'message' FROM happening ORDER BY received_at, what")

    async def tell(self, path: str, body: bytes, **changes: Any) -> httpx.Response:
        """As the provider posts it, signed now; `delivery` is the id of the call."""
        post = Post(changes.pop("delivery", f"msg_{uuid4()}"), "", (EVENTS_SECRET,), body)
        headers = {**signed(post, changes.pop("at", system_clock())), **changes.pop("headers", {})}
        return await self.web.post(path, content=body, headers=headers)


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", MIGRATIONS)
    made = create_engine(postgres_dsn, "notifier")
    yield made
    await made.dispose()


@pytest.fixture
async def shop(engine: AsyncEngine, postgres_dsn: str) -> AsyncIterator[Shop]:
    values = {
        "postgres_dsn": postgres_dsn,
        "desk_agents": [{"login": "misaki", "name": "岡田", "password": "hikitome-desk", "role": "admin"}],
        "unsubscribe_secrets": [SECRET],
        "mail_events_secret": EVENTS_SECRET,
        "shop_name": "みどり茶房",
        "sender_contact": "0120-000-000",
    }
    settings, clock = NotifierSettings.model_validate(values), [system_clock()]

    def business_now() -> datetime:
        return BUSINESS_NOW

    def now() -> datetime:
        return clock[0]

    desk = Desk(engine, business_now, now, settings.lease(), settings.calls())
    fanout = Fanout(engine, now, settings.shop_zone(), Health())
    door = Door(engine, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), now)
    await door.enrol(settings.desk_agents)
    parts = Parts(desk, door, fanout)
    links = unsubscribe_router(engine, settings, business_now)
    app = create_app(settings, business_now, now, parts, [links])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://shop.example",
        headers={"user-agent": "Mozilla/5.0 (iPhone)"},
    ) as web:
        yield Shop(engine, web, clock)


@pytest.fixture
def sent(shop: Shop) -> Callable[..., Awaitable[str]]:
    """A message that has left for CUSTOMER; gives its action."""

    async def put(
        channel: str = "mail", state: str = "sent", provider_id: str | None = None, customer: str = CUSTOMER
    ) -> str:
        action = str(uuid4())
        async with transaction(shop.engine) as connection:
            await connection.execute(
                text(
                    "INSERT INTO enrolment"
                    " (customer_ref, scenario, episode, version, kind, cart, enrolled_at)"
                    " VALUES (:ref, 'thanks', :id, 1, 'subscription', 'tea-shop/shopify', :at)"
                ),
                {"ref": customer, "id": action, "at": BUSINESS_NOW},
            )
            await connection.execute(
                text(
                    "INSERT INTO action (id, customer_ref, scenario, episode, step, channel, shop,"
                    " correlation_id, causation_id, state, due_at, began_at, provider_id)"
                    " VALUES (CAST(:id AS uuid), :ref, 'thanks', :id, 'mail', :channel, 'tea-shop', 'c', 'c',"
                    " :state, :at, :at, :provider)"
                ),
                {
                    "id": action,
                    "ref": customer,
                    "channel": channel,
                    "state": state,
                    "at": BUSINESS_NOW,
                    "provider": provider_id,
                },
            )
        return action

    return put
