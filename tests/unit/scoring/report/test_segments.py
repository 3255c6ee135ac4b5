"""Segments: every row has its place, and the parts add up to the whole."""

from datetime import UTC, datetime

import numpy as np
import pytest

from services.scoring.features.state import NAMES
from services.scoring.report.quality import Array
from services.scoring.report.segments import Outcomes, by_feature, by_label, by_month


@pytest.fixture
def outcomes() -> Outcomes:
    rng = np.random.default_rng(8)
    probability = rng.uniform(0.01, 0.6, 1000)
    left = (rng.uniform(size=1000) < probability).astype(np.int64)
    return Outcomes(left, probability, np.arange(1000) % 200)


def vectors(**columns: list[float]) -> Array:
    """1,000 rows of which only these features are known; shorter columns are repeated."""
    features = np.full((1000, len(NAMES)), np.nan)
    for name, values in columns.items():
        features[:, NAMES.index(name)] = np.resize(values, 1000)
    return features


def test_the_segments_of_a_family_add_up_to_everybody(outcomes: Outcomes) -> None:
    features = vectors(deliveries=[0, 1, 2, 3, 5, 40, np.nan], tenure_days=[3, 50, 100, 200, 4000])
    families = by_feature(outcomes, features)
    assert {family.title for family in families} == {"お届け回数", "初回ご注文からの期間"}
    for family in families:
        assert sum(each.rows for each in family.segments) == 1000
        leavers = sum(each.rows * each.base_rate for each in family.segments)
        assert leavers == pytest.approx(outcomes.left.sum())


def test_segments_stand_in_their_natural_order_and_the_unknown_last(outcomes: Outcomes) -> None:
    (family,) = by_feature(outcomes, vectors(deliveries=[np.nan, 9, 6, 3, 2, 1]))
    names = [each.name for each in family.segments]
    assert names == ["1回", "2回", "3回", "4〜6回", "7回以上", "定期なし"]


def test_a_family_that_tells_no_more_than_another_is_left_out(outcomes: Outcomes) -> None:
    families = by_feature(outcomes, vectors(deliveries=[1, 2, 3], orders=[1, 2, 3], cycle_days=[30]))
    assert [family.title for family in families] == ["お届け回数"]


def test_too_few_of_one_kind_have_no_auc(outcomes: Outcomes) -> None:
    family = by_label(outcomes, "media", ["few"] * 25 + ["many"] * 975)
    few, many = family.segments
    assert few.auc is None
    assert many.auc is not None
    assert many.auc > 0.6


def test_a_month_is_a_month_in_japan(outcomes: Outcomes) -> None:
    late = datetime(2026, 3, 31, 16, tzinfo=UTC)
    early = datetime(2026, 3, 31, 14, tzinfo=UTC)
    months = by_month(outcomes, [early] * 400 + [late] * 600)
    assert [(each.name, each.rows) for each in months.segments] == [("2026-03", 400), ("2026-04", 600)]
