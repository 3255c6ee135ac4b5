"""The ladder: what a history can teach decides the rung, and no rung is worse than the one below it."""

import numpy as np
import pytest

from services.scoring.artifact import Part
from services.scoring.features.state import NAMES
from services.scoring.model.step_tables import batch, compiled
from services.scoring.training.bootstrap import auc_interval
from services.scoring.training.dataset import Dataset
from services.scoring.training.evaluate import metrics
from services.scoring.training.fit import Fitted
from services.scoring.training.ladder import FULL, RFM, Climbed, Evidence, better, climb, evidence, reachable
from services.scoring.training.part import part_of, untouched
from services.scoring.training.prior import recalibrated
from services.scoring.training.rfm import chances, fit_rfm, rfm_tables
from tests.unit.scoring.training.rows import invented, silent

HORIZON = 60.0


@pytest.fixture(scope="module")
def prior() -> Part:
    """What another, larger shop of the same kind would have taught."""
    data = invented(400, seed=9)
    return part_of(
        "repeat", data, Climbed("rfm", fit_rfm("repeat", data, HORIZON, silent), "", {}), HORIZON, None
    )


def test_customers_and_leavers_decide_the_rung() -> None:
    assert reachable(FULL) == "full"
    assert reachable(Evidence(499, 400, 400)) == "rfm"
    assert reachable(Evidence(5000, 30, 5000)) == "rfm"
    assert reachable(RFM) == "rfm"
    assert reachable(Evidence(99, 90, 90)) == "prior"
    assert reachable(Evidence(5000, 29, 5000)) == "prior"


def test_evidence_counts_customers_not_rows() -> None:
    found = evidence(invented(50))
    assert found.customers == 50
    assert found.left <= 50
    assert found.stayed <= 50


def test_three_features_are_fitted_out_of_fold_and_served_exactly() -> None:
    data = invented(300)
    climbed = climb("repeat", data, HORIZON, None, silent)
    assert isinstance(climbed, Climbed)
    assert climbed.rung == "rfm"
    assert "300 customers" in climbed.why
    assert {table.feature for table in climbed.fitted.tables.tables} <= {
        "days_since_order",
        "orders",
        "spend_mean",
    }
    assert metrics(data.left, climbed.fitted.probability)["auc"] > 0.75
    assert metrics(data.left, climbed.fitted.probability)["ece"] < 0.04


def test_the_tables_are_the_regression_and_more_silence_never_lowers_them() -> None:
    tables = rfm_tables("repeat", invented(200), HORIZON)
    steps = {table.feature: table.values for table in tables.tables}
    assert list(steps["days_since_order"]) == sorted(steps["days_since_order"])
    assert list(steps["orders"]) == sorted(steps["orders"], reverse=True)
    assert tables.platt.slope == 1.0


def test_the_average_customer_contributes_nothing() -> None:
    data = invented(200)
    _, contributions = batch(compiled(rfm_tables("repeat", data, HORIZON), NAMES), data.features)
    assert np.abs(contributions.mean(axis=0)).max() < 1e-9


def test_all_features_are_taken_only_if_they_tell_more() -> None:
    left = np.array([0, 1] * 50)
    sharp, dull = np.where(left == 1, 0.8, 0.2), np.full(100, 0.5)
    tables = rfm_tables("repeat", invented(100), HORIZON)
    taken = better(left, Fitted(tables, 0, dull), Fitted(tables, 100, sharp))
    assert taken.rung == "full"
    assert list(taken.others) == ["rfm"]
    taken = better(left, Fitted(tables, 0, sharp), Fitted(tables, 100, dull))
    assert taken.rung == "rfm"
    assert list(taken.others) == ["full"]
    assert "no better" in taken.why


def test_with_too_little_and_no_prior_there_is_no_model() -> None:
    why = climb("repeat", invented(20), HORIZON, None, silent)
    assert isinstance(why, str)
    assert why.startswith("20 customers")
    assert "it takes 100 customers" in why


def test_another_horizon_is_another_question(prior: Part) -> None:
    assert isinstance(climb("repeat", invented(20), 90.0, prior, silent), str)


def test_without_rows_the_prior_speaks_as_it_is(prior: Part) -> None:
    nothing = invented(0)
    climbed = climb("repeat", nothing, HORIZON, prior, silent)
    assert isinstance(climbed, Climbed)
    assert climbed.rung == "prior"
    part = untouched(prior, climbed)
    some = invented(50).features
    assert np.allclose(chances(part.tables, some), chances(prior.tables, some))
    assert (part.rows, part.metrics, part.auc_interval, part.rung) == (0, {}, None, "prior")


def test_few_rows_move_the_level_towards_their_own(prior: Part) -> None:
    """This shop's customers leave at e² the odds of the prior's; its ranking is kept."""
    data = invented(60, seed=3, level=0.0)
    before, after = chances(prior.tables, data.features), recalibrated(prior, data)
    now = chances(after.tables, data.features)
    assert before.mean() + 0.2 < now.mean() < data.left.mean() + 0.02
    assert np.corrcoef(np.argsort(np.argsort(before)), np.argsort(np.argsort(now)))[0, 1] > 0.999
    assert metrics(data.left, after.probability)["log_loss"] < metrics(data.left, before)["log_loss"]


def test_the_fewer_rows_the_nearer_to_the_prior(prior: Part) -> None:
    sample = invented(200, seed=8).features
    moved = [
        chances(recalibrated(prior, invented(customers, seed=3, level=0.0)).tables, sample).mean()
        for customers in (0, 3, 30, 300)
    ]
    assert moved == sorted(moved)
    assert moved[0] == pytest.approx(chances(prior.tables, sample).mean())
    assert moved[1] - moved[0] < 0.5 * (moved[3] - moved[0])


def test_a_prior_with_few_rows_keeps_the_bands_of_its_own_shop(prior: Part) -> None:
    part_few = _prior_part(prior, invented(20, seed=4))
    assert part_few.bands == prior.bands
    assert part_few.rung == "prior"
    assert part_few.auc_interval is not None
    assert _prior_part(prior, invented(60, seed=4)).bands != prior.bands


def _prior_part(prior: Part, data: Dataset) -> Part:
    climbed = climb("repeat", data, HORIZON, prior, silent)
    assert isinstance(climbed, Climbed)
    return part_of("repeat", data, climbed, HORIZON, prior)


def test_the_interval_holds_the_figure_and_narrows_with_customers() -> None:
    widths = []
    for customers in (40, 640):
        data = invented(customers)
        chance = chances(rfm_tables("repeat", data, HORIZON), data.features)
        low, high = auc_interval(data.left, chance, data.customers)
        assert low < metrics(data.left, chance)["auc"] < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2
