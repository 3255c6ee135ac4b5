"""Shared plumbing under test: one schema, topics of the test's own, envelopes made to measure."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.events.commerce import OrderDelivered
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.events.topics import Topic
from shared.kafka.provision import provision
from shared.postgres.engine import AsyncEngine, create_engine
from shared.postgres.migrations import migrate
from shared.process.settings import CommonSettings

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def settings(kafka_bootstrap: str, postgres_dsn: str) -> CommonSettings:
    return CommonSettings(
        kafka_bootstrap=kafka_bootstrap,
        kafka_idempotent=False,
        kafka_fetch_max_wait_ms=10,
        kafka_session_timeout_ms=2000,
        postgres_dsn=postgres_dsn,
    )


@pytest.fixture
async def engine(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """An engine on a schema that has the plumbing's tables and one more, `effect`."""
    (tmp_path / "001_effect.sql").write_text("CREATE TABLE effect (event_id uuid, at bigserial);")
    await migrate(postgres_dsn, "plumbing", tmp_path)
    engine = create_engine(postgres_dsn, "plumbing")
    yield engine
    await engine.dispose()


@pytest.fixture
async def topic(settings: CommonSettings) -> Topic:
    """A topic of the test's own, for the broker is shared."""
    made = Topic(f"t-{secrets.token_hex(6)}", 3, 86_400_000)
    await provision(settings, [made])
    return made


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds, at most fifteen seconds."""

    async def wait(holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(15):
            while not await holds():  # noqa: ASYNC110 - the condition lives in other processes
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture
def envelope() -> Callable[[int], Envelope]:
    def make(number: int) -> Envelope:
        moment = datetime(2026, 4, 1, tzinfo=UTC)
        return Envelope(
            id=derived_id("test", str(number)),
            source="/shops/test/shopify",
            subject=f"test/shopify/{number % 7}",
            time=moment,
            shop="test",
            receivedat=moment,
            correlationid=derived_id("test", str(number)),
            data=OrderDelivered(order=str(number)),
        )

    return make


@pytest.fixture
def running() -> Callable[..., object]:
    """Run a loop in the background for as long as the block lasts."""

    @asynccontextmanager
    async def run(loop: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        task = asyncio.ensure_future(loop(stop))
        try:
            yield stop
        finally:
            stop.set()
            await asyncio.wait_for(task, 30)

    return run
