"""Train: a log in, an artifact out that knows what the invented shop's customers do."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import numpy as np
import pytest

from services.scoring.artifact import dump, load
from services.scoring.features.state import NAMES, SCHEMA_HASH, refold
from services.scoring.model.assess import Assessment, assess
from services.scoring.model.episode import Previous
from services.scoring.model.step_tables import batch
from services.scoring.training.fit import calibrated
from services.scoring.training.labels import HORIZON_DAYS
from services.scoring.training.train import Plan, TrainingResult, train_from
from shared.events.action import ActionSent
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
def trained(busy_shop: list[Envelope]) -> TrainingResult:
    return train_from(busy_shop, TRAINED_AT, silent)


@pytest.fixture(scope="module")
def trained_small(small_shop: list[Envelope]) -> TrainingResult:
    return train_from(small_shop, TRAINED_AT, silent)


@pytest.fixture(scope="module")
def repeaters(small_shop: list[Envelope]) -> list[Envelope]:
    contracts = {each.subject for each in small_shop if isinstance(each.data, SubscriptionStarted)}
    return [each for each in small_shop if each.subject not in contracts]


def risk_after(trained: TrainingResult, fact: Fact, on: datetime, *events: Envelope) -> Assessment:
    started = [
        fact(OrderPlaced("o", Money(3980, "JPY")), 0),
        fact(SubscriptionStarted("c", Cycle("day", 30), order="o"), 0.01),
    ]
    return assess(refold([*started, *events]), Previous(), on, trained.artifact.models)


def test_a_busy_shop_teaches_everything_and_ranks_customers_never_seen(trained: TrainingResult) -> None:
    part = trained.artifact.body.kinds["subscription"]
    assert part.rung == "full"
    assert part.metrics["auc"] > 0.65
    assert part.metrics["ece"] < 0.05
    assert part.auc_interval is not None
    assert part.auc_interval[0] < part.metrics["auc"] < part.auc_interval[1]


def test_it_is_judged_by_the_last_weeks_too(trained: TrainingResult) -> None:
    metrics = trained.artifact.body.kinds["subscription"].metrics
    assert metrics["auc_later"] > 0.6
    assert {name for name in metrics if name.endswith("_later")} == {
        f"{name}_later" for name in metrics if not name.endswith("_later")
    }


def test_a_small_shop_teaches_three_features_of_each_kind(trained_small: TrainingResult) -> None:
    kinds = trained_small.artifact.body.kinds
    assert {kind: part.rung for kind, part in kinds.items()} == {"subscription": "rfm", "repeat": "rfm"}
    assert kinds["subscription"].metrics["auc"] > 0.6
    assert kinds["repeat"].metrics["auc"] > 0.65
    assert set(trained_small.left_out) == {"payment"}


def test_challengers_are_judged_by_the_same_rows(trained: TrainingResult) -> None:
    learned = trained.learned["subscription"]
    assert [each.name for each in learned.challengers] == ["rfm", "interactions"]
    for each in learned.challengers:
        assert len(each.probability) == len(learned.probability)
        assert each.interval[0] <= each.better_by <= each.interval[1]
    assert learned.challengers[0].better_by < 0


def test_challengers_can_be_spared(repeaters: list[Envelope]) -> None:
    result = train_from(repeaters, TRAINED_AT, silent, Plan(HORIZON_DAYS, challengers=False))
    assert result.learned["repeat"].challengers == ()


def test_the_model_knows_how_many_go_on_at_each_delivery(trained: TrainingResult) -> None:
    survival = trained.artifact.models["subscription"].survival
    assert all(0.5 < share < 1 for share in survival)


def test_rows_of_treated_customers_are_set_aside(busy_shop: list[Envelope], fact: Fact) -> None:
    """Every fourth customer is written to once; what they did then is not what they would have done."""
    sent = ActionSent("a", "mail", "scenario", "episode", "step")
    actions = [fact(sent, 100, f"shop/shopify/{number}") for number in range(0, 520, 4)]
    plan = Plan({"subscription": 30.0}, challengers=False)
    result = train_from([*busy_shop, *actions], TRAINED_AT, silent, plan)
    part, learned = result.artifact.body.kinds["subscription"], result.learned["subscription"]
    assert part.learned_from == "untreated"
    assert part.treated_rows == learned.set_aside > 0
    assert not learned.data.treated.any()
    assert part.rows == len(learned.data.left)


def test_where_nearly_all_are_treated_they_are_learned_from_and_flagged(
    repeaters: list[Envelope], fact: Fact
) -> None:
    sent = ActionSent("a", "mail", "scenario", "episode", "step")
    subjects = {each.subject for each in repeaters}
    actions = [fact(sent, on, subject) for subject in sorted(subjects)[20:] for on in range(0, 365, 60)]
    result = train_from([*repeaters, *actions], TRAINED_AT, silent)
    part, learned = result.artifact.body.kinds["repeat"], result.learned["repeat"]
    assert part.learned_from == "all"
    assert learned.set_aside == 0
    assert part.treated_rows == learned.data.treated.sum() > part.rows / 2
    untreated = learned.data.left[~learned.data.treated]
    assert part.metrics["base_rate"] == pytest.approx(untreated.mean())


def test_where_there_is_too_little_another_shops_model_is_adjusted(
    trained: TrainingResult, repeaters: list[Envelope], small_shop: list[Envelope]
) -> None:
    few = {f"shop/shopify/{number}" for number in range(40)}
    history = [each for each in small_shop if each.subject in few]
    result = train_from(history, TRAINED_AT, silent, Plan(HORIZON_DAYS, trained.artifact))
    part = result.artifact.body.kinds["subscription"]
    assert part.rung == "prior"
    assert "another shop's model" in result.learned["subscription"].why
    assert load(dump(result.artifact, b"key"), b"key") == result.artifact
    as_it_is = train_from(repeaters, TRAINED_AT, silent, Plan(HORIZON_DAYS, trained.artifact))
    assert as_it_is.artifact.body.kinds["subscription"].rows == 0
    assert "subscription" not in as_it_is.learned


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
    trained_small: TrainingResult, small_shop: list[Envelope]
) -> None:
    again = [*small_shop, *small_shop]
    Random(4).shuffle(again)
    assert train_from(again, TRAINED_AT, silent).artifact.version == trained_small.artifact.version


def test_the_manifest_says_what_the_model_was_made_of(
    trained_small: TrainingResult, small_shop: list[Envelope]
) -> None:
    manifest = trained_small.artifact.body.manifest
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


def test_no_band_begins_where_hardly_anybody_leaves(trained: TrainingResult) -> None:
    for part in trained.artifact.body.kinds.values():
        assert part.bands.medium >= 0.05
        assert part.bands.high >= 0.1
        assert part.bands.critical >= 0.2


def test_the_tables_agree_with_the_metrics_told(trained: TrainingResult) -> None:
    for kind, learned in trained.learned.items():
        scores, contributions = batch(trained.artifact.models[kind].additive, learned.data.features)
        assert contributions.shape[1] == len(NAMES)
        assert np.corrcoef(scores, np.log(learned.probability / (1 - learned.probability)))[0, 1] > 0.9


def test_a_kind_with_too_little_data_is_left_out_with_a_word(repeaters: list[Envelope]) -> None:
    result = train_from(repeaters, TRAINED_AT, silent)
    assert set(result.artifact.models) == {"repeat"}
    assert set(result.left_out) == {"subscription", "payment"}
    assert result.left_out["payment"].startswith("0 customers, 0 seen to leave and 0 to stay; it takes 100")


def test_too_few_leavers_are_too_little_data(fact: Fact) -> None:
    loyal = [
        fact(OrderPlaced(f"{number}-{on}", Money(1000, "JPY")), on, f"shop/shopify/{number}")
        for number in range(20)
        for on in range(0, 300, 20)
    ]
    result = train_from(loyal, TRAINED_AT, silent)
    assert result.artifact.models == {}
    assert result.left_out["repeat"].startswith("20 customers, 0 seen to leave and 20 to stay")


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
