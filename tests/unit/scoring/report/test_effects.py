"""Effects: the step tables' curves, and how much each feature weighs."""

import numpy as np
import pytest

from services.scoring.model.step_tables import Platt, StepTables, Table, compiled
from services.scoring.report.effects import effects, weights
from services.scoring.report.quality import Array

NAMES = ("skips", "silence", "unused")


@pytest.fixture
def features() -> Array:
    rng = np.random.default_rng(4)
    skips = rng.integers(0, 4, 500).astype(float)
    silence = np.where(rng.uniform(size=500) < 0.2, np.nan, rng.exponential(1.0, 500))
    return np.column_stack([skips, silence, np.zeros(500)])


@pytest.fixture
def tables() -> StepTables:
    return StepTables(
        bias=-2.0,
        tables=(
            Table("skips", (0.5, 1.5), (-1.0, 0.5, 2.0), 0.0, 0.25),
            Table("silence", (1.0,), (0.0, 0.1), 0.3, 0.0),
        ),
        platt=Platt(1.0, 0.0),
    )


def test_the_weightiest_feature_comes_first_and_the_idle_one_not_at_all(
    tables: StepTables,
    features: Array,
) -> None:
    found = weights(compiled(tables, NAMES), features, NAMES)
    assert [name for name, _ in found] == ["skips", "silence"]
    known = np.abs(np.array([-1.25, 0.25, 1.75, 1.75]))[features[:, 0].astype(int)]
    assert found[0][1] == pytest.approx(known.mean())


def test_a_curve_comes_with_where_the_customers_stand(
    tables: StepTables,
    features: Array,
) -> None:
    skips, silence = effects(compiled(tables, NAMES), features, NAMES)
    assert skips.whole
    assert (skips.low, skips.high) == (-0.5, 3.5)
    assert skips.bars.tolist() == pytest.approx([np.mean(features[:, 0] == count) for count in range(4)])
    assert not silence.whole
    assert silence.unknown_share == pytest.approx(np.mean(np.isnan(features[:, 1])))
    assert silence.bars.sum() + silence.unknown_share == pytest.approx(1)
