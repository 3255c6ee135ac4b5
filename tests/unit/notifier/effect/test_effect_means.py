"""Means: Welch's interval where nothing is skewed, a better one where few spend most, and Fieller's ratio."""

import math

import numpy as np
import pytest

from services.notifier.effect.arms import arms_of
from services.notifier.effect.means import means
from services.notifier.effect.quantiles import p_of, t_of, z_of
from services.notifier.effect.ratio import ratio


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(3, 3.1824), (5, 2.5706), (10, 2.2281), (30, 2.0423), (1e9, 1.95996)]
)
def test_quantiles_are_those_of_the_tables(freedom: float, quantile: float) -> None:
    assert t_of(freedom) == pytest.approx(quantile, rel=2e-3)
    assert p_of(z_of()) == pytest.approx(0.05)


def test_without_skewness_it_is_welchs_interval() -> None:
    sent, held = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [2.0, 4.0, 6.0, 8.0, 10.0]
    arms = arms_of(range(12), [True] * 7 + [False] * 5)

    found = means(arms, np.array(sent + held))

    variances = np.var(sent, ddof=1) / 7, np.var(held, ddof=1) / 5
    error = math.sqrt(sum(variances))
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 6 + variances[1] ** 2 / 4)
    assert found.value == pytest.approx(-2.0)
    assert found.error == pytest.approx(error)
    wide = error * t_of(float(freedom))
    assert (found.low, found.high) == pytest.approx((-2 - wide, -2 + wide), rel=1e-6)


def test_spending_of_a_small_holdout_is_covered_about_as_often_as_it_says() -> None:
    rng, covered, plain, runs = np.random.default_rng(7), 0, 0, 1500
    first = [True] * 400 + [False] * 25
    arms = arms_of(range(425), first)
    for _ in range(runs):
        found = means(arms, rng.gamma(0.4, 5_000, 425))
        assert found.low is not None
        assert found.high is not None
        assert found.value is not None
        assert found.error is not None
        covered += found.low <= 0 <= found.high
        plain += abs(found.value) <= 1.96 * found.error
    assert 0.92 <= covered / runs <= 0.97
    assert covered > plain


def test_fewer_than_five_customers_tell_a_difference_but_no_limits() -> None:
    found = means(arms_of(range(8), [True] * 4 + [False] * 4), np.arange(8.0))
    assert (found.value, found.low, found.high) == (-4.0, None, None)


def test_who_does_not_differ_at_all_has_no_interval_to_speak_of() -> None:
    found = means(arms_of(range(20), [True] * 10 + [False] * 10), np.full(20, 3.0))
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_a_yen_spent_has_the_limits_that_make_both_differences_agree() -> None:
    rng = np.random.default_rng(1)
    arms = arms_of(range(2_000), [True] * 1_500 + [False] * 500)
    spent = np.where(arms.first, 100.0, 0.0) + rng.normal(0, 5, 2_000)
    gained = np.where(arms.first, 300.0, 0.0) + rng.normal(0, 900, 2_000)

    found = ratio(arms, gained, spent)

    assert found.value == pytest.approx(3.0, abs=1.5)
    assert found.low is not None
    assert found.high is not None
    assert means(arms, gained - found.low * spent).low == pytest.approx(0.0, abs=2.0)
    assert means(arms, gained - found.high * spent).high == pytest.approx(0.0, abs=2.0)


def test_where_nothing_was_spent_there_is_nothing_per_yen() -> None:
    arms = arms_of(range(20), [True] * 10 + [False] * 10)
    assert ratio(arms, np.arange(20.0), np.zeros(20)).value is None
    unsure = np.where(np.arange(20) == 3, 100.0, 0.0)
    found = ratio(arms, np.arange(20.0), unsure)
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
