"""Every real payload of Shopify that we know, and what becomes of it: nothing is left to chance."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from services.ingest.carts.base import Delivery, Ignored, Translated, Untranslatable
from services.ingest.carts.shopify import translate

# What the body becomes, in short type names; or the reason why nothing does.
FACTS: dict[str, tuple[str, ...]] = {
    "2025-07/subscription_billing_attempts__challenged.json": ("payment.failed",),
    "2025-07/subscription_billing_attempts__failure.json": ("payment.failed",),
    "2025-07/subscription_billing_attempts__success.json": ("order.paid",),
    "2026-04/customers__create.json": ("customer.seen", "contact.changed"),
    "2026-04/customers__delete.json": ("customer.erased",),
    "2026-04/customers__redact.json": ("customer.erased",),
    "2026-04/customers__update.json": ("customer.seen", "contact.changed"),
    "2026-04/customers_email_marketing_consent__update.json": ("consent.withdrawn",),
    "2026-04/orders__cancelled.json": ("order.cancelled",),
    "2026-04/orders__create.json": ("order.placed",),
    "2026-04/orders__fulfilled.json": ("order.delivered",),
    "2026-04/orders__paid.json": ("order.paid",),
    "2026-04/refunds__create.json": ("order.refunded",),
    "2026-04/subscription_billing_cycles__skip.json": ("subscription.skipped",),
    "2026-04/subscription_billing_cycles__unskip.json": ("subscription.unskipped",),
    "2026-04/subscription_contracts__activate.json": ("subscription.resumed",),
    "2026-04/subscription_contracts__cancel.json": ("subscription.cancelled",),
    "2026-04/subscription_contracts__create.json": ("subscription.started",),
    "2026-04/subscription_contracts__expire.json": ("subscription.expired",),
    "2026-04/subscription_contracts__fail.json": ("payment.failed",),
    "2026-04/subscription_contracts__pause.json": ("subscription.paused",),
    "2026-04/subscription_contracts__update.json": ("subscription.changed",),
    "derived_true_ids/customers__delete.json": ("customer.erased",),
    "derived_true_ids/customers__update.json": ("customer.seen", "contact.changed"),
    "derived_true_ids/orders__cancelled.json": ("order.cancelled",),
    "derived_true_ids/orders__create.json": ("order.placed",),
    "derived_true_ids/orders__fulfilled.json": ("order.delivered",),
    "derived_true_ids/orders__paid.json": ("order.paid",),
    "derived_true_ids/refunds__create.json": ("order.refunded",),
}

NOT_TOLD_APART = "skip and unskip have topics of their own"
IN_PARTS = "part of an order; orders/fulfilled tells when it left complete"
IGNORED: dict[str, str] = {
    "2026-04/app__uninstalled.json": "about the app, not about a customer",
    "2026-04/customers__data_request.json": "a person must answer the customer within 30 days",
    "2026-04/customers__disable.json": "a login was switched off; the customer still buys",
    "2026-04/customers__enable.json": "a login was switched on; customers/create said the rest",
    "2026-04/customers__merge.json": "a merge that is not completed",
    "2026-04/customers_marketing_consent__update.json": "SMS is no channel of ours",
    "2026-04/fulfillment_events__create.json": "a carrier's step; orders/fulfilled tells when a parcel left",
    "2026-04/fulfillments__create.json": IN_PARTS,
    "2026-04/order_transactions__create.json": "orders/paid and refunds/create tell the outcome",
    "2026-04/orders__delete.json": "housekeeping; orders/cancelled came before it",
    "2026-04/orders__edited.json": "the order still stands",
    "2026-04/orders__partially_fulfilled.json": IN_PARTS,
    "2026-04/orders__updated.json": "what matters in it has a topic of its own",
    "2026-04/shop__redact.json": "a person must erase the shop within 30 days",
    "2026-04/subscription_billing_cycle_edits__create.json": NOT_TOLD_APART,
    "2026-04/subscription_billing_cycle_edits__delete.json": NOT_TOLD_APART,
    "2026-04/subscription_billing_cycle_edits__update.json": NOT_TOLD_APART,
    "legacy/app_uninstalled.json": "about the app, not about a customer",
}

# Not a webhook at all but an answer of the REST interface, which wraps the order: no webhook looks like it.
NOT_WEBHOOKS = {"legacy/order_cancelled_rest.json": "wrong_shape"}
TOPIC_OF = {"app_uninstalled": "app/uninstalled", "order_cancelled_rest": "orders/cancelled"}


@pytest.fixture
def shopify(shared_data: Path) -> Path:
    return shared_data / "webhooks" / "shopify"


@pytest.fixture
def delivery_of(shopify: Path, shopify_delivery: Callable[..., Delivery]) -> Callable[[str], Delivery]:
    def build(file: str) -> Delivery:
        stem = Path(file).stem
        return shopify_delivery(TOPIC_OF.get(stem, stem.replace("__", "/")), (shopify / file).read_bytes())

    return build


def test_every_real_payload_stands_in_exactly_one_table(shopify: Path) -> None:
    files = sorted(str(file.relative_to(shopify)) for file in shopify.rglob("*.json"))

    assert files == sorted([*FACTS, *IGNORED, *NOT_WEBHOOKS])


@pytest.mark.parametrize("file", sorted(FACTS))
def test_a_real_payload_becomes_facts(file: str, delivery_of: Callable[[str], Delivery]) -> None:
    outcome = translate(delivery_of(file))

    assert isinstance(outcome, Translated)
    names = [
        envelope.type.removeprefix("com.hikitome.").removesuffix(".v1") for envelope in outcome.envelopes
    ]
    assert tuple(names) == FACTS[file]


@pytest.mark.parametrize("file", sorted(IGNORED))
def test_a_real_payload_is_deliberately_ignored(file: str, delivery_of: Callable[[str], Delivery]) -> None:
    outcome = translate(delivery_of(file))

    assert isinstance(outcome, Ignored)
    assert outcome.reason == IGNORED[file]


def test_only_what_the_law_asks_of_a_person_is_marked_for_a_person(
    delivery_of: Callable[[str], Delivery],
) -> None:
    outcomes = {file: translate(delivery_of(file)) for file in IGNORED}
    marked = [
        file for file, outcome in outcomes.items() if isinstance(outcome, Ignored) and outcome.for_a_person
    ]

    assert marked == ["2026-04/customers__data_request.json", "2026-04/shop__redact.json"]


@pytest.mark.parametrize("file", sorted(NOT_WEBHOOKS))
def test_a_rest_answer_is_not_taken_for_a_webhook(file: str, delivery_of: Callable[[str], Delivery]) -> None:
    assert translate(delivery_of(file)) == Untranslatable("wrong_shape")


def test_the_order_inside_a_rest_answer_is_a_guests(
    shopify: Path, shopify_delivery: Callable[..., Delivery]
) -> None:
    wrapped = msgspec.json.decode((shopify / "legacy/order_cancelled_rest.json").read_bytes())

    outcome = translate(shopify_delivery("orders/cancelled", wrapped["order"]))

    assert outcome == Ignored("a guest's order is about no customer")


def test_ids_beyond_a_floats_precision_come_through_exactly(delivery_of: Callable[[str], Delivery]) -> None:
    outcome = translate(delivery_of("derived_true_ids/orders__create.json"))

    assert isinstance(outcome, Translated)
    assert outcome.envelopes[0].subject == "kirei/shopify/115310627314723954"
    assert msgspec.to_builtins(outcome.envelopes[0].data)["order"] == "820982911946154508"
