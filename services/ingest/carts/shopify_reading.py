"""Shopify's payloads: how one is read, and the fields that many of them share."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec

from services.ingest.carts.base import Delivery, Fact, Id, Ignored, Untranslatable, read
from shared.events.money import Money, NotAnAmount, minor_units
from shared.events.refs import customer_ref, order_ref, subscription_ref

Amount = str
"""A decimal number; whether it is one is seen when it becomes money, for a pattern here costs more."""
Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]

Facts = Sequence[Fact] | Ignored | Untranslatable
Shape = TypeVar("Shape")


def reading(shape: type[Shape], facts: Callable[[Shape, Delivery], Facts]) -> Callable[[Delivery], Facts]:
    """Decode a body as `shape` (only the fields it names), then say which facts it holds."""
    decoder = msgspec.json.Decoder(shape)

    def read_facts(delivery: Delivery) -> Facts:
        payload = read(delivery.body, decoder)
        try:
            return payload if isinstance(payload, Untranslatable) else facts(payload, delivery)
        except NotAnAmount:
            return Untranslatable("wrong_shape")

    return read_facts


def of_customer(delivery: Delivery, customer: Id) -> str:
    return customer_ref(delivery.shop, delivery.cart, str(customer))


def of_order(delivery: Delivery, order: Id) -> str:
    return order_ref(delivery.shop, delivery.cart, str(order))


def of_subscription(delivery: Delivery, subscription: Id) -> str:
    return subscription_ref(delivery.shop, delivery.cart, str(subscription))


def total(amounts: Sequence[Amount], currency: Currency) -> Money:
    return Money(sum([minor_units(amount, currency) for amount in amounts]), currency)
