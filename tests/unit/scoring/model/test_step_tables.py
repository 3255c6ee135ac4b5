"""Step tables: terms that sum to the score."""

from math import isclose, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.model.step_tables import (
    Platt,
    StepTables,
    Table,
    batch,
    compiled,
    log_odds,
    probability,
)

NAMES = ("a", "b", "c")
MODEL = StepTables(
    bias=-1.0,
    tables=(
        Table("b", (1.0, 2.0), (-0.5, 0.25, 1.0), missing=0.1, mean=0.05),
        Table("c", (), (0.75,), missing=-0.75, mean=0.5),
    ),
    platt=Platt(1.5, 0.2),
)

readings = st.just(nan) | st.floats(-1e6, 1e6, width=32)


@pytest.mark.parametrize(
    ("reading", "step"), [(0.0, -0.5), (1.0, -0.5), (1.5, 0.25), (2.0, 0.25), (2.5, 1.0), (nan, 0.1)]
)
def test_a_threshold_belongs_to_the_step_below_it(reading: float, step: float) -> None:
    score, contributions = log_odds(compiled(MODEL, NAMES), [9.0, reading, 0.0])
    assert score == pytest.approx(1.5 * (-1.0 + step + 0.75) + 0.2)
    assert contributions == pytest.approx([0.0, 1.5 * (step - 0.05), 1.5 * (0.75 - 0.5)])


@given(st.lists(readings, min_size=3, max_size=3))
def test_baseline_and_contributions_are_the_score(vector: list[float]) -> None:
    model = compiled(MODEL, NAMES)
    score, contributions = log_odds(model, vector)
    assert isclose(model.baseline + sum(contributions), score, abs_tol=1e-12)


@given(st.lists(st.lists(readings, min_size=3, max_size=3), min_size=1, max_size=20))
def test_many_rows_at_once_score_as_each_alone(rows: list[list[float]]) -> None:
    model = compiled(MODEL, NAMES)
    scores, contributions = batch(model, np.array(rows))
    for row, vector in enumerate(rows):
        alone = log_odds(model, vector)
        assert isclose(scores[row], alone[0], abs_tol=1e-9)
        assert contributions[row].tolist() == pytest.approx(alone[1], abs=1e-9)


def test_the_average_customer_is_the_baseline() -> None:
    assert compiled(MODEL, NAMES).baseline == pytest.approx(1.5 * (-1.0 + 0.05 + 0.5) + 0.2)


@given(st.floats(-700, 700))
def test_a_probability_never_overflows(score: float) -> None:
    assert 0.0 <= probability(score) <= 1.0
    assert isclose(probability(score) + probability(-score), 1.0)


@pytest.mark.parametrize(
    ("thresholds", "values", "missing"),
    [((2.0, 1.0), (0.0, 0.0, 0.0), 0.0), ((1.0,), (0.0,), 0.0), ((1.0,), (0.0, nan), 0.0), ((), (0.0,), nan)],
)
def test_what_is_no_step_table_is_refused(
    thresholds: tuple[float, ...], values: tuple[float, ...], missing: float
) -> None:
    with pytest.raises(ValueError, match="not a step table: a"):
        Table("a", thresholds, values, missing, 0.0)


def test_a_table_about_an_unknown_feature_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        compiled(MODEL, ("a", "b"))
