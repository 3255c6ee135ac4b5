"""The bodies have the shape of Shopify's own: every path of a real sample, with the same JSON type."""

import json
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulation.account import STATUS_TOPICS
from simulation.contract import Fact
from simulation.history import History
from simulation.webhook import Webhook

# Where Shopify sends null, or a sample has a value that cannot be ours.
NULLABLE_HERE = {
    "address2",  # a house without a name
    "max_cycles",  # a contract without an end
    "min_cycles",  # a contract without a minimum
    "cancel_reason",  # samples show a cancelled order whatever the topic
    "cancelled_at",
    "order_id",  # a failed attempt has made no order
    "admin_graphql_api_order_id",
    "company",
    "note",
}
SAMPLES = {
    "customers/create": "2026-04/customers__create.json",
    "customers/update": "derived_true_ids/customers__update.json",
    "customers/redact": "2026-04/customers__redact.json",
    "customers_email_marketing_consent/update": "2026-04/customers_email_marketing_consent__update.json",
    "orders/create": "derived_true_ids/orders__create.json",
    "orders/paid": "derived_true_ids/orders__paid.json",
    "orders/fulfilled": "derived_true_ids/orders__fulfilled.json",
    "orders/cancelled": "derived_true_ids/orders__cancelled.json",
    "refunds/create": "derived_true_ids/refunds__create.json",
    "subscription_contracts/create": "2026-04/subscription_contracts__create.json",
    "subscription_contracts/update": "2026-04/subscription_contracts__update.json",
    "subscription_contracts/activate": "2026-04/subscription_contracts__activate.json",
    "subscription_contracts/pause": "2026-04/subscription_contracts__pause.json",
    "subscription_contracts/cancel": "2026-04/subscription_contracts__cancel.json",
    "subscription_contracts/expire": "2026-04/subscription_contracts__expire.json",
    "subscription_contracts/fail": "2026-04/subscription_contracts__fail.json",
    "subscription_billing_attempts/success": "2025-07/subscription_billing_attempts__success.json",
    "subscription_billing_attempts/failure": "2025-07/subscription_billing_attempts__failure.json",
    "subscription_billing_cycles/skip": "2026-04/subscription_billing_cycles__skip.json",
    "subscription_billing_cycles/unskip": "2026-04/subscription_billing_cycles__unskip.json",
}

Bodies = dict[str, list[dict[str, Any]]]
Told = tuple[History, tuple[Webhook, ...]]


@pytest.fixture(scope="module")
def bodies(told: Told) -> Bodies:
    """Up to fifty bodies of each topic."""
    found: Bodies = defaultdict(list)
    for webhook in told[1]:
        if webhook.cart == "shopify" and len(found[webhook.topic]) < 50:
            found[webhook.topic].append(json.loads(webhook.body))
    return found


def differences(sample: Any, ours: Any, path: str) -> list[str]:
    """Where `ours` lacks a key of `sample` or has it with another type; null in the sample says nothing."""
    if sample is None or (ours is None and path.rsplit(".", 1)[-1] in NULLABLE_HERE):
        return []
    match sample, ours:
        case dict(), dict():
            missing = [f"{path}.{key} is missing" for key in sample if key not in ours]
            return missing + [
                line
                for key in sample
                if key in ours
                for line in differences(sample[key], ours[key], f"{path}.{key}")
            ]
        case list(), list():
            return [line for one in ours for line in differences(sample[0], one, path)] if sample else []
        case int() | float(), int() | float() if not isinstance(ours, bool):
            return []
        case _:
            return [] if type(sample) is type(ours) else [f"{path}: {sample!r} against {ours!r}"]


@pytest.mark.parametrize("topic", SAMPLES)
def test_a_body_has_every_key_of_the_real_one(topic: str, bodies: Bodies, shopify_samples: Path) -> None:
    sample = json.loads((shopify_samples / SAMPLES[topic]).read_text())
    assert bodies[topic], "the simulated shop never sent one"
    assert [line for body in bodies[topic] for line in differences(sample, body, topic)] == []


def test_no_topic_is_sent_without_a_real_sample_to_hold_it_against(bodies: Bodies) -> None:
    assert set(bodies) == set(SAMPLES)


def test_yen_have_no_decimals_and_an_order_adds_up(bodies: Bodies) -> None:
    for order in bodies["orders/create"]:
        (line,) = order["line_items"]
        discounts = sum(int(one["amount"]) for one in line["discount_allocations"])
        assert int(order["total_price"]) == int(line["price"]) * line["quantity"] - discounts
        assert int(order["total_discounts"]) == discounts
        assert order["total_price_set"]["shop_money"] == {
            "amount": order["total_price"],
            "currency_code": "JPY",
        }


def test_order_ids_are_too_large_for_a_float(bodies: Bodies) -> None:
    assert all(int(float(order["id"] + 1)) != order["id"] + 1 for order in bodies["orders/create"])


def test_times_are_written_in_japanese_time(bodies: Bodies) -> None:
    for order in bodies["orders/paid"]:
        assert order["created_at"].endswith("+09:00")
        assert datetime.fromisoformat(order["created_at"]) < datetime.fromisoformat(order["updated_at"])


def test_nobody_real_can_be_reached(bodies: Bodies) -> None:
    for customer in bodies["customers/create"] + bodies["customers/update"]:
        assert customer["email"].endswith("@example.com")
        assert customer["default_address"]["phone"].startswith("090-0000-")
        assert customer["default_address"]["zip"].endswith("-9999")


def test_a_skip_names_the_cycle_that_would_have_come_and_an_unskip_the_same(told: Told) -> None:
    skipped = {}
    for webhook in told[1]:
        if webhook.topic == "subscription_billing_cycles/skip":
            body = json.loads(webhook.body)
            due = datetime.fromisoformat(body["billing_attempt_expected_date"])
            assert timedelta(days=4) < due - webhook.at < timedelta(days=5)
            skipped[body["subscription_contract_id"]] = body
        if webhook.topic == "subscription_billing_cycles/unskip":
            body = json.loads(webhook.body)
            before = skipped[body["subscription_contract_id"]]
            assert body == before | {"skipped": False}


def test_the_status_of_a_contract_is_the_topics(bodies: Bodies) -> None:
    status = {"cancel": "cancelled", "fail": "failed", "pause": "paused", "expire": "expired"}
    for name, expected in status.items():
        assert {body["status"] for body in bodies[f"subscription_contracts/{name}"]} == {expected}


def test_every_fact_of_a_contract_has_a_topic() -> None:
    told_otherwise = {
        Fact.ORDERED,
        Fact.CHARGED,
        Fact.CHARGED_SHIPS_LATE,
        Fact.CHARGE_FAILED,
        Fact.SKIPPED,
        Fact.UNSKIPPED,
    }
    assert set(STATUS_TOPICS) | told_otherwise == set(Fact)
