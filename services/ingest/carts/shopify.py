"""Shopify: the body is signed, the header X-Shopify-Topic says what happened."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from services.ingest.carts import shopify_customers as customers
from services.ingest.carts import shopify_orders as orders
from services.ingest.carts import shopify_subscriptions as subscriptions
from services.ingest.carts.base import (
    Cart,
    Delivery,
    Ignored,
    Translation,
    Untranslatable,
    read_time,
    translated,
)
from services.ingest.carts.shopify_reading import reading
from services.ingest.carts.signature import is_signed, text_secret

# Shopify's newer "Events" send the same headers without the X-.
_SIGNATURE = ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
_TOPIC = ("x-shopify-topic", "shopify-topic")
_EVENT_ID = ("x-shopify-event-id", "shopify-event-id")
_WEBHOOK_ID = ("x-shopify-webhook-id", "shopify-webhook-id")
_TRIGGERED_AT = ("x-shopify-triggered-at", "shopify-triggered-at")

TOPICS = {
    "orders/create": reading(orders.Purchase, orders.placed),
    "orders/paid": reading(orders.Purchase, orders.paid),
    "orders/cancelled": reading(orders.Order, orders.cancelled),
    "orders/fulfilled": reading(orders.Order, orders.delivered),
    "refunds/create": reading(orders.Refund, orders.refunded),
    "customers/create": reading(customers.Customer, customers.seen),
    "customers/update": reading(customers.Customer, customers.seen),
    "customers/delete": reading(customers.Deleted, customers.deleted),
    "customers/merge": reading(customers.Merge, customers.merged),
    "customers/redact": reading(customers.Redaction, customers.redacted),
    "customers_email_marketing_consent/update": reading(customers.MailConsent, customers.consented),
    "subscription_contracts/create": reading(subscriptions.Contract, subscriptions.started),
    "subscription_contracts/update": reading(subscriptions.Contract, subscriptions.changed),
    "subscription_contracts/activate": reading(subscriptions.Contract, subscriptions.resumed),
    "subscription_contracts/pause": reading(subscriptions.Contract, subscriptions.paused),
    "subscription_contracts/cancel": reading(subscriptions.Contract, subscriptions.cancelled),
    "subscription_contracts/expire": reading(subscriptions.Contract, subscriptions.expired),
    "subscription_contracts/fail": reading(subscriptions.Contract, subscriptions.failed),
    "subscription_billing_attempts/success": reading(subscriptions.PaidAttempt, subscriptions.charged),
    "subscription_billing_attempts/failure": reading(subscriptions.Attempt, subscriptions.not_charged),
    "subscription_billing_attempts/challenged": reading(subscriptions.Attempt, subscriptions.challenged),
    "subscription_billing_cycles/skip": reading(subscriptions.BillingCycle, subscriptions.skipped),
    "subscription_billing_cycles/unskip": reading(subscriptions.BillingCycle, subscriptions.unskipped),
}

IGNORED = {
    "app/uninstalled": Ignored("about the app, not about a customer"),
    "customers/data_request": Ignored("a person must answer the customer within 30 days", for_a_person=True),
    "customers/disable": Ignored("a login was switched off; the customer still buys"),
    "customers/enable": Ignored("a login was switched on; customers/create said the rest"),
    "customers_marketing_consent/update": Ignored("SMS is no channel of ours"),
    "fulfillment_events/create": Ignored("a carrier's step; orders/fulfilled tells when a parcel left"),
    "fulfillments/create": Ignored("part of an order; orders/fulfilled tells when it left complete"),
    "fulfillments/update": Ignored("part of an order; orders/fulfilled tells when it left complete"),
    "order_transactions/create": Ignored("orders/paid and refunds/create tell the outcome"),
    "orders/delete": Ignored("housekeeping; orders/cancelled came before it"),
    "orders/edited": Ignored("the order still stands"),
    "orders/partially_fulfilled": Ignored("part of an order; orders/fulfilled tells when it left complete"),
    "orders/updated": Ignored("what matters in it has a topic of its own"),
    "shop/redact": Ignored("a person must erase the shop within 30 days", for_a_person=True),
    "subscription_billing_cycle_edits/create": Ignored("skip and unskip have topics of their own"),
    "subscription_billing_cycle_edits/delete": Ignored("skip and unskip have topics of their own"),
    "subscription_billing_cycle_edits/update": Ignored("skip and unskip have topics of their own"),
}


def verify(delivery: Delivery, secrets: Sequence[bytes], now: datetime) -> bool:
    """No time is signed, so an old delivery verifies like a new one; its event id makes it harmless."""
    return is_signed(delivery.body, secrets, [delivery.header(*_SIGNATURE) or ""])


def translate(delivery: Delivery) -> Translation:
    topic = delivery.header(*_TOPIC)
    if topic is None:
        return Untranslatable("no_topic")
    read = TOPICS.get(topic)
    if read is None:
        return IGNORED.get(topic, Ignored("not a topic that we follow"))
    facts = read(delivery)
    if isinstance(facts, (Ignored, Untranslatable)):
        return facts
    otherwise = delivery.business_time
    if any([fact.time is None for fact in facts]):
        otherwise = read_time(delivery.header(*_TRIGGERED_AT)) or otherwise
    return translated(delivery, topic, _delivery_id(delivery), facts, otherwise)


def _delivery_id(delivery: Delivery) -> str:
    """The event's id: the same in every subscription and retry; Shopify does not always send it."""
    return delivery.header(*_EVENT_ID, *_WEBHOOK_ID) or hashlib.sha256(delivery.body).hexdigest()


CART = Cart(
    "shopify",
    text_secret,
    verify,
    translate,
    headers=(*_TOPIC, *_EVENT_ID, *_WEBHOOK_ID, *_TRIGGERED_AT),
    proofs=_SIGNATURE,
)
