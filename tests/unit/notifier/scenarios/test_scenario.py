"""Scenarios: which risks they are for, what they plan, and what ends them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from services.notifier.scenarios.scenario import Scenario, Step, Trigger, ended_by, matching, plan_steps
from services.notifier.scenarios.shipped import CHURN_WARNING, SCENARIOS
from services.notifier.templates.render import FOLDER
from shared.events.money import Money
from shared.events.risk import Band, Reason, RiskAssessed

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)


def risk(band: Band = "high", *reasons: str) -> RiskAssessed:
    return RiskAssessed(
        kind="subscription",
        probability=0.6,
        band=band,
        previous_band="low",
        phase="entered",
        episode="e1",
        priority=1.0,
        value_at_risk=Money(9000, "JPY"),
        reasons=tuple(Reason(code, "", {}, 1.0) for code in reasons),
        model="m1",
        horizon_days=30.0,
        assessed_at=NOW,
        noticed_at=NOW,
    )


def triggered_by(**trigger: object) -> Scenario:
    changed = msgspec.structs.replace(CHURN_WARNING.trigger, **trigger)
    return msgspec.structs.replace(CHURN_WARNING, trigger=changed)


@pytest.mark.parametrize(("band", "for_it"), [("low", 0), ("medium", 0), ("high", 1), ("critical", 1)])
def test_the_warning_is_for_the_high_bands(band: Band, for_it: int) -> None:
    assert len(matching(SCENARIOS.values(), risk(band))) == for_it


@pytest.mark.parametrize("reason", ["cancel_requested", "leaving_contact", "complaint"])
def test_who_asked_to_leave_or_complained_is_not_persuaded(reason: str) -> None:
    assert matching(SCENARIOS.values(), risk("critical", "skips", reason)) == []


@pytest.mark.parametrize("reason", ["payment_failing", "skipped"])
def test_a_payment_that_will_fail_is_no_reason_to_ask_how_one_likes_it(reason: str) -> None:
    failing = msgspec.structs.replace(risk("critical", reason), kind="payment")
    assert matching(SCENARIOS.values(), failing) == []


def test_a_scenario_may_be_for_certain_reasons_or_kinds_only() -> None:
    for_payments = triggered_by(reasons=frozenset({"payment_failed"}))
    assert matching([for_payments], risk("high", "payment_failed", "skips")) == [for_payments]
    assert matching([for_payments], risk("high", "skips")) == []
    assert matching([triggered_by(kinds=frozenset({"repeat"}))], risk("high")) == []


def test_a_plan_is_the_same_however_often_it_is_made() -> None:
    first = plan_steps(CHURN_WARNING, "tea-shop/shopify/1", "e1", NOW)
    again = plan_steps(CHURN_WARNING, "tea-shop/shopify/1", "e1", NOW + timedelta(hours=1))
    assert [step.id for step in first] == [step.id for step in again]
    assert [step.due_at for step in first] == [NOW]


def test_each_step_customer_and_episode_is_an_action_of_its_own() -> None:
    reminder = Step("reminder", "mail", "churn_warning", delay=timedelta(days=7))
    longer = msgspec.structs.replace(CHURN_WARNING, steps=(*CHURN_WARNING.steps, reminder))
    planned = [
        step
        for customer in ("tea-shop/shopify/1", "tea-shop/shopify/2")
        for episode in ("e1", "e2")
        for step in plan_steps(longer, customer, episode, NOW)
    ]
    assert len({step.id for step in planned}) == 8
    assert planned[1].due_at == NOW + timedelta(days=7)


def test_a_step_is_found_by_its_key() -> None:
    assert CHURN_WARNING.find_step("mail") == CHURN_WARNING.steps[0]
    assert CHURN_WARNING.find_step("gone") is None


def test_erasure_ends_even_a_scenario_that_nothing_else_ends() -> None:
    endless = msgspec.structs.replace(CHURN_WARNING, ends=frozenset())
    assert ended_by([endless], "cancelled") == []
    assert ended_by([endless], "erased") == ended_by([endless], "do_not_contact") == ["churn_warning"]
    assert ended_by([CHURN_WARNING], "cancelled") == ["churn_warning"]


def test_every_shipped_scenario_has_its_templates_and_survives_being_written_down() -> None:
    for key, scenario in SCENARIOS.items():
        assert scenario.key == key
        for step in scenario.steps:
            assert (FOLDER / f"{step.template}.txt").exists()
            assert (FOLDER / f"{step.template}.html").exists()
        assert msgspec.json.decode(msgspec.json.encode(scenario), type=Scenario) == scenario


def test_a_misspelt_field_of_a_scenario_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"bands": ["high"], "kinds": ["repeat"], "reason": []}, Trigger)
