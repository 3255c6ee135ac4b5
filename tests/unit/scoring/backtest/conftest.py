"""A year and a half of invented sales, and the public data where it lies beside the checkout."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from services.scoring.backtest.sales import Sale

DATA = Path(__file__).parents[4].parent / "shared" / "data" / "transactions"
START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def master() -> Path:
    """The CDNOW master file."""
    file = DATA / "cdnow_master.txt.gz"
    if not file.exists():
        pytest.skip("the CDNOW master file is not beside the checkout (../shared/data/transactions)")
    return file


def _buys(number: int, rng: Random) -> Iterator[Sale]:
    """Each at their own pace, until they stop."""
    day, gap = rng.uniform(0, 120), rng.choice((10, 20, 60))
    while day < 450:
        yield Sale(
            f"c{number}", START + timedelta(days=day), f"{number}-{day}", rng.randrange(500, 5000), "soap"
        )
        if rng.random() < 0.15:
            return
        day += gap * rng.uniform(0.5, 1.5)


@pytest.fixture(scope="session")
def bought() -> list[Sale]:
    rng = Random(5)
    return [sale for number in range(90) for sale in _buys(number, rng)]
