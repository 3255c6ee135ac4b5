"""Split: no customer, and no week, is on both sides."""

from datetime import timedelta

import numpy as np
import pytest

from services.scoring.training.bootstrap import mean_interval
from services.scoring.training.challengers import challenged
from services.scoring.training.split import LATER, by_customer, by_time
from tests.unit.scoring.training.rows import invented


def test_no_customer_judges_and_teaches() -> None:
    data = invented(90)
    folds = by_customer(data)
    for seen, unseen in folds:
        assert not set(data.customers[seen]) & set(data.customers[unseen])
    assert sorted(np.concatenate([unseen for _, unseen in folds])) == list(range(len(data.left)))


def test_what_teaches_was_known_before_the_first_week_that_judges() -> None:
    data = invented(200)
    split = by_time(data, 60.0)
    assert split is not None
    earlier, later = ([data.cutoffs[row] for row in rows] for rows in split)
    assert max(earlier) + timedelta(days=60) <= min(later)
    assert max(later) - min(later) < LATER


def test_a_short_log_has_no_weeks_to_spare() -> None:
    assert by_time(invented(200), 400.0) is None
    assert by_time(invented(0), 60.0) is None


def test_a_better_challenger_says_by_how_much_and_how_sure() -> None:
    data = invented(300)
    base, truth = np.full(len(data.left), data.left.mean()), np.where(data.left == 1, 0.6, 0.2)
    found = challenged("oracle", data, base, truth)
    assert found.better_by > 0
    assert found.interval[0] > 0
    assert found.interval[0] < found.better_by < found.interval[1]
    assert challenged("same", data, base, base).interval == (0.0, 0.0)


def test_rows_of_one_customer_are_drawn_together() -> None:
    """Ten copies of each row tell no more than one."""
    values = np.random.default_rng(2).normal(size=100)
    single = mean_interval(values, np.arange(100))
    assert mean_interval(np.repeat(values, 10), np.repeat(np.arange(100), 10)) == pytest.approx(single)
