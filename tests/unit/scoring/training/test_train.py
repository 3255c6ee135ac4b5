"""Train: a log in, an artifact out that knows what the invented shop's customers do."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import numpy as np
import pytest

from services.scoring.features.state import NAMES, SCHEMA_HASH, refold
from services.scoring.model.assess import Assessment, Previous, assess
from services.scoring.model.step_tables import batch
from services.scoring.training.fit import calibrated
from services.scoring.training.train import TrainingResult, train_from
from shared.events.commerce import OrderPaid, OrderPlaced
from shared.events.envelope import Envelope
from shared.events.money import Money
from shared.events.subscription import Cycle, SubscriptionSkipped, SubscriptionStarted

Fact = Callable[..., Envelope]
Day = Callable[[float], datetime]

TRAINED_AT = datetime(2027, 1, 1, tzinfo=UTC)


def silent(stage: str, done: int, total: int) -> None:
    """Nobody watches a test's progress."""


@pytest.fixture(scope="module")
def trained(small_shop: list[Envelope]) -> TrainingResult:
    return train_from(small_shop, TRAINED_AT, silent)


@pytest.fixture(scope="module")
def repeaters(small_shop: list[Envelope]) -> list[Envelope]:
    contracts = {each.subject for each in small_shop if isinstance(each.data, SubscriptionStarted)}
    return [each for each in small_shop if each.subject not in contracts]


@pytest.fixture(scope="module")
def trained_on_repeaters(repeaters: list[Envelope]) -> TrainingResult:
    return train_from(repeaters, TRAINED_AT, silent)


def risk_after(trained: TrainingResult, fact: Fact, on: datetime, *events: Envelope) -> Assessment:
    started = [
        fact(OrderPlaced("o", Money(3980, "JPY")), 0),
        fact(SubscriptionStarted("c", Cycle("day", 30), order="o"), 0.01),
    ]
    return assess(refold([*started, *events]), Previous(), on, trained.artifact.models)


def test_both_kinds_are_learned_and_rank_customers_never_seen(trained: TrainingResult) -> None:
    assert trained.left_out == {}
    kinds = trained.artifact.body.kinds
    assert kinds["subscription"].metrics["auc"] > 0.65
    assert kinds["repeat"].metrics["auc"] > 0.65
    assert all(part.metrics["ece"] < 0.05 for part in kinds.values())


def test_who_skips_again_is_at_more_risk_and_hears_why(trained: TrainingResult, fact: Fact, day: Day) -> None:
    skips = [fact(SubscriptionSkipped("c"), on) for on in (25, 55)]
    calm = risk_after(
        trained, fact, day(62), *(fact(OrderPaid(f"p{on}", subscription="c"), on) for on in (30, 60))
    )
    risky = risk_after(trained, fact, day(62), *skips)
    assert risky.probability > 2 * calm.probability
    assert risky.band in ("high", "critical")
    assert "skipped_in_a_row" in [reason.code for reason in risky.reasons]


def test_the_same_log_in_any_order_and_twice_over_gives_the_same_model(
    trained_on_repeaters: TrainingResult, repeaters: list[Envelope]
) -> None:
    again = [*repeaters, *repeaters]
    Random(4).shuffle(again)
    version = train_from(again, TRAINED_AT, silent).artifact.version
    assert version == trained_on_repeaters.artifact.version


def test_the_manifest_says_what_the_model_was_made_of(
    trained: TrainingResult, small_shop: list[Envelope]
) -> None:
    manifest = trained.artifact.body.manifest
    assert manifest.schema == SCHEMA_HASH
    assert manifest.trained_at == TRAINED_AT
    assert (manifest.first, manifest.last) == (small_shop[0].time, small_shop[-1].time)
    assert set(manifest.libraries) == {"scikit-learn", "numpy"}


def test_monotone_features_never_step_the_wrong_way(trained: TrainingResult) -> None:
    tables = {table.feature: table for table in trained.artifact.body.kinds["subscription"].tables.tables}
    values = tables["skips_in_a_row"].values
    assert list(values) == sorted(values)


def test_the_bands_take_their_shares(trained: TrainingResult) -> None:
    for kind, learned in trained.learned.items():
        bands = trained.artifact.body.kinds[kind].bands
        assert bands.medium < bands.high < bands.critical
        open_yet = learned.probability[learned.probability < 0.9]
        assert np.mean(open_yet >= bands.critical) == pytest.approx(0.06, abs=0.01)
        assert np.mean(open_yet >= bands.high) == pytest.approx(0.18, abs=0.01)


def test_the_tables_agree_with_the_metrics_told(trained: TrainingResult) -> None:
    for kind, learned in trained.learned.items():
        scores, contributions = batch(trained.artifact.models[kind].additive, learned.data.features)
        assert contributions.shape[1] == len(NAMES)
        assert np.corrcoef(scores, np.log(learned.probability / (1 - learned.probability)))[0, 1] > 0.9


def test_a_kind_with_too_little_data_is_left_out_with_a_word(trained_on_repeaters: TrainingResult) -> None:
    assert set(trained_on_repeaters.artifact.models) == {"repeat"}
    assert trained_on_repeaters.left_out == {"subscription": "0 rows with a known outcome; it takes 300"}


def test_too_few_leavers_are_too_little_data(fact: Fact) -> None:
    loyal = [
        fact(OrderPlaced(f"{number}-{on}", Money(1000, "JPY")), on, f"shop/shopify/{number}")
        for number in range(20)
        for on in range(0, 300, 20)
    ]
    result = train_from(loyal, TRAINED_AT, silent)
    assert result.artifact.models == {}
    assert result.left_out["repeat"].endswith("rows left; it takes 30 of each")


def test_a_log_about_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="no event is about a customer"):
        train_from([], TRAINED_AT, silent)


def test_calibration_finds_slope_and_intercept_again() -> None:
    rng = np.random.default_rng(5)
    raw = rng.normal(size=40_000)
    left = (rng.uniform(size=40_000) < 1 / (1 + np.exp(-(0.7 * raw - 1.2)))).astype(int)
    platt = calibrated(raw, left)
    assert platt.slope == pytest.approx(0.7, abs=0.05)
    assert platt.intercept == pytest.approx(-1.2, abs=0.05)
