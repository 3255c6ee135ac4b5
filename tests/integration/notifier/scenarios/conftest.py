"""A notifier's database, and a stage on it."""

from collections.abc import AsyncIterator

import pytest

from services.notifier.__main__ import MIGRATIONS
from shared.postgres.engine import AsyncEngine, create_engine
from shared.postgres.migrations import migrate
from tests.integration.notifier.scenarios.stage import Stage


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "notifier", MIGRATIONS)
    made = create_engine(postgres_dsn, "notifier")
    yield made
    await made.dispose()


@pytest.fixture
def stage(engine: AsyncEngine) -> Stage:
    return Stage(engine)
