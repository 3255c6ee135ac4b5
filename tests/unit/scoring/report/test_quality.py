"""The curves and bins of the report, on rows made up for the purpose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.report.quality import (
    Array,
    average_precision,
    calibration,
    gains,
    lifts,
    precision_recall,
    roc,
    wilson,
)


@pytest.fixture(scope="module")
def rows() -> tuple[Array, Array, Array]:
    """What came of 3,000 rows whose probabilities are true, of 300 customers."""
    rng = np.random.default_rng(3)
    probability = rng.beta(1, 6, 3000)
    return (rng.uniform(size=3000) < probability).astype(np.int64), probability, np.arange(3000) % 300


def test_the_bins_hold_every_row_once_and_add_up_to_the_average(rows: tuple[Array, Array, Array]) -> None:
    left, probability, customers = rows
    bins = calibration(left, probability, customers)
    assert len(bins) == 10
    assert sum(each.rows for each in bins) == len(left)
    assert sum(each.rows * each.actual for each in bins) == pytest.approx(left.sum())
    assert sum(each.rows * each.predicted for each in bins) == pytest.approx(probability.sum())


def test_true_probabilities_lie_within_their_intervals(rows: tuple[Array, Array, Array]) -> None:
    inside = [each.low <= each.predicted <= each.high for each in calibration(*rows)]
    assert sum(inside) >= 9


def test_many_rows_of_few_customers_are_no_surer_than_the_customers_are_many(
    rows: tuple[Array, Array, Array],
) -> None:
    left, probability, _ = rows
    few = calibration(left, probability, np.arange(3000) % 30)
    many = calibration(left, probability, np.arange(3000))
    assert all(a.high - a.low > b.high - b.low for a, b in zip(few, many, strict=True))


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_an_interval_holds_the_share_and_stays_between_none_and_all(share: float, count: int) -> None:
    low, high = wilson(share, count)
    assert 0 <= low <= share
    assert share <= high <= 1


def test_curves_start_and_end_in_their_corners(rows: tuple[Array, Array, Array]) -> None:
    left, probability, _ = rows
    for curve in (roc(left, probability), gains(left, probability)):
        assert (curve.x[0], curve.y[0]) == (0, 0)
        assert (curve.x[-1], curve.y[-1]) == (1, 1)
        assert np.all(np.diff(curve.x) >= 0)
        assert np.all(np.diff(curve.y) >= 0)
        assert len(curve.x) <= 150
    found = precision_recall(left, probability)
    assert (found.x[0], found.x[-1]) == (0, 1)
    assert found.y[-1] == pytest.approx(left.mean())
    assert average_precision(left, probability) > left.mean()


def test_the_lifts_of_the_tenths_average_to_one(rows: tuple[Array, Array, Array]) -> None:
    left, probability, _ = rows
    found = lifts(left, probability)
    assert np.mean(found) == pytest.approx(1)
    assert found[0] > 2 > 0.5 > found[-1]
