"""BG/NBD: the published numbers, and what any such model must say."""

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from services.scoring.backtest.bgnbd import BgNbd, Buyers, alive, buyers, fitted, log_likelihood, no_order
from services.scoring.backtest.readers import cdnow

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
"""Fader, Hardie & Lee 2005, table 2: CDNOW, 39 weeks; alpha in weeks."""

WEEKS = 39


@pytest.mark.parametrize(
    ("repeats", "last", "expected"), [(2, 30.43, -9.4596), (1, 1.71, -4.4711), (0, 0.0, -0.5538)]
)
def test_the_likelihood_is_the_published_one(repeats: float, last: float, expected: float) -> None:
    """The first three customers of the authors' note on the model in Excel; parameters have three digits."""
    one = Buyers(*(np.array([value], dtype=float) for value in (repeats, last, 38.86, 1)))
    assert log_likelihood(PUBLISHED, one) == pytest.approx(expected, abs=0.0025)


def test_the_fit_finds_the_parameters_that_made_the_data() -> None:
    rng = np.random.default_rng(1)
    rows = [_life(PUBLISHED, rng, rng.uniform(26, 39)) for _ in range(4000)]
    found = fitted(buyers(*np.array(rows).T), penalty=0.0)
    assert found.r == pytest.approx(0.243, rel=0.1)
    assert found.alpha == pytest.approx(4.414, rel=0.2)
    assert found.a / (found.a + found.b) == pytest.approx(0.246, rel=0.15)


def _life(model: BgNbd, rng: np.random.Generator, age: float) -> tuple[float, float, float]:
    """(x, t_x, T) of a customer as the model has them live."""
    pace, stop = rng.gamma(model.r, 1 / model.alpha), rng.beta(model.a, model.b)
    repeats, at, last = 0, rng.exponential(1 / pace), 0.0
    while at < age:
        repeats, last = repeats + 1, at
        if rng.random() < stop:
            break
        at += rng.exponential(1 / pace)
    return repeats, last, age


def test_the_public_data_fit_near_the_published_sample(master: Path) -> None:
    """The whole of the cohort that the published tenth was drawn from, in days."""
    days = defaultdict(set)
    for sale in cdnow(master):
        days[sale.customer].add(sale.time)
    start = min(min(times) for times in days.values())
    rows = []
    for times in days.values():
        seen = sorted((time - start).days for time in times if (time - start).days < WEEKS * 7)
        rows.append((len(seen) - 1, seen[-1] - seen[0], WEEKS * 7 - seen[0]))
    found = fitted(buyers(*np.array(rows, dtype=float).T))
    assert found.r == pytest.approx(0.243, abs=0.03)
    assert found.alpha / 7 == pytest.approx(4.414, rel=0.15)


def test_who_bought_once_is_alive_for_certain_and_still_likely_silent() -> None:
    once = np.array([0.0]), np.array([0.0]), np.array([30.0])
    assert alive(PUBLISHED, *once)[0] == 1
    assert 0.5 < no_order(PUBLISHED, *once, days=10)[0] < 1


def test_longer_silence_and_a_shorter_look_make_no_order_likelier() -> None:
    repeats, last = np.full(4, 5.0), np.full(4, 20.0)
    chances = no_order(PUBLISHED, repeats, last, np.array([20.0, 30.0, 40.0, 80.0]), days=10)
    assert (np.diff(chances) > 0).all()
    assert (
        no_order(PUBLISHED, repeats, last, last + 5, days=5)
        > no_order(PUBLISHED, repeats, last, last + 5, 50)
    ).all()


def test_customers_who_look_alike_count_as_often_as_they_are() -> None:
    one = buyers(*np.array([[1, 5, 9], [1, 5, 9], [0, 0, 7]], dtype=float).T)
    assert sorted(one.weight) == [1, 2]
    apart = Buyers(*np.array([[1, 5, 9, 1], [1, 5, 9, 1], [0, 0, 7, 1]], dtype=float).T)
    assert log_likelihood(PUBLISHED, one) == pytest.approx(log_likelihood(PUBLISHED, apart))


def test_a_log_that_begins_in_the_middle_does_not_run_to_the_border() -> None:
    """Everybody ordered lately: by likelihood alone nobody ever drops out."""
    steady = buyers(np.arange(2.0, 40.0), np.full(38, 99.0), np.full(38, 100.0))
    found = fitted(steady)
    assert all(np.isfinite([found.r, found.alpha, found.a, found.b]))
    assert found.a > 1e-3
