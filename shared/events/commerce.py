"""Orders: what was bought, paid, cancelled, refunded, shipped."""

import msgspec

from shared.events.money import Money


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of an order; `amount` is for the whole line, discounts taken off."""

    product: str
    quantity: int
    amount: Money
    title: str | None = None


class OrderPlaced(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order (注文); `media` is where the customer came from (流入媒体)."""

    order: str
    total: Money
    lines: tuple[Line, ...] = ()
    discount: Money | None = None
    media: str | None = None
    subscription: str | None = None
    delivery_number: int | None = None


class OrderPaid(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order was paid; with a subscription it is one of its deliveries (お届け)."""

    order: str
    total: Money | None = None
    subscription: str | None = None


class OrderCancelled(msgspec.Struct, frozen=True, omit_defaults=True):
    order: str
    reason: str | None = None


class OrderRefunded(msgspec.Struct, frozen=True, omit_defaults=True):
    order: str
    amount: Money | None = None


class OrderDelivered(msgspec.Struct, frozen=True, omit_defaults=True):
    """The parcel left the shop complete; carts rarely tell when it arrived."""

    order: str
