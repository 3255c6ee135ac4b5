"""Fixtures of the simulation's tests: one small shop, lived once, and the real Shopify payloads."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulation.history import History, history
from simulation.webhook import Webhook

START = datetime(2026, 1, 4, 15, tzinfo=UTC)  # midnight in Japan
SEED_WITH_EVERY_TOPIC = 1
CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def lived() -> History:
    """800 customers over 240 days, each of them asked for the truth every four weeks."""
    return history(11, 800, 240, START, truth_every_days=28, truth_sample=10_000)


@pytest.fixture(scope="session")
def told() -> tuple[History, tuple[Webhook, ...]]:
    """A smaller shop, with all that it sent."""
    past = history(SEED_WITH_EVERY_TOPIC, 300, 200, START, truth_every_days=14)
    return past, tuple(past.webhooks)


@pytest.fixture
def shopify_samples() -> Path:
    shared = Path(os.environ.get("HIKITOME_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
    samples = shared / "webhooks" / "shopify"
    if not samples.is_dir():
        pytest.skip("the real Shopify payloads are not here: set HIKITOME_SHARED_DATA")
    return samples
