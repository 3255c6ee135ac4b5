"""What the rest of the system hears of an action."""

from dataclasses import replace
from datetime import UTC, datetime

from services.notifier.scenarios.action import Action, deferred, sent, suppressed, told, unknown
from shared.events.envelope import decode, encode

NOW = datetime(2026, 3, 10, 3, tzinfo=UTC)
ACTION = Action(
    id="8d7a3f0e-7a4b-5c1d-9e2f-000000000001",
    customer_ref="tea-shop/shopify/1",
    scenario="churn_warning",
    episode="e1",
    step="mail",
    channel="mail",
    creative="churn_warning",
    shop="tea-shop",
    correlation_id="c1",
    causation_id="r1",
    attempt=0,
    fence=1,
)


def test_an_outcome_is_told_under_the_customer_with_what_it_follows_from() -> None:
    envelope = told(ACTION, sent(ACTION), NOW, NOW)
    assert decode(encode(envelope)) == envelope
    assert envelope.type == "com.hikitome.action.sent.v1"
    assert envelope.subject == "tea-shop/shopify/1"
    assert envelope.source == "/shops/tea-shop/shopify"
    assert (envelope.correlationid, envelope.causationid) == ("c1", "r1")


def test_the_same_outcome_of_the_same_claim_is_the_same_event() -> None:
    event = suppressed(ACTION, "no_consent")
    again = replace(ACTION, fence=2)
    assert told(ACTION, event, NOW, NOW).id == told(ACTION, event, NOW, NOW).id
    assert told(ACTION, event, NOW, NOW).id != told(again, event, NOW, NOW).id


def test_different_outcomes_are_different_events() -> None:
    events = (
        sent(ACTION),
        suppressed(ACTION, "holdout"),
        deferred(ACTION, "quiet_hours", NOW),
        unknown(ACTION, "x"),
    )
    assert len({told(ACTION, event, NOW, NOW).id for event in events}) == 4
