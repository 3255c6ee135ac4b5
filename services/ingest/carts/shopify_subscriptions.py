"""Shopify's subscription contracts, billing attempts and billing cycles as facts; none of them says when."""

from typing import Annotated, Literal

import msgspec

from services.ingest.carts.base import Delivery, Fact, Id, Ignored, Moment
from services.ingest.carts.shopify_reading import Facts, of_customer, of_subscription
from shared.events.catalogue import Event
from shared.events.commerce import OrderPaid
from shared.events.payment import PaymentFailed
from shared.events.subscription import (
    Cycle,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionSkipped,
    SubscriptionStarted,
    SubscriptionUnskipped,
)

# The shop ran out of goods: the customer neither failed to pay nor wants to leave.
NOT_THE_CUSTOMER = frozenset({"insufficient_inventory", "inventory_allocations_not_found"})


class DeliveryPolicy(msgspec.Struct, frozen=True):
    interval: Literal["day", "week", "month", "year"]
    interval_count: Annotated[int, msgspec.Meta(ge=1, le=1000)]


class BillingPolicy(msgspec.Struct, frozen=True):
    min_cycles: int | None = None


class Contract(msgspec.Struct, frozen=True):
    id: Id
    delivery_policy: DeliveryPolicy
    billing_policy: BillingPolicy = BillingPolicy()
    customer_id: Id | None = None
    origin_order_id: Id | None = None


class Attempt(msgspec.Struct, frozen=True):
    """An attempt to charge one delivery."""

    subscription_contract_id: Id
    order_id: Id | None = None
    error_code: str | None = None


class PaidAttempt(msgspec.Struct, frozen=True):
    """A successful attempt has made an order."""

    subscription_contract_id: Id
    order_id: Id


class BillingCycle(msgspec.Struct, frozen=True):
    subscription_contract_id: Id
    cycle_index: int | None = None
    billing_attempt_expected_date: Moment | None = None


def started(contract: Contract, delivery: Delivery) -> Facts:
    event = SubscriptionStarted(
        subscription=str(contract.id),
        cycle=_cycle(contract),
        min_deliveries=contract.billing_policy.min_cycles,
        order=str(contract.origin_order_id) if contract.origin_order_id else None,
    )
    return _about(contract, delivery, event)


def changed(contract: Contract, delivery: Delivery) -> Facts:
    event = SubscriptionChanged(str(contract.id), _cycle(contract), contract.billing_policy.min_cycles)
    return _about(contract, delivery, event)


def resumed(contract: Contract, delivery: Delivery) -> Facts:
    return _about(contract, delivery, SubscriptionResumed(str(contract.id)))


def paused(contract: Contract, delivery: Delivery) -> Facts:
    return _about(contract, delivery, SubscriptionPaused(str(contract.id)))


def cancelled(contract: Contract, delivery: Delivery) -> Facts:
    return _about(contract, delivery, SubscriptionCancelled(str(contract.id)))


def expired(contract: Contract, delivery: Delivery) -> Facts:
    return _about(contract, delivery, SubscriptionExpired(str(contract.id)))


def failed(contract: Contract, delivery: Delivery) -> Facts:
    """A contract fails when Shopify has given up charging for it."""
    return _about(contract, delivery, PaymentFailed(str(contract.id), final=True))


def charged(attempt: PaidAttempt, delivery: Delivery) -> Facts:
    """The only webhook that ties an order to its subscription."""
    subscription = str(attempt.subscription_contract_id)
    event = OrderPaid(str(attempt.order_id), subscription=subscription)
    return [Fact(of_subscription(delivery, attempt.subscription_contract_id), event)]


def not_charged(attempt: Attempt, delivery: Delivery) -> Facts:
    if attempt.error_code and attempt.error_code.lower() in NOT_THE_CUSTOMER:
        return Ignored("out of stock: the customer did not fail to pay")
    return _unpaid(attempt, delivery, attempt.error_code or None)


def challenged(attempt: Attempt, delivery: Delivery) -> Facts:
    """The bank wants the customer to confirm (3-D Secure); until then it is not paid."""
    return _unpaid(attempt, delivery, "challenged")


def skipped(cycle: BillingCycle, delivery: Delivery) -> Facts:
    subscription = str(cycle.subscription_contract_id)
    event = SubscriptionSkipped(subscription, cycle.cycle_index, cycle.billing_attempt_expected_date)
    return [Fact(of_subscription(delivery, cycle.subscription_contract_id), event)]


def unskipped(cycle: BillingCycle, delivery: Delivery) -> Facts:
    subscription = str(cycle.subscription_contract_id)
    event = SubscriptionUnskipped(subscription, cycle.cycle_index, cycle.billing_attempt_expected_date)
    return [Fact(of_subscription(delivery, cycle.subscription_contract_id), event)]


def _about(contract: Contract, delivery: Delivery, event: Event) -> Facts:
    customer = contract.customer_id
    subject = of_customer(delivery, customer) if customer else of_subscription(delivery, contract.id)
    return [Fact(subject, event)]


def _cycle(contract: Contract) -> Cycle:
    return Cycle(contract.delivery_policy.interval, contract.delivery_policy.interval_count)


def _unpaid(attempt: Attempt, delivery: Delivery, code: str | None) -> Facts:
    order = str(attempt.order_id) if attempt.order_id else None
    event = PaymentFailed(str(attempt.subscription_contract_id), order, code)
    return [Fact(of_subscription(delivery, attempt.subscription_contract_id), event)]
