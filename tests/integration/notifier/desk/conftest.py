"""The desk under test: a real PostgreSQL, the whole application, agents with cheap password hashes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from deploy.local.ports import free_port, listens
from services.notifier.__main__ import MIGRATIONS
from services.notifier.app import Parts, create_app
from services.notifier.auth import Door, Passwords
from services.notifier.desk import Desk
from services.notifier.enrol import Shop
from services.notifier.follow import observe
from services.notifier.outgoing import unsubscribe_router
from services.notifier.settings import NotifierSettings
from services.notifier.stream import Fanout, Sequencer
from shared.clock import monotonic, system_clock
from shared.events.catalogue import Event
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.money import Money
from shared.events.risk import Reason, RiskAssessed
from shared.postgres.engine import AsyncEngine, create_engine, transaction
from shared.postgres.migrations import migrate
from shared.process.health import Health
from shared.process.run import Loop, serve
from tests.warning import held_out, keep_running

BUSINESS_NOW = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
PASSWORD = "hikitome-desk"
AGENTS = [
    {"login": "misaki", "name": "岡田 みさき", "password": PASSWORD},
    {"login": "ken", "name": "<b>藤井</b>", "password": PASSWORD, "role": "supervisor"},
    {"login": "gone", "name": "退職者", "password": PASSWORD, "active": False},
]


@dataclass(frozen=True, slots=True)
class Office:
    """Everything behind the desk's address."""

    engine: AsyncEngine
    settings: NotifierSettings
    desk: Desk
    door: Door
    fanout: Fanout
    app: FastAPI


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", MIGRATIONS)
    engine = create_engine(postgres_dsn, "notifier", 20)
    yield engine
    await engine.dispose()


@pytest.fixture
async def office(engine: AsyncEngine, postgres_dsn: str) -> Office:
    settings = NotifierSettings.model_validate(
        {
            "postgres_dsn": postgres_dsn,
            "desk_agents": AGENTS,
            "unsubscribe_secrets": ["s" * 32],
            "shop_name": "みどり健康堂",
        }
    )

    def business_now() -> datetime:
        return BUSINESS_NOW

    door = Door(engine, Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)), system_clock)
    await door.enrol(settings.desk_agents)
    desk = Desk(engine, business_now, system_clock, settings.lease(), settings.calls())
    fanout = Fanout(engine, system_clock, settings.shop_zone(), Health())
    await fanout.start()
    links = unsubscribe_router(engine, settings, business_now)
    app = create_app(settings, business_now, system_clock, Parts(desk, door, fanout), [links])
    return Office(engine, settings, desk, door, fanout, app)


@pytest.fixture
async def stranger(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has not logged in."""
    transport = httpx.ASGITransport(app=office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
        yield client


@pytest.fixture
async def agent(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same client after logging in as misaki, with its CSRF token."""
    await stranger.post("/api/session", data={"login": "misaki", "password": PASSWORD})
    stranger.headers["x-csrf-token"] = (await stranger.get("/api/session")).json()["csrf"]
    return stranger


@pytest.fixture
def running(office: Office) -> Callable[..., AbstractAsyncContextManager[str]]:
    """Run the desk with its loops on a real port; gives its address. More loops may be added."""

    @asynccontextmanager
    async def run(*more: Loop) -> AsyncIterator[str]:
        stop, port = asyncio.Event(), free_port()
        loops = [
            serve(office.app, "127.0.0.1", port),
            Sequencer(office.engine, Health(), 0.02).run,
            office.fanout.run,
            *more,
        ]
        tasks = [asyncio.create_task(loop(stop)) for loop in loops]
        try:
            deadline = monotonic() + 10
            while not listens(port):
                assert monotonic() < deadline, "the desk does not answer"
                await asyncio.sleep(0.02)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await asyncio.gather(*tasks)

    return run


@pytest.fixture
def happened() -> Callable[..., Envelope]:
    """An event about the customer `demo/shopify/7` unless said otherwise; `minutes` after business began."""
    made = 0

    def make(data: Event, minutes: float = 0, subject: str = "demo/shopify/7") -> Envelope:
        nonlocal made
        made += 1
        return Envelope(
            id=derived_id("event", str(made)),
            source="/shops/demo/shopify",
            subject=subject,
            time=BUSINESS_NOW + timedelta(minutes=minutes),
            shop="demo",
            receivedat=BUSINESS_NOW,
            correlationid=f"webhook-{made}",
            data=data,
        )

    return make


@pytest.fixture
def risk() -> Callable[..., RiskAssessed]:
    """A subscription at high risk, entered now, unless said otherwise."""

    def make(episode: str = "e1", minutes: float = 0, **changes: Any) -> RiskAssessed:
        fields: dict[str, Any] = {
            "kind": "subscription",
            "probability": 0.82,
            "band": "critical",
            "previous_band": "medium",
            "phase": "entered",
            "episode": episode,
            "priority": 100.0,
            "value_at_risk": Money(12_800, "JPY"),
            "reasons": (Reason("skipped_in_a_row", "前回から2回連続でスキップ", {"n": 2}, 1.2),),
            "model": "m1",
            "horizon_days": 30.0,
            "assessed_at": BUSINESS_NOW + timedelta(minutes=minutes),
            "noticed_at": system_clock(),
            "subscription": "88",
            "delivery_number": 3,
            "min_deliveries": 4,
            "due": BUSINESS_NOW + timedelta(days=6),
            "cutoff": BUSINESS_NOW + timedelta(days=2),
        }
        return RiskAssessed(**{**fields, **changes})

    return make


@pytest.fixture
def follow(engine: AsyncEngine) -> Callable[..., Awaitable[None]]:
    """One batch of events, as the stream would hand it over; so many percent are left alone."""

    async def batch(*envelopes: Envelope, holdout: float = 0) -> None:
        async with transaction(engine) as connection:
            await keep_running(connection, held_out(holdout))
            await observe(Shop(ZoneInfo("Asia/Tokyo"), lambda: BUSINESS_NOW), connection, envelopes)

    return batch


@pytest.fixture
def raise_alert(
    follow: Callable[..., Awaitable[None]],
    happened: Callable[..., Envelope],
    risk: Callable[..., RiskAssessed],
) -> Callable[..., Awaitable[str]]:
    """An alert in the queue; gives its id."""

    async def put(episode: str = "e1", subject: str = "demo/shopify/7", **changes: Any) -> str:
        await follow(happened(risk(episode, **changes), subject=subject))
        return derived_id("alert", episode)

    return put
