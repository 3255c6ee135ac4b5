"""Scenarios: what sets them off, how they are written down, and what they plan."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from services.notifier.scenarios.occasion import Birthday, Silent, What, sets_off
from services.notifier.scenarios.plan import Anchors, plan_steps
from services.notifier.scenarios.scenario import Delay, Scenario
from services.notifier.scenarios.segment import Range
from services.notifier.scenarios.trigger import (
    OnBirthday,
    OnEvent,
    OnRisk,
    OnSilence,
    OnSurvey,
    Trigger,
)
from shared.events.commerce import OrderDelivered, OrderPlaced
from shared.events.engagement import SurveyAnswered
from shared.events.money import Money
from shared.events.payment import PaymentFailed
from shared.events.risk import Band, Reason, RiskAssessed
from tests.warning import WARNING

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
YEN = Money(3980, "JPY")


def risk(band: Band = "high", *reasons: str, **changes: object) -> RiskAssessed:
    made = RiskAssessed(
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
    return msgspec.structs.replace(made, **changes)


def is_warned(what: RiskAssessed) -> bool:
    return sets_off(WARNING.trigger, what)


@pytest.mark.parametrize(("band", "for_it"), [("low", 0), ("medium", 0), ("high", 1), ("critical", 1)])
def test_the_warning_is_for_the_high_bands(band: Band, for_it: int) -> None:
    assert is_warned(risk(band)) == bool(for_it)


@pytest.mark.parametrize("reason", ["cancel_requested", "leaving_contact", "complaint"])
def test_who_asked_to_leave_or_complained_is_not_persuaded(reason: str) -> None:
    assert not is_warned(risk("critical", "skips", reason))


@pytest.mark.parametrize("reason", ["payment_failing", "skipped"])
def test_a_payment_that_will_fail_is_no_reason_to_ask_how_one_likes_it(reason: str) -> None:
    assert not is_warned(risk("critical", reason, kind="payment"))


def test_only_the_entering_of_a_band_is_an_occasion() -> None:
    assert not is_warned(risk(phase="changed"))
    assert not is_warned(risk(phase="left"))


def test_a_scenario_may_be_for_certain_reasons_only() -> None:
    trigger = OnRisk(frozenset({"high"}), frozenset({"subscription"}), reasons=frozenset({"payment_failed"}))
    assert sets_off(trigger, risk("high", "payment_failed", "skips"))
    assert not sets_off(trigger, risk("high", "skips"))


@pytest.mark.parametrize(
    ("trigger", "what", "off"),
    [
        (OnEvent("order.placed"), OrderPlaced("o1", YEN), True),
        (OnEvent("order.placed"), OrderDelivered("o1"), False),
        (OnEvent("payment.failed"), PaymentFailed("s1"), True),
        (OnSurvey("nps", Range(9, 10)), SurveyAnswered("nps", nps=9), True),
        (OnSurvey("nps", Range(9, 10)), SurveyAnswered("nps", nps=8), False),
        (OnSurvey("nps", Range(9, 10)), SurveyAnswered("nps"), False),
        (OnSurvey("nps"), SurveyAnswered("other", nps=9), False),
        (OnSurvey(None), SurveyAnswered("other", nps=9), True),
        (OnSurvey(answers=frozenset({"too_much"})), SurveyAnswered("a", reason="too_much"), True),
        (OnSurvey(answers=frozenset({"again:no"})), SurveyAnswered("a", again=False), True),
        (OnSurvey(answers=frozenset({"satisfaction:1"})), SurveyAnswered("a", satisfaction=2), False),
        (OnSilence(90), Silent(90), True),
        (OnSilence(90), Silent(180), False),
        (OnBirthday(7), Birthday(7), True),
        (OnBirthday(7), Birthday(0), False),
        (OnBirthday(7), Silent(7), False),
    ],
)
def test_a_trigger_waits_for_its_own_occasion(trigger: Trigger, what: What, off: bool) -> None:
    assert sets_off(trigger, what) == off


def due(delay: Delay, **anchors: datetime) -> datetime:
    step = msgspec.structs.replace(WARNING.steps[0], delay=delay)
    scenario = msgspec.structs.replace(WARNING, steps=(step,))
    return plan_steps(scenario, "tea-shop/shopify/1", "e1", Anchors(NOW, **anchors), TOKYO)[0].due_at


def test_a_plan_is_the_same_however_often_it_is_made() -> None:
    first = plan_steps(WARNING, "tea-shop/shopify/1", "e1", Anchors(NOW), TOKYO)
    again = plan_steps(WARNING, "tea-shop/shopify/1", "e1", Anchors(NOW + timedelta(hours=1)), TOKYO)
    assert [step.id for step in first] == [step.id for step in again]
    assert [step.due_at for step in first] == [NOW]


def test_each_step_customer_and_episode_is_an_action_of_its_own() -> None:
    reminder = msgspec.structs.replace(WARNING.steps[0], key="reminder", delay=Delay(days=7))
    longer = msgspec.structs.replace(WARNING, steps=(*WARNING.steps, reminder))
    planned = [
        step
        for customer in ("tea-shop/shopify/1", "tea-shop/shopify/2")
        for episode in ("e1", "e2")
        for step in plan_steps(longer, customer, episode, Anchors(NOW), TOKYO)
    ]
    assert len({step.id for step in planned}) == 8
    assert planned[1].due_at == NOW + timedelta(days=7)


def test_a_step_before_the_cut_off_is_due_so_long_before_it() -> None:
    cutoff = NOW + timedelta(days=9)
    assert due(Delay(days=5, before="cutoff"), cutoff=cutoff) == NOW + timedelta(days=4)
    at_ten = due(Delay(days=5, at=time(10), before="cutoff"), cutoff=cutoff)
    assert at_ten == datetime(2026, 3, 14, 10, tzinfo=TOKYO)


def test_what_is_before_something_unknown_or_close_is_decided_at_once() -> None:
    assert due(Delay(days=5, before="due")) == NOW
    assert due(Delay(days=5, before="due"), due=NOW + timedelta(days=2)) == NOW


def test_a_step_is_found_by_its_key() -> None:
    assert WARNING.find_step("mail") == WARNING.steps[0]
    assert WARNING.find_step("gone") is None


def test_a_misspelt_field_of_a_scenario_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"on": "risk", "bands": ["high"], "kinds": ["repeat"], "reason": []}, Trigger)


def test_a_scenario_survives_being_written_down() -> None:
    assert msgspec.json.decode(msgspec.json.encode(WARNING), type=Scenario) == WARNING
