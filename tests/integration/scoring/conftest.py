"""Scoring under test: its schema on a real PostgreSQL, the shipped model, and a customer's life in events."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scoring.__main__ import MIGRATIONS, open_model
from services.scoring.artifact import Artifact
from services.scoring.settings import ScoringSettings
from shared.events.catalogue import Event
from shared.events.envelope import Envelope
from shared.events.ids import derived_id
from shared.postgres.engine import AsyncEngine, create_engine
from shared.postgres.migrations import migrate

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
async def engine(postgres_dsn: str) -> AsyncIterator[AsyncEngine]:
    await migrate(postgres_dsn, "scoring", MIGRATIONS)
    engine = create_engine(postgres_dsn, "scoring", 10)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    return open_model(ScoringSettings())


@pytest.fixture
def happened() -> Callable[..., Envelope]:
    """An event on a day after the start, about the customer `demo/shopify/7` unless said otherwise."""
    made = 0

    def make(data: Event, day: float, subject: str = "demo/shopify/7", **changes: Any) -> Envelope:
        nonlocal made
        made += 1
        moment = START + timedelta(days=day)
        fields: dict[str, Any] = {
            "id": derived_id("event", str(made)),
            "source": "/shops/demo/shopify",
            "subject": subject,
            "time": moment,
            "shop": "demo",
            "receivedat": moment,
            "correlationid": derived_id("event", str(made)),
            "data": data,
        }
        return Envelope(**{**fields, **changes})

    return make
