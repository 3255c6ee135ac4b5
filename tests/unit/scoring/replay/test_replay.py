"""Replay: the days lived again tell what scoring would have told, and what came of it."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import pytest

from services.scoring.features.state import NAMES, refold
from services.scoring.model.assess import assess
from services.scoring.model.bands import AT_RISK, Bands
from services.scoring.model.episode import Previous
from services.scoring.model.kind import KindModel, Models
from services.scoring.model.step_tables import Platt, StepTables, Table, compiled
from services.scoring.replay.alerts import Alert, KindBands, alerts
from services.scoring.replay.days import Days, live, moments
from services.scoring.replay.effect import Effect, effect
from services.scoring.replay.examples import examples
from services.scoring.replay.outcome import leavers
from services.scoring.replay.plan import planned, shared_out
from services.scoring.training.owners import grouped
from shared.events.envelope import Envelope

Day = Callable[[float], datetime]
LAST, COUNTED = 200, 28
BANDS = Bands(medium=0.2, high=0.25, critical=0.5)


def model(feature: str, horizon_days: float) -> KindModel:
    """Risky above 1 or 2 of one feature: 10 %, 30 %, 60 %."""
    table = Table(feature, (0.5, 1.5), (-2.197, -0.847, 0.405), missing=-2.197, mean=-2.197)
    tables = StepTables(0.0, (table,), Platt(1.0, 0.0))
    return KindModel(compiled(tables, NAMES), BANDS, horizon_days, base_rate=0.1)


MODELS: Models = {"subscription": model("skips_in_a_row", 30.0), "repeat": model("silence_gaps", 60.0)}
NOW = {kind: each.bands for kind, each in MODELS.items()}
STRICT = Bands(medium=0.2, high=0.5, critical=0.5)
NEVER = dict.fromkeys(MODELS, Bands(1.0, 1.0, 1.0))


@pytest.fixture(scope="module")
def days(small_shop: Sequence[Envelope], day: Day) -> Days:
    logs = dict(sorted(grouped(small_shop).by_customer.items()))
    return live(logs, MODELS, moments(day(LAST), COUNTED + 61), lambda *_: None)


def effect_of(days: Days, bands: KindBands, told: Sequence[Alert] | None = None) -> Effect:
    found = alerts(days, bands) if told is None else told
    return effect(days, bands, found, leavers(days, MODELS, COUNTED), MODELS, COUNTED)


def test_each_day_knows_what_had_happened_and_nothing_else(
    days: Days, small_shop: Sequence[Envelope]
) -> None:
    logs = grouped(small_shop).by_customer
    for customer in (0, 100, 300):
        ref = days.refs[customer]
        for on in (0, 40, len(days.moments) - 1):
            before = [event for event in logs[ref] if event.time <= days.moments[on]]
            assert days.states[on][customer] == refold(before)


def test_the_alerts_are_those_that_scoring_day_by_day_would_have_told(days: Days) -> None:
    told = alerts(days, NOW)
    for customer in range(0, len(days.refs), 7):
        began, previous = [], Previous()
        for on, moment in enumerate(days.moments):
            said = assess(days.states[on][customer], previous, moment, MODELS)
            inside = said.band in AT_RISK
            if said.phase == "entered":
                began.append((on, said.kind, said.probability))
            episode = "open" if inside else None
            previous = Previous(said.band, episode, said.priority, said.due, said.kind)
        found = [(each.began, each.kind, each.probability) for each in told if each.customer == customer]
        assert [each[:2] for each in found] == [each[:2] for each in began]
        assert [each[2] for each in found] == pytest.approx([each[2] for each in began])


def test_the_effect_counts_the_alerts_of_each_day_and_kind(days: Days) -> None:
    now = effect_of(days, NOW)
    assert sum(now.by_day) == round(now.per_day * COUNTED) > 0
    assert len(now.by_day) == COUNTED
    assert max(now.by_day) == now.busiest
    assert sum(each.alerts for each in now.by_kind.values()) == sum(now.by_day)


def test_only_who_skips_twice_leaves_soon_so_stricter_bands_are_truer_and_find_fewer(days: Days) -> None:
    now, strict = effect_of(days, NOW), effect_of(days, {**NOW, "subscription": STRICT})
    one, two = now.by_kind["subscription"], strict.by_kind["subscription"]
    assert one.precision is not None
    assert two.precision is not None
    assert two.precision > 2 * one.precision
    assert two.alerts < one.alerts
    assert (now.recall or 0) >= (strict.recall or 0) > 0
    assert (now.lead_days or 0) > 0


def test_bands_that_nobody_reaches_tell_of_nobody_and_cover_nothing(days: Days) -> None:
    never = effect_of(days, NEVER)
    assert (sum(never.by_day), never.value, never.open_at_end, never.precision) == (0, 0, 0, None)
    assert never.recall == 0.0
    assert never.leavers == effect_of(days, NOW).leavers > 0


def test_an_alert_counts_as_come_true_only_once_its_horizon_has_passed(days: Days) -> None:
    last = len(days.moments) - 1
    one = Alert(0, "subscription", last - 5, None, 0.3, 1000.0, False)
    assert effect_of(days, NOW, [one]).ripe == 0


def test_leavers_left_on_one_day_each(days: Days) -> None:
    gone = leavers(days, MODELS, COUNTED)
    assert all(len(days.moments) - COUNTED <= each.day < len(days.moments) for each in gone)
    assert len({each.customer for each in gone}) == len(gone)


def test_a_capacity_is_shared_out_whole_and_kept(days: Days) -> None:
    wanted = shared_out(days, MODELS, 1.0, COUNTED)
    assert sum(wanted.values()) == pytest.approx(1.0)
    new = planned(days, NOW, wanted, COUNTED)
    assert effect_of(days, new).per_day <= 1.0
    assert planned(days, NOW, {"repeat": 0.5}, COUNTED)["subscription"] == BANDS


def test_examples_are_the_customers_that_make_the_difference(days: Days) -> None:
    now = alerts(days, NOW)
    found = examples(days, now, [], MODELS, COUNTED)
    assert {each.change for each in found} == {"gone"}
    assert 0 < len(found) <= 5
    assert all(each.reasons for each in found)
    assert examples(days, [], now, MODELS, COUNTED)[0].change == "new"
    assert examples(days, now, now, MODELS, COUNTED) == []


def test_value_and_weight_are_known_of_whoever_is_asked(days: Days) -> None:
    for kind, chances in days.chances.items():
        asked = ~np.isnan(chances)
        assert asked.any()
        assert (days.value[asked] > 0).all()
        assert (days.weight[kind][asked] > 0).all()
