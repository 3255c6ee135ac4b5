"""Rows to learn from whose law is known: a few readings decide, everything else is never known."""

from datetime import UTC, datetime, timedelta

import numpy as np

from services.scoring.features.state import NAMES
from services.scoring.training.dataset import Dataset

WEEKS = 40
START = datetime(2026, 1, 1, tzinfo=UTC)


def invented(customers: int, seed: int = 1, level: float = -2.0, looks: int = 10) -> Dataset:
    """Repeat customers: silence raises the log-odds, many orders lower them; a tenth of values is unknown."""
    random = np.random.default_rng(seed)
    rows = customers * looks
    features = np.full((rows, len(NAMES)), np.nan)
    silence, orders = random.uniform(0, 100, rows), random.poisson(4, rows) + 1.0
    features[:, NAMES.index("days_since_order")] = silence
    features[:, NAMES.index("orders")] = orders
    features[:, NAMES.index("spend_mean")] = np.where(random.uniform(size=rows) < 0.1, np.nan, 3000.0)
    score = level + 2.0 * (np.log1p(silence) - 3.5) - 1.5 * (np.log1p(orders) - 1.5)
    left = (random.uniform(size=rows) < 1 / (1 + np.exp(-score))).astype(np.int64)
    whose = np.repeat(np.arange(customers), looks)
    when = tuple(START + timedelta(weeks=int(week)) for week in random.integers(0, WEEKS, rows))
    refs = tuple(f"shop/shopify/{number}" for number in range(customers))
    return Dataset(features.astype(np.float32).astype(float), left, whose, when, np.zeros(rows, bool), refs)


def silent(stage: str, done: int, total: int) -> None:
    """Nobody watches a test's progress."""
