"""Export: the tables say what scikit-learn says."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from services.scoring.model.step_tables import (
    Platt,
    StepTables,
    Table,
    batch,
    compiled,
    log_odds,
    probability,
)
from services.scoring.training.export import averaged, step_tables

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


def test_the_mean_of_several_models_is_exact() -> None:
    models = [
        fitted(interaction_cst="no_interactions", max_features=0.5),
        fitted(interaction_cst="no_interactions"),
    ]
    members = [step_tables(model, NAMES, rows(1, 3000), Platt(1.3, -0.2)) for model in models]
    unseen = rows(9, 2000)
    unseen[:50, 0] = np.nan
    raw = np.mean([model.decision_function(unseen) for model in models], axis=0)
    scores, _ = batch(compiled(averaged(members), NAMES), unseen)
    assert np.abs(scores - (1.3 * raw - 0.2)).max() < 1e-9


def test_a_feature_that_one_model_ignores_weighs_less() -> None:
    tables = Table("steady", (0.0,), (-1.0, 1.0), 0.5, 0.0), Table("gappy", (), (4.0,), 4.0, 4.0)
    one, other = StepTables(1.0, tables[:1], PLAIN), StepTables(3.0, tables, PLAIN)
    mean = averaged([one, other])
    assert mean.bias == 2.0
    assert mean.tables == (tables[0], Table("gappy", (), (2.0,), 2.0, 2.0))


def test_only_the_first_trees_are_read_if_so_wished() -> None:
    model = fitted(interaction_cst="no_interactions")
    tables = compiled(step_tables(model, NAMES, rows(1, 3000), PLAIN, trees=7), NAMES)
    expected = list(model.staged_decision_function(rows(9, 500)))[6]
    assert np.abs(batch(tables, rows(9, 500))[0] - expected.ravel()).max() < 1e-9
