"""PURE. subscription_contracts/*, subscription_billing_attempts/* and subscription_billing_cycles/*.

Contracts carry no time, no items and no next date: the receiver has only the headers to go by.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from simulation.contract import Status
from simulation.payloads.parts import Body, gid, iso


class Terms(msgspec.Struct, frozen=True):
    """A contract as Shopify sees it; 0 stands for no minimum and no maximum."""

    id: int
    customer_id: int
    origin_order_id: int
    cycle_days: int
    min_cycles: int
    max_cycles: int


def contract(terms: Terms, status: Status, revision: int) -> Body:
    interval = _interval(terms.cycle_days)
    return {
        "admin_graphql_api_id": gid("SubscriptionContract", terms.id),
        "id": terms.id,
        "billing_policy": {
            **interval,
            "min_cycles": terms.min_cycles or None,
            "max_cycles": terms.max_cycles or None,
        },
        "currency_code": "JPY",
        "customer_id": terms.customer_id,
        "admin_graphql_api_customer_id": gid("Customer", terms.customer_id),
        "delivery_policy": interval,
        "status": status,
        "admin_graphql_api_origin_order_id": gid("Order", terms.origin_order_id),
        "origin_order_id": terms.origin_order_id,
        "revision_id": str(revision),
    }


def _interval(days: int) -> dict[str, Any]:
    if days % 7 == 0:
        return {"interval": "week", "interval_count": days // 7}
    return {"interval": "day", "interval_count": days}


def attempt(terms: Terms, attempt_id: int, key: str, outcome: int | tuple[str, str]) -> Body:
    """One attempt to charge; `outcome` is the order it made, or the code and the words of the failure."""
    order_id = outcome if isinstance(outcome, int) else None
    code, message = (None, None) if isinstance(outcome, int) else outcome
    return {
        "id": attempt_id,
        "admin_graphql_api_id": gid("SubscriptionBillingAttempt", attempt_id),
        "idempotency_key": key,
        "order_id": order_id,
        "admin_graphql_api_order_id": None if order_id is None else gid("Order", order_id),
        "subscription_contract_id": terms.id,
        "admin_graphql_api_subscription_contract_id": gid("SubscriptionContract", terms.id),
        "ready": True,
        "error_message": message,
        "error_code": code,
    }


def cycle(terms: Terms, index: int, due: datetime, skipped: bool) -> Body:
    return {
        "subscription_contract_id": terms.id,
        "cycle_start_at": iso(due - timedelta(days=terms.cycle_days)),
        "cycle_end_at": iso(due),
        "cycle_index": index,
        "contract_edit": None,
        "billing_attempt_expected_date": iso(due),
        "skipped": skipped,
        "edited": True,
    }
