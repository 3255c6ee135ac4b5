"""Export: the tables say what scikit-learn says."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from services.scoring.model.step_tables import Platt, batch, compiled, log_odds, probability
from services.scoring.training.export import step_tables

NAMES = ("steady", "gappy", "always_known", "constant")
PLAIN = Platt(1.0, 0.0)


def rows(seed: int, count: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Single precision, as every vector is; some readings missing; some values only a few."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 4)).astype(np.float32).astype(np.float64)
    features[rng.uniform(size=count) < 0.3, 1] = np.nan
    features[:, 2] = rng.integers(0, 5, count)
    features[:, 3] = 1.0
    return features


def fitted(**options: object) -> HistGradientBoostingClassifier:
    features = rows(1, 3000)
    rng = np.random.default_rng(2)
    # Missing alone tells much: scikit-learn then splits at infinity.
    score = features[:, 0] - 2 * np.isnan(features[:, 1]) + 0.3 * features[:, 2]
    left = (score + rng.normal(size=3000) > 0).astype(int)
    return HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=5, early_stopping=False, random_state=0, **options
    ).fit(features, left)


def test_every_probability_is_scikit_learns_own() -> None:
    model = fitted(interaction_cst="no_interactions", monotonic_cst=[1, 0, 0, 0])
    tables = compiled(step_tables(model, NAMES, rows(1, 3000), PLAIN), NAMES)
    unseen = rows(9, 2000)
    unseen[:50, 0] = np.nan
    unseen[50:100, 2] = [-1e9, 1e9] * 25
    expected = model.predict_proba(unseen)[:, 1]
    scores, _ = batch(tables, unseen)
    assert np.abs(1 / (1 + np.exp(-scores)) - expected).max() < 1e-9
    alone = [probability(log_odds(tables, vector)[0]) for vector in unseen[:200].tolist()]
    assert np.abs(np.array(alone) - expected[:200]).max() < 1e-9


def test_the_training_rows_contribute_nothing_on_average() -> None:
    model = fitted(interaction_cst="no_interactions")
    tables = compiled(step_tables(model, NAMES, rows(1, 3000), Platt(1.3, -0.2)), NAMES)
    _, contributions = batch(tables, rows(1, 3000))
    assert np.abs(contributions.mean(axis=0)).max() < 1e-9
    assert np.abs(contributions[:, 0]).max() > 0.1


def test_trees_of_several_features_are_refused() -> None:
    with pytest.raises(ValueError, match="several features"):
        step_tables(fitted(), NAMES, rows(1, 3000), PLAIN)
